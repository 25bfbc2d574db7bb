"""What fine-tuning gave back of what pruning took."""

from __future__ import annotations

import streamlit as st

from explorer.backends import backend_of
from explorer.ui.parts import training_charts
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.pruning.figures import counted
from explorer.ui.shell.runs import plan_against_library
from explorer.values import Evaluation, Report
from explorer.words import formats
from explorer.words.glossary import explain


def show_training_report(report: Report) -> None:
    """Draw the verdict, the classic curve, what the network costs now, and how training went."""
    stages = steps(report)
    by = stages[0][1].by
    measured_badge(f"{stages[0][1].examples:,} {by.examples}" if by.examples else by.on(0))
    st.markdown(_verdict(report))
    if report.differences:
        plan_against_library(report.differences, "", report.seconds, report.plan.estimate)
    with st.container(key="stages_charts"):
        left, right = st.columns([2.2, 1], gap="medium")
    with left:
        st.markdown(
            f"**{by.title}, step by step**", help=f"{explain(by.term)} {explain('BN re-calibration')}"
        )
        st.altair_chart(
            training_charts.stages(stages),
            alt=f"{by.title} before pruning, after pruning, after re-calibration and after fine-tuning",
        )
    with right:
        _costs(report)
    epochs = report.settings.epochs if report.settings else 1
    training_charts.training_curves(report.curve, epochs, key="fine_tuned")


def steps(report: Report) -> list[tuple[str, Evaluation]]:
    """The steps of the run in order; re-calibration is left out where there was none."""
    found = [
        ("dense", report.dense.pruned),
        ("right after", report.pruned.pruned),
        ("re-calibrated", report.pruned.recalibrated),
        ("fine-tuned", report.pruned.fine_tuned),
    ]
    return [(step, evaluation) for step, evaluation in found if evaluation]


def _verdict(report: Report) -> str:
    dense, trained, settings = report.dense.pruned, report.pruned.fine_tuned, report.settings
    assert dense  # a run that was trained has all three
    assert trained
    assert settings
    by = dense.by
    how = (
        f"{_epochs(settings.epochs)} at a learning rate of {settings.learning_rate:g} "
        f"took {report.training_seconds:.1f} s."
    )
    before, after = formats.judged(dense.value, by), formats.judged(trained.value, by)
    side = "below" if trained.value < dense.value else "above"
    apart = f"{formats.amount(trained.value - dense.value, by)} {side} the dense network"
    where = apart if after != before else "equal to the dense network"
    return f"After fine-tuning, the pruned network reaches **{after}** {by.name}: {where}. {how}"


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _costs(report: Report) -> None:
    st.markdown("**What is left**")
    for figure in counted(report.dense, report.pruned, backend_of(report.backend).removes):
        figure.draw()
