"""What pruning for real did, measured, beside what the plan said."""

from __future__ import annotations

import streamlit as st

from explorer.ui.parts import charts
from explorer.ui.parts.widgets import NO_ACCURACY, measured_badge, shrunk
from explorer.ui.shell.runs import plan_against_library
from explorer.values import ApplyReport, Evaluation
from explorer.words import formats
from explorer.words.glossary import explain

_SAME = 1e-4  # rounding gives about 1e-7; a wrongly cut channel more than this


def show_report(report: ApplyReport) -> None:
    """Draw the verdicts, the counts of the pruned network, and its accuracy."""
    measured_badge("on the pruned network")
    left, right = st.columns(2, gap="medium")
    with left:
        named = "Torch-Pruning removed exactly the channels that the plan named."
        same = "Every layer has the width that was estimated." if report.plan.estimate else named
        plan_against_library(report.differences, same, report.library_seconds, report.plan.estimate)
    with right:
        _removing_is_zeroing(report)
    _counts(report)
    _accuracy(report)


def _removing_is_zeroing(report: ApplyReport) -> None:
    largest = formats.small_share(report.zeroing_difference)
    found = f"Largest difference between the two: {largest} of the largest output."
    if report.zeroing_note:
        st.info(f"**Removing differs from zeroing, by nature.** {report.zeroing_note} {found}")
    elif report.zeroing_difference <= _SAME:
        st.success(f"**Removing = zeroing.** {found}", icon=":material/check:")
    else:
        st.error(f"**Removing is not zeroing.** {found} Wrong channels were cut: do not use this network.")


def _counts(report: ApplyReport) -> None:
    plan = report.plan
    params, macs, size, shape = st.columns(4, border=True)
    with params:
        shrunk("Parameters", "parameters", report.params, plan.params_before, formats.count)
    with macs:
        shrunk("MACs", "MACs", report.macs, plan.macs_before, formats.count)
    size.metric(
        "Saved file",
        formats.file_size(report.file_bytes),
        f"{formats.file_size(plan.bytes)} {'estimated' if plan.estimate else 'in tensors'}",
        delta_color="off",
        delta_arrow="off",
        help="The pruned network as a safetensors file: tensors, and a header with their names and shapes.",
    )
    shape.metric(
        "Output shape", formats.shape(report.output_shape), help="What one forward pass of it returned."
    )


def _accuracy(report: ApplyReport) -> None:
    steps: list[tuple[str, Evaluation | None]] = [
        ("dense", report.dense),
        ("pruned", report.pruned),
        ("pruned, BN re-calibrated", report.recalibrated),
    ]
    found = [(step, evaluation) for step, evaluation in steps if evaluation]
    if not found:
        st.caption(NO_ACCURACY)
        return
    st.markdown(
        "**Accuracy on the test images**", help=f"{explain('accuracy')} {explain('BN re-calibration')}"
    )
    st.altair_chart(charts.accuracies(found), alt="Accuracy before pruning, after, and after re-calibration")
    examples = found[0][1].examples
    st.caption(
        f"Measured on {examples} test images. "
        + (
            f"**BN re-calibration:** {explain('BN re-calibration')}"
            if report.recalibrated
            else "This network has no BatchNorm to re-calibrate."
        )
    )
