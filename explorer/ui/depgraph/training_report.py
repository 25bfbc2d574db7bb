"""What fine-tuning gave back of what pruning took."""

from __future__ import annotations

import streamlit as st

from explorer.ui.parts import training_charts
from explorer.ui.parts.widgets import measured_badge, shrunk
from explorer.ui.shell.runs import plan_against_library
from explorer.values import Evaluation, FineTuneReport
from explorer.words import formats
from explorer.words.glossary import explain


def show_fine_tune_report(report: FineTuneReport) -> None:
    """Draw the verdict, the classic curve, what the network costs now, and how training went."""
    measured_badge(f"{report.dense.examples} test images")
    st.markdown(_verdict(report))
    if report.differences:
        plan_against_library(report.differences, "", report.library_seconds, report.plan.estimate)
    with st.container(key="stages_charts"):
        left, right = st.columns([2.2, 1], gap="medium")
    with left:
        st.markdown(
            "**Accuracy, step by step**", help=f"{explain('accuracy')} {explain('BN re-calibration')}"
        )
        st.altair_chart(
            training_charts.stages(steps(report)),
            alt="Accuracy before pruning, after pruning, after re-calibration and after fine-tuning",
        )
    with right:
        _costs(report)
    training_charts.training_curves(report.curve, report.settings.epochs, key="fine_tuned")


def steps(report: FineTuneReport) -> list[tuple[str, Evaluation]]:
    """The steps of the run in order; re-calibration is left out where there was none."""
    found = [
        ("before pruning", report.dense),
        ("after pruning", report.pruned),
        ("re-calibrated", report.recalibrated),
        ("fine-tuned", report.fine_tuned),
    ]
    return [(step, evaluation) for step, evaluation in found if evaluation]


def _verdict(report: FineTuneReport) -> str:
    before, after = (100 * found.accuracy for found in (report.dense, report.fine_tuned))
    settings = report.settings
    how = (
        f"{_epochs(settings.epochs)} at a learning rate of {settings.learning_rate:g} "
        f"took {report.training_seconds:.1f} s."
    )
    apart = f"{abs(after - before):.1f} points {'below' if after < before else 'above'} the dense network"
    where = apart if round(after, 1) != round(before, 1) else "as much as the dense network"
    return f"Fine-tuned, the pruned network has **{after:.1f} %** right: {where}. {how}"


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _costs(report: FineTuneReport) -> None:
    plan = report.plan
    st.markdown("**What is left**")
    shrunk("Parameters", "parameters", report.params, plan.params_before, formats.count)
    shrunk("MACs", "MACs", report.macs, plan.macs_before, formats.count)
    shrunk("Saved file", "file size", report.file_bytes, plan.bytes_before, formats.file_size)
