"""Fine-tune what Apply pruned: epochs and learning rate, the run, its live curve and its report."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

from explorer.engine import calls
from explorer.ui.depgraph import run as depgraph_run
from explorer.ui.depgraph.run import Run
from explorer.ui.depgraph.training_report import show_fine_tune_report
from explorer.ui.parts.training_charts import training_curves
from explorer.ui.parts.widgets import NO_ACCURACY, whole_number
from explorer.ui.shell import jobs, runs, state
from explorer.values import ApplyReport, FineTune, FineTuneReport, JobStatus, NetworkSpec
from explorer.values.training import LARGEST_RATE, MOST_EPOCHS
from explorer.words.glossary import explain

_NAME = "fine_tune_run"
_SMALLEST_RATE = 1e-5
_USUAL = FineTune()


@dataclass(frozen=True)
class FineTuneRun:
    """What a fine-tuning run was started with."""

    pruned: Run
    settings: FineTune

    @property
    def spec(self) -> NetworkSpec:
        """The network that it prunes."""
        return self.pruned.spec

    @property
    def options_text(self) -> str:
        """All options in words, without the ratio."""
        return f"{self.pruned.options_text}, {self._trained}"

    @property
    def _trained(self) -> str:
        epochs = self.settings.epochs
        return f"{epochs} epoch{'' if epochs == 1 else 's'} at {self.settings.learning_rate:g}"

    def __str__(self) -> str:
        return f"{self.pruned}, {self._trained}"


def fine_tune_panel() -> None:
    """Offer to fine-tune what was applied last; show the run of this session, whatever it was started with."""
    applied = runs.finished(depgraph_run.NAME, ApplyReport)
    if applied is None and jobs.current(_NAME) is None:
        return
    st.subheader("Fine-tune", help=explain("fine-tuning"))
    if applied:
        _offer(*applied)
    runs.show_run(_NAME, FineTuneReport, _show, "Fine-tune", _live)


def _offer(run: jobs.AnyRun, report: ApplyReport) -> None:
    if report.dense is None or not isinstance(run, Run):
        st.caption(f"{NO_ACCURACY} So there is nothing to train on.")
        return
    st.caption(f"Prunes a copy again as applied above ({run}), and trains it on the train images.")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        settings = _settings()
        is_wanted = st.button("Fine-tune")
    state.show_notices("epochs", "learning_rate")
    if is_wanted:
        asked = (run.spec, run.options, run.ratio, settings)
        jobs.start(_NAME, FineTuneRun(run, settings), calls.fine_tune.start, *asked)


def _settings() -> FineTune:
    epochs = whole_number("Epochs", "epochs", 1, MOST_EPOCHS, explain("epoch"), _USUAL.epochs, width=160)
    state.check_number("learning_rate", _SMALLEST_RATE, LARGEST_RATE, _USUAL.learning_rate)
    rate = st.number_input(
        "Learning rate",
        _SMALLEST_RATE,
        LARGEST_RATE,
        _USUAL.learning_rate,
        step=0.001,
        format="%g",
        key="learning_rate",
        bind="query-params",
        width=180,
        help=explain("learning rate"),
        on_change=lambda: state.forget("learning_rate"),
    )
    return FineTune(epochs, float(rate))


def _live(status: JobStatus) -> None:
    """The curve so far; it stays where the run breaks off."""
    curve = status.progress.curve
    if not curve:
        return
    run = jobs.started_with(status.id)
    epochs = run.settings.epochs if isinstance(run, FineTuneRun) else max(1, math.ceil(curve[-1].epoch))
    if status.over:
        st.caption(f"The curve ends where the run did, after {curve[-1].epoch:.2f} of {epochs} epochs.")
    training_curves(curve, epochs)


def _show(report: FineTuneReport) -> None:
    job_id = jobs.current(_NAME)
    run = jobs.started_with(job_id) if job_id else None
    if run:
        st.caption(f"Fine-tuned: {run}.")
    show_fine_tune_report(report)
