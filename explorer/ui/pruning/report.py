"""What pruning for real did, measured, beside what the plan said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from explorer.backends import backend_of
from explorer.ui.parts import plan_charts, training_charts
from explorer.ui.parts.plan_figure import PlanFigure
from explorer.ui.parts.widgets import NO_ACCURACY, measured_badge
from explorer.ui.pruning.extras import Extras, nothing
from explorer.ui.pruning.figures import compressed, counted
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import runs
from explorer.ui.shell.runs import plan_against_library
from explorer.values import Evaluation, Outcome, Report, Timing, Yardstick
from explorer.words import formats
from explorer.words.glossary import explain

_CURVE = 210  # pixels of the accuracies
_HEIGHT = 150  # pixels of a chart: three bars have room for their names


def show_report(report: Report, extras: Extras) -> None:
    """Draw the verdicts, the counts of the pruned network, its time and how well it does."""
    measured_badge("on the pruned network")
    _verdicts(report, extras)
    left, right = st.container(key="report_charts").columns(2, gap="medium")
    with left:
        _accuracy(report)
    with right:
        _latency(report)
    _counts(report, extras.counts(report))
    extras.course(report)
    extras.evidence(report)


def _verdicts(report: Report, extras: Extras) -> None:
    """Whether plan and library agree, and beside it what else this library has to say."""
    columns = st.columns(1 if extras.verdict is nothing else 2, gap="medium")
    with columns[0]:
        plan_against_library(report.differences, extras.same(report), report.seconds, report.plan.estimate)
    with columns[-1]:
        extras.verdict(report)


def _counts(report: Report, more: Sequence[PlanFigure]) -> None:
    both = report.dense, report.pruned
    figures = [*counted(*both, backend_of(report.backend).removes), compressed(*both), *more]
    columns = st.container(key="report_counts").columns(len(figures), border=True)
    for column, figure in zip(columns, figures, strict=True):
        with column:
            figure.draw()


def _latency(report: Report) -> None:
    dense, pruned = report.dense.time, report.pruned.time
    st.markdown("**Time of one forward pass**", help=explain("latency"))
    rows = [("dense", dense), ("pruned", pruned)]
    st.altair_chart(plan_charts.latencies(rows, _HEIGHT), alt="Measured latency before and after")
    zeros = "" if backend_of(report.backend).removes else _zeros_are_multiplied(report.pruned)
    st.caption(
        f"{took(pruned, dense, 'The pruned network')}{zeros} Measured alternately, {dense.runs} rounds each."
    )


def _zeros_are_multiplied(pruned: Outcome) -> str:
    return f" Zeros are multiplied like any other number: all {formats.count(pruned.macs)} MACs are computed."


def took(now: Timing, before: Timing, what: str, of: str = "the dense one") -> str:
    """A sentence that says no more than the intervals allow."""
    if now.low <= before.high and before.low <= now.high:
        return f"{what} took as long as {of}, within the intervals."
    return f"{what} took {now.median / before.median:.2f}× as long as {of}."


def _accuracy(report: Report) -> None:
    steps = accuracy_steps(report)
    if not steps:
        st.caption(NO_ACCURACY)
        return
    by = steps[0][1].by
    told = f"{explain(by.term)} {explain('BN re-calibration')}"
    st.markdown(heading(by), help=told)
    st.altair_chart(
        training_charts.stages([*steps, *_fine_tuned(report)], _CURVE),
        alt=f"{by.title} before pruning, right after, and after each remedy, with 95 % intervals",
    )
    st.caption(f"{_points(report)}{_on(steps[-1][1])}. {_how(report)}")


def _fine_tuned(report: Report) -> list[tuple[str, Evaluation]]:
    """What fine-tuning gave, where this session fine-tuned just what was applied."""
    known = backend_of(report.backend)
    applied, done = runs.reported(known.run), runs.finished(known.training, Report)
    if done is None or not isinstance(done[0], PruningRun) or replace(done[0], settings=None) != applied:
        return []
    tuned = done[1].pruned.fine_tuned
    return [("fine-tuned", tuned)] if tuned else []


def _points(report: Report) -> str:
    """How far it moved at each step, from the dense network."""
    (_, dense), (_, right_after), *recalibrated = accuracy_steps(report)
    by = dense.by
    told = [formats.change(right_after.value - dense.value, by)]
    again = [
        formats.change(found.value - dense.value, by).removesuffix(" points") for _, found in recalibrated
    ]
    return ", ".join([*told, *(f"{change} re-calibrated" for change in again)])


def _on(found: Evaluation) -> str:
    """What it was measured on, where that is known."""
    return f", on {found.examples:,} {found.by.examples}" if found.by.examples else ""


def _how(report: Report) -> str:
    if _is_trained(report):
        return f"Trained for {report.curve[-1].epoch:g} epochs."
    if report.pruned.recalibrated:
        return f"Not re-trained. **BN re-calibration:** {explain('BN re-calibration')}"
    note = report.dense.pruned.by.note if report.dense.pruned else ""
    if note:
        return f"Not re-trained and not re-calibrated. {formats.plain(note)}"
    return "Not re-trained. This network has no BatchNorm to re-calibrate."


def _is_trained(report: Report) -> bool:
    """Whether the library pruned while it trained."""
    return bool(report.curve) and report.settings is None


def heading(by: Yardstick) -> str:
    """Over a chart: what is counted, and on what."""
    return f"**{by.title} on the {by.examples}**" if by.examples else f"**{formats.plain(by.title)}**"


def accuracy_steps(report: Report) -> list[tuple[str, Evaluation]]:
    """The steps of the run in order; what was not done is left out."""
    trained = _is_trained(report)
    found = [
        ("dense", report.dense.pruned),
        ("pruned and trained" if trained else "right after", report.pruned.pruned),
        ("re-calibrated", None if trained else report.pruned.recalibrated),
    ]
    return [(step, evaluation) for step, evaluation in found if evaluation]
