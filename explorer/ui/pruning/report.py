"""What pruning for real did, measured, beside what the plan said."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.backends import backend_of
from explorer.ui.parts import charts, plan_charts
from explorer.ui.parts.widgets import NO_ACCURACY, measured_badge, shrunk
from explorer.ui.pruning.extras import Extras
from explorer.ui.shell.runs import plan_against_library
from explorer.values import Evaluation, Report, Timing
from explorer.words import formats
from explorer.words.glossary import explain


def show_report(report: Report, extras: Extras) -> None:
    """Draw the verdicts, the counts of the pruned network, its time and its accuracy."""
    measured_badge("on the pruned network")
    left, right = st.columns(2, gap="medium")
    with left:
        plan_against_library(report.differences, extras.same(report), report.seconds, report.plan.estimate)
    with right:
        extras.verdict(report)
    (_removed_counts if backend_of(report.backend).removes else _masked_counts)(report)
    left, right = st.container(key="report_charts").columns(2, gap="medium")
    with left:
        _latency(report)
    with right:
        _accuracy(report)
    extras.evidence(report)


def _removed_counts(report: Report) -> None:
    dense, pruned = report.dense, report.pruned
    params, macs, size, packed = st.container(key="native_files").columns(4, border=True)
    with params:
        shrunk("Parameters", "parameters", pruned.params, dense.params, formats.count)
    with macs:
        shrunk("MACs", "MACs", pruned.macs, dense.macs, formats.count)
    _files(report, size, packed)


def _masked_counts(report: Report) -> None:
    dense, pruned = report.dense, report.pruned
    left, macs, size, packed = st.container(key="native_files").columns(4, border=True)
    with left:
        shrunk("Non-zeros", "non-zeros", pruned.nonzero, dense.params, formats.count)
    with macs:
        shrunk("Effective MACs", "effective MACs", pruned.effective_macs, dense.macs, formats.count)
    _files(report, size, packed)


def _files(report: Report, size: DeltaGenerator, packed: DeltaGenerator) -> None:
    dense, pruned = report.dense, report.pruned
    with size:
        shrunk("Saved file", "file size", pruned.file_bytes, dense.file_bytes, formats.file_size)
    with packed:
        shrunk(
            "Saved file, compressed",
            "compressed",
            pruned.compressed_bytes,
            dense.compressed_bytes,
            formats.file_size,
        )


def _latency(report: Report) -> None:
    dense, pruned = report.dense.time, report.pruned.time
    st.markdown("**Time of one forward pass**", help=explain("latency"))
    rows = [("dense", dense), ("pruned", pruned)]
    st.altair_chart(plan_charts.latencies(rows, 120), alt="Measured latency before and after")
    st.caption(f"{took(pruned, dense, 'The pruned network')} Measured in turns, {dense.runs} rounds each.")


def took(now: Timing, before: Timing, what: str, of: str = "dense") -> str:
    """A sentence that says no more than the intervals allow."""
    if now.low <= before.high and before.low <= now.high:
        return f"{what} took as long as {of}, as far as the intervals tell."
    return f"{what} took {now.median / before.median:.2f}× as long as {of}."


def _accuracy(report: Report) -> None:
    steps = accuracy_steps(report)
    if not steps:
        st.caption(NO_ACCURACY)
        return
    told = f"{explain('accuracy')} {explain('BN re-calibration')}"
    st.markdown("**Accuracy on the test images**", help=told)
    st.altair_chart(
        charts.accuracies(steps, 120), alt="Accuracy before pruning, after, and after re-calibration"
    )
    points = 100 * (steps[-1][1].accuracy - steps[0][1].accuracy)
    norms = "" if report.pruned.recalibrated else " This network has no BatchNorm to re-calibrate."
    st.caption(f"{points:+.1f} points, on {steps[0][1].examples} test images.{norms}")


def accuracy_steps(report: Report) -> list[tuple[str, Evaluation]]:
    """The steps of the run in order; what was not done is left out."""
    trained = bool(report.curve) and report.settings is None  # a recipe prunes while it trains
    found = [
        ("dense", report.dense.pruned),
        ("pruned and trained" if trained else "pruned", report.pruned.pruned),
        ("pruned, BN re-calibrated", None if trained else report.pruned.recalibrated),
    ]
    return [(step, evaluation) for step, evaluation in found if evaluation]
