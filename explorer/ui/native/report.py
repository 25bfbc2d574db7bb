"""What torch.nn.utils.prune did, measured, beside what the plan said."""

from __future__ import annotations

import streamlit as st

from explorer.ui.native import charts as native_charts
from explorer.ui.parts import charts
from explorer.ui.parts.widgets import NO_ACCURACY, measured_badge, shrunk
from explorer.ui.shell.runs import plan_against_library
from explorer.values import NativeReport, Timing
from explorer.words import formats
from explorer.words.glossary import explain


def show_native_report(report: NativeReport) -> None:
    """Draw the verdicts, the files, the latency, the second round and the accuracy."""
    measured_badge("on the masked network")
    same = "Every mask of torch.nn.utils.prune is the plan's, to the last value."
    plan_against_library(report.differences, same, report.library_seconds)
    _files(report)
    left, right = st.columns(2, gap="medium")
    with left:
        _latency(report)
    with right:
        _rounds(report)
    _accuracy(report)


def _files(report: NativeReport) -> None:
    attached, permanent, compressed, dense = st.container(key="native_files").columns(4, border=True)
    with attached:
        shrunk(
            "Saved, masks attached",
            "masks attached",
            report.file_masked,
            report.file_dense,
            formats.file_size,
        )
    with permanent:
        shrunk(
            "Saved, permanent", "make permanent", report.file_permanent, report.file_dense, formats.file_size
        )
    with compressed:
        shrunk(
            "Permanent, compressed",
            "compressed",
            report.compressed_permanent,
            report.file_dense,
            formats.file_size,
        )
    with dense:
        shrunk(
            "Dense, compressed", "compressed", report.compressed_dense, report.file_dense, formats.file_size
        )
    st.caption(
        f"Masks attached, the first layer stores {_names(report.tensors_masked)}; made permanent, "
        f"{_names(report.tensors_permanent)}. "
        + (
            "Both networks answer the same, bit by bit."
            if report.permanent_difference == 0
            else f"Their answers differ by {report.permanent_difference:.1e} at most."
        )
    )


def _names(tensors: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in tensors)


def _latency(report: NativeReport) -> None:
    rows = [
        ("dense", report.latency_dense),
        ("masks attached", report.latency_masked),
        ("permanent", report.latency_permanent),
    ]
    st.markdown("**Time of one forward pass**", help=explain("latency"))
    st.altair_chart(native_charts.latencies(rows), alt="Measured latency before and after masking")
    st.caption(
        f"{verdict(report.latency_permanent, report.latency_dense, 'Zeros made permanent')} "
        f"{verdict(report.latency_masked, report.latency_dense, 'With masks attached it')} "
        "Zeros are multiplied like any other number, and a mask that is attached costs one more product at every pass. "
        f"Counted on the masked network: {formats.count(report.macs)} MACs, as before. "
        f"Measured in turns, {report.latency_dense.runs} rounds each."
    )


def verdict(now: Timing, before: Timing, what: str) -> str:
    """A sentence that says no more than the intervals allow."""
    if now.low <= before.high and before.low <= now.high:
        return f"{what} took as long as dense, as far as the intervals tell."
    return f"{what} took {now.median / before.median:.2f}× as long as dense."


def _rounds(report: NativeReport) -> None:
    again, params = report.again, report.plan.params
    st.markdown("**Prune again**, by the same amount", help=explain("prune again"))
    if again.refused:
        st.info(f"The library refused a second round. {formats.plain(again.refused)}")
        return
    first, second = st.columns(2)
    with first:
        shrunk("Non-zeros, once", "non-zeros", report.nonzero, params, formats.count)
    with second:
        shrunk("Non-zeros, twice", "non-zeros", again.nonzero, params, formats.count)
    st.caption(
        f"The second round takes its share of what the first one left. {again.containers} parameters now carry a "
        "PruningContainer, which holds both methods. "
        + ("No value that was zeroed came back." if not again.differences else "Zeroed values came back!")
    )


def _accuracy(report: NativeReport) -> None:
    if report.dense is None or report.pruned is None:
        st.caption(NO_ACCURACY)
        return
    st.markdown("**Accuracy on the test images**", help=explain("accuracy"))
    steps = [("dense", report.dense), ("masked", report.pruned)]
    st.altair_chart(charts.accuracies(steps, 120), alt="Accuracy before masking and after")
    st.caption(f"Measured on {report.dense.examples} test images. Not re-trained.")
