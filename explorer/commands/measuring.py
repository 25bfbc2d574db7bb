"""``measure``: have the library prune a copy, and measure it beside the dense network."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from explorer.commands.answer import Answer
from explorer.commands.asked import Asked, asked
from explorer.commands.planning import described, said
from explorer.commands.telling import Teller
from explorer.studies.apply import apply_and_measure
from explorer.values import Evaluation, Outcome, Report
from explorer.words import formats


def measure(given: Namespace, teller: Teller) -> Answer:
    """Plan, prune and measure."""
    found = asked(given, teller)
    report = teller.follow(apply_and_measure(found.planner, found.amount))
    lines = [
        described(found),
        *(f"  {name:<15}{_words(one)}" for name, one in (("dense", report.dense), ("pruned", report.pruned))),
        *(f"Plan and library differ: {sentence}" for sentence in report.differences),
    ]
    return Answer(measured_object(found, report), "\n".join(lines))


def measured_object(found: Asked, report: Report) -> dict[str, Any]:
    """What was asked, planned and measured."""
    measured = {"dense": outcome_object(report.dense), "pruned": outcome_object(report.pruned)}
    return said(found) | {"measured": measured, "differences": list(report.differences)}


def outcome_object(found: Outcome) -> dict[str, Any]:
    """What was counted and measured on one network: fractions, bytes and seconds."""
    return {
        "params": found.params,
        "nonzero": found.nonzero,
        "macs": found.macs,
        "effective_macs": found.effective_macs,
        "bytes": found.bytes,
        "file_bytes": found.file_bytes,
        "compressed_bytes": found.compressed_bytes,
        "peak_bytes": found.peak_bytes,
        "latency": {"median": found.time.median, "low": found.time.low, "high": found.time.high},
        "accuracy": found.pruned.accuracy if found.pruned else None,
        "recalibrated": found.recalibrated.accuracy if found.recalibrated else None,
        "fine_tuned": found.fine_tuned.accuracy if found.fine_tuned else None,
        "judged_by": found.final.by.name if found.final else None,
    }


def _words(found: Outcome) -> str:
    said = [formats.timing(found.time), formats.file_size(found.file_bytes)]
    if found.pruned:
        said.append(judged(found.pruned))
    if found.recalibrated:
        said.append(f"{judged(found.recalibrated)} after re-calibration")
    return ", ".join(said)


def judged(found: Evaluation) -> str:
    """What a network was judged to be worth, and by what: ``97.0 % correct``, ``0.42 mse``."""
    return f"{formats.judged(found.value, found.by)} {found.by.right}"
