"""Runs of SparseML: how to start one, and the one of this session, with its curve while it lasts."""

from __future__ import annotations

from functools import partial
from typing import cast

import streamlit as st

from explorer.backends import SPARSEML, backend_of
from explorer.backends.sparseml.fields import OF_TRAINING
from explorer.engine import calls
from explorer.ui.extras.sparseml.curves import show_curves
from explorer.ui.parts.widgets import failures, pick
from explorer.ui.pruning.again import again_panel
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.report import show_report
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.save import save_report
from explorer.ui.pruning.training import fine_tune_panel
from explorer.ui.shell import jobs, runs, state
from explorer.values import (
    JobStatus,
    Modifier,
    NetworkSpec,
    NetworkSummary,
    RecipePlan,
    Report,
    RunMode,
    SparseOptions,
)
from explorer.words.formats import plain
from explorer.words.glossary import explain

_NAME = backend_of(SPARSEML).run
MODES = {RunMode.TRAINING: "training", RunMode.ONE_SHOT: "one-shot"}
_MODES = {words: mode for mode, words in MODES.items()}


def sparse_run(spec: NetworkSpec, options: SparseOptions, mode: RunMode) -> PruningRun:
    """What a run of a recipe is started with."""
    if mode is RunMode.ONE_SHOT:
        return PruningRun(spec, SPARSEML, options, None, MODES[mode], OF_TRAINING)
    return PruningRun(spec, SPARSEML, options, None, f"{options.epochs:g} epochs", ("epochs",))


def taken_run(spec: NetworkSpec, options: SparseOptions) -> PruningRun:
    """What is taken away: the result in one shot where there is one, else the trained one."""
    return sparse_run(spec, options, options.modifier.modes[-1])


def run_panel(summary: NetworkSummary, plan: RecipePlan | None, modifier: Modifier, missing: str) -> None:
    """Offer to run the recipe; there is no `plan` while the widgets are refused."""
    spec = summary.spec
    st.header("Run with SparseML", help=f"{explain('training-aware')} {explain('one-shot')}")
    offered = [MODES[mode] for mode in modifier.modes if summary.labelled or _without_labels(modifier, mode)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        known = offered or [MODES[mode] for mode in modifier.modes]
        mode = _MODES[
            pick("How", "sparse_mode", known, _explain_modes(), tuple(_MODES), disabled=not offered)
        ]
        is_off = plan is None or bool(missing) or not offered
        wanted = sparse_run(spec, plan.options, mode) if plan else None
        begin = partial(_start, wanted, mode)
        jobs.start_button("Run the recipe", "sparse_start", begin, primary=True, disabled=is_off)
    state.show_notices("sparse_mode")
    if told := _limits(summary, modifier):
        st.caption(told)
    if wanted:
        runs.note(_NAME, wanted, _not_reported())
        jobs.show_refusal(_NAME)


def _start(wanted: PruningRun | None, mode: RunMode) -> None:
    assert wanted, "the button is greyed without one"
    jobs.start(_NAME, wanted, calls.run_recipe.start, wanted.spec, wanted.options, mode)
    st.rerun()  # the whole page, which shows the run


def _without_labels(modifier: Modifier, mode: RunMode) -> bool:
    """Whether it can be run so on a network that has none."""
    return mode is RunMode.ONE_SHOT and not modifier.traits.gradients


def _limits(summary: NetworkSummary, modifier: Modifier) -> str:
    """Why a way to run it is not offered, and what SparseML leaves aside; "" where there is nothing to say."""
    told = []
    if len(modifier.modes) == 1:
        told.append(
            f"{modifier} has no one-shot result: it ranks weights by gradients, which only training provides."
        )
    if not summary.labelled:
        what = "Gradients and training take" if modifier.traits.gradients else "Training takes"
        told.append(f"{what} trained weights and labelled data here, which this network lacks.")
    if summary.loss:
        told.append(f"SparseML trains by the cross-entropy on labels, never by your loss '{summary.loss}'.")
    return plain(" ".join(told))


def _not_reported() -> str:
    """The line above a run that has no report yet, or where none was started."""
    run = jobs.current_run(_NAME)
    if run and runs.cancelled(_NAME):
        return f"**Cancelled:** {plain(str(run))}. **Run the recipe** starts it again."
    if run:
        return f"Shown below: {plain(str(run))}."
    return "No run yet. A copy is pruned; the network itself does not change."


def _explain_modes() -> str:
    return f"**training**: {explain('training-aware')} **one-shot**: {explain('one-shot')}"


def show_recipe_run(extras: Extras) -> None:
    """The run of this session: its progress and curve, its report, or why it ended and how far it came."""
    if jobs.current(_NAME):
        st.header("The run", help=explain("recipe"))
    runs.show_run(_NAME, Report, lambda report: _show(report, extras), "Run the recipe", _curve)
    fine_tune_panel(SPARSEML)


def _show(report: Report, extras: Extras) -> None:
    show_report(report, extras)
    save_report(_NAME, report)
    again_panel(_NAME)


def _curve(status: JobStatus) -> None:
    """What a training run has measured so far, against its plan."""
    run, curve = jobs.started_with(status.id), status.progress.curve
    if not isinstance(run, PruningRun) or run.told == MODES[RunMode.ONE_SHOT] or (status.over and not curve):
        return
    with failures("sparse_curve", run.spec):
        show_curves(cast(RecipePlan, calls.plan(*run.asked)), curve)
