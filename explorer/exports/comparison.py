"""A comparison as rows: the columns that the field uses, derived from what was counted and measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from explorer.backends.contenders import describe, title_of
from explorer.values import Evaluation, Outcome, Timing
from explorer.values.answers import DENSE
from explorer.values.comparing import Comparison, Contender


@dataclass(frozen=True)
class Entry:
    """One network of a comparison, with the names that tables and charts give it."""

    letter: str  # "dense" for that one
    name: str
    title: str  # letter and library
    outcome: Outcome


def entries(comparison: Comparison) -> tuple[Entry, ...]:
    """The dense network, and every run that has a result."""
    return (
        Entry(DENSE, DENSE, DENSE, comparison.dense),
        *(
            Entry(letter, f"{letter} · {describe(run.contender)}", _title(letter, run.contender), run.outcome)
            for letter, run in zip(comparison.request.letters, comparison.runs, strict=False)
            if run.outcome
        ),
    )


def _title(letter: str, contender: Contender) -> str:
    return f"{letter} · {title_of(contender)}"


def speed_up(dense: Timing, now: Timing) -> tuple[float, float, float]:
    """How many times as fast as dense: of the medians, and the least and most that both intervals allow."""
    return dense.median / now.median, dense.low / now.high, dense.high / now.low


def accuracy_row(dense: Outcome, found: Outcome) -> dict[str, float | None]:
    """How well it does at each step; Δ is from before pruning to the last step taken."""
    pruned = bool(found.steps)
    before, final = _share(dense.pruned), _share(found.final)
    known = pruned and before is not None and final is not None
    return {
        "before": before,
        "right after": _share(found.pruned) if pruned else None,
        "after BN re-calibration": _share(found.recalibrated),
        "after fine-tuning": _share(found.fine_tuned),
        f"Δ {dense.pruned.by.name if dense.pruned else 'accuracy'}": final - before if known else None,  # type: ignore[operator]
    }


def _share(found: Evaluation | None) -> float | None:
    return found.value if found else None


def size_row(dense: Outcome, found: Outcome) -> dict[str, float]:
    """Parameters, non-zeros and bytes."""
    return {
        "parameters": found.params,
        "non-zeros": found.nonzero,
        "compression ratio": dense.params / found.nonzero if found.nonzero else float("inf"),
        "file size": found.file_bytes,
        "compressed": found.compressed_bytes,
        "peak memory": found.peak_bytes,
    }


def work_row(dense: Outcome, found: Outcome) -> dict[str, float]:
    """MACs of three kinds, and both speed-ups."""
    ratio, low, high = speed_up(dense.time, found.time)
    return {
        "nominal MACs": found.macs,
        "effective MACs": found.effective_macs,
        "structural MACs": found.structural_macs,
        "theoretical speed-up": dense.macs / found.effective_macs if found.effective_macs else float("inf"),
        "latency": found.time.median,
        "measured speed-up": ratio,
        "speed-up, low": low,
        "speed-up, high": high,
    }


def cost_row(found: Outcome) -> dict[str, float | None]:
    """Seconds that pruning took."""
    if found.steps is None:
        return dict.fromkeys(("build graph", "score", "step time"))
    return {"build graph": found.steps.graph, "score": found.steps.score, "step time": found.steps.step}


def csv(comparison: Comparison) -> str:
    """Everything, one line a network: fractions, bytes and seconds."""
    return pd.DataFrame(csv_rows(comparison)).to_csv(index=False)


def csv_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    """Everything, in fractions, bytes and seconds."""
    dense = comparison.dense
    for entry in entries(comparison):
        found = entry.outcome
        yield {
            "run": entry.name,
            "network": comparison.request.spec.name,
            **accuracy_row(dense, found),
            **size_row(dense, found),
            **work_row(dense, found),
            **cost_row(found),
        }
