"""Fine-tune what Apply pruned: epochs and learning rate, the run, its live curve and its report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from explorer.backends import backend_of
from explorer.backends.fields import Span
from explorer.engine import calls
from explorer.ui.parts.training_charts import epochs_of, training_curves
from explorer.ui.parts.widgets import NO_ACCURACY, NO_LABELS, number, whole_number
from explorer.ui.pruning.again import again_panel
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.save import save_report
from explorer.ui.pruning.training_report import show_training_report
from explorer.ui.shell import jobs, runs, state
from explorer.values import ACCURACY, FineTune, JobStatus, Report
from explorer.values.training import LARGEST_RATE, MOST_EPOCHS
from explorer.words.formats import plain
from explorer.words.glossary import explain

_SMALLEST_RATE = 1e-5
_USUAL = FineTune()


def tell_link(backend: str) -> None:
    """What is wrong with the link's epochs and learning rate, until there are fields for them, which tell it."""
    if runs.finished(backend_of(backend).run, Report):
        return
    state.check_number("epochs", 1, MOST_EPOCHS, _USUAL.epochs, whole=True)
    state.check_number("learning_rate", _SMALLEST_RATE, LARGEST_RATE, _USUAL.learning_rate)
    state.show_notices(*(name for name in ("epochs", "learning_rate") if name in st.query_params))


def fine_tune_panel(backend: str) -> None:
    """Offer to fine-tune what was applied last; show the run of this session, whatever it was started with."""
    known = backend_of(backend)
    applied = runs.finished(known.run, Report)
    if applied is None and jobs.current(known.training) is None:
        return
    st.header("Fine-tune", help=explain("fine-tuning"))
    if applied:
        _offer(*applied)
    runs.show_run(known.training, Report, lambda report: _show(known.training, report), "Fine-tune", _live)


def _offer(run: jobs.AnyRun, report: Report) -> None:
    if report.dense.pruned is None or not report.trains or not isinstance(run, PruningRun):
        st.caption(NO_LABELS if report.dense.pruned else f"{NO_ACCURACY} So does fine-tuning.")
        return
    if report.curve:
        st.caption("The recipe already trained this network. Run it in one shot to fine-tune the result.")
        return
    held = "" if backend_of(run.backend).removes else "; zeros stay zero"
    by = "on the training images" if report.dense.pruned.by == ACCURACY else "by your loss"
    st.caption(f"Prunes a fresh copy as applied above ({plain(str(run))}) and trains it {by}{held}.")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        settings = _settings()
        known, wanted = backend_of(run.backend), replace(run, settings=settings)
        begin = partial(jobs.start, known.training, wanted, calls.fine_tune.start, *run.asked, settings)
        jobs.start_button("Fine-tune", f"{known.prefix}fine_tune", begin)
    state.show_notices("epochs", "learning_rate")


def _settings() -> FineTune:
    epochs = whole_number("Epochs", "epochs", 1, MOST_EPOCHS, explain("epoch"), _USUAL.epochs, width=160)
    span, told = Span(_SMALLEST_RATE, LARGEST_RATE, 0.001, "%g"), explain("learning rate")
    rate = number("Learning rate", "learning_rate", span, told, _USUAL.learning_rate, width=180)
    return FineTune(epochs, rate)


def _live(status: JobStatus) -> None:
    """The curve so far; it stays where the run breaks off."""
    curve = status.progress.curve
    if not curve:
        return
    run = jobs.started_with(status.id)
    epochs = epochs_of(curve, run.settings if isinstance(run, PruningRun) else None)
    if status.over:
        st.caption(f"The run stopped after {curve[-1].epoch:.2f} of {epochs} epochs.")
    training_curves(curve, epochs)


def _show(name: str, report: Report) -> None:
    run = jobs.current_run(name)
    if run:
        st.caption(f"Fine-tuned: {plain(str(run))}.")
    show_training_report(report)
    save_report(name, report)
    again_panel(name)
