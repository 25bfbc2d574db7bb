"""What SparseML really did, measured, beside what the plan said."""

from __future__ import annotations

import streamlit as st

from explorer.ui.native import charts as native_charts
from explorer.ui.native.report import verdict
from explorer.ui.parts import charts
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.widgets import NO_ACCURACY, measured_badge, shrunk
from explorer.ui.shell.runs import plan_against_library
from explorer.ui.sparseml.curves import show_curves
from explorer.values import RunMode, SparseReport
from explorer.words import formats
from explorer.words.glossary import explain


def show_sparse_report(report: SparseReport) -> None:
    """Draw the verdict, the figures, the curve of a training run, latency and what each layer lost."""
    measured_badge("on the network that SparseML pruned")
    plan_against_library(report.differences, _same(report), report.library_seconds)
    _figures(report)
    if report.mode is RunMode.TRAINING:
        show_curves(report.plan, report.curve)
    left, right = st.container(key="sparse_report").columns(2, gap="medium")
    with left:
        _latency(report)
    with right:
        _accuracy(report)
    with st.expander("Zeros in every layer, as SparseML left them"):
        draw(native_charts.sparsity(report.reached, 250), "sparse_reached", "Share of zeros in every layer")


def _same(report: SparseReport) -> str:
    if report.mode is RunMode.ONE_SHOT:
        return "SparseML's masks are the plan's."
    return f"At each of {len(report.applied)} updates SparseML asked for the sparsity of the plan."


def _figures(report: SparseReport) -> None:
    plan = report.plan
    nonzero = sum(row.nonzero for row in report.reached)
    effective = sum(row.effective_macs for row in report.reached)
    left, macs, dense, packed = st.container(key="native_files").columns(4, border=True)
    with left:
        shrunk("Non-zeros", "non-zeros", nonzero, plan.params, formats.count)
    with macs:
        shrunk("Effective MACs", "effective MACs", effective, plan.macs, formats.count)
    with dense:
        shrunk("Dense, compressed", "compressed", report.compressed_dense, plan.bytes, formats.file_size)
    with packed:
        shrunk("Pruned, compressed", "compressed", report.compressed_pruned, plan.bytes, formats.file_size)


def _latency(report: SparseReport) -> None:
    rows = [("dense", report.latency_dense), ("pruned", report.latency_pruned)]
    st.markdown("**Time of one forward pass**", help=explain("latency"))
    st.altair_chart(native_charts.latencies(rows, 120), alt="Measured latency before and after")
    st.caption(
        f"{verdict(report.latency_pruned, report.latency_dense, 'The pruned network')} "
        f"Measured in turns, {report.latency_dense.runs} rounds each. Zeros are multiplied like any other number."
    )


def _accuracy(report: SparseReport) -> None:
    if report.dense is None or report.pruned is None:
        st.caption(NO_ACCURACY)
        return
    trained = report.mode is RunMode.TRAINING
    st.markdown("**Accuracy on the test images**", help=explain("accuracy"))
    steps = [("dense", report.dense), ("pruned and trained" if trained else "pruned", report.pruned)]
    st.altair_chart(charts.accuracies(steps, 120), alt="Accuracy before and after")
    how = f"Trained for {report.plan.options.epochs:g} epochs." if trained else "Not re-trained."
    points = 100 * (report.pruned.accuracy - report.dense.accuracy)
    st.caption(f"{points:+.1f} points, on {report.dense.examples} test images. {how}")
