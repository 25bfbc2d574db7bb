"""Runs of SparseML: how to start one, and the one of this session, with its curve while it lasts."""

from __future__ import annotations

from typing import cast

import streamlit as st

from explorer.backends import SPARSEML, backend_of
from explorer.backends.sparseml.fields import OF_TRAINING
from explorer.engine import calls
from explorer.ui.extras.sparseml.curves import show_curves
from explorer.ui.extras.sparseml.words import MODES
from explorer.ui.parts.widgets import failures, pick
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.report import show_report
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.save import save_report
from explorer.ui.pruning.training import fine_tune_panel
from explorer.ui.shell import jobs, runs, state
from explorer.values import JobStatus, Modifier, NetworkSpec, RecipePlan, Report, RunMode, SparseOptions
from explorer.words.formats import plain
from explorer.words.glossary import explain

_NAME = backend_of(SPARSEML).run
_MODES = {words: mode for mode, words in MODES.items()}


def sparse_run(spec: NetworkSpec, options: SparseOptions, mode: RunMode) -> PruningRun:
    """What a run of a recipe is started with."""
    if mode is RunMode.ONE_SHOT:
        return PruningRun(spec, SPARSEML, options, None, MODES[mode], OF_TRAINING)
    return PruningRun(spec, SPARSEML, options, None, f"{options.epochs:g} epochs", ("epochs",))


def taken_run(spec: NetworkSpec, options: SparseOptions) -> PruningRun:
    """What is taken away: the result in one shot where there is one, else the trained one."""
    return sparse_run(spec, options, options.modifier.modes[-1])


def run_panel(spec: NetworkSpec, plan: RecipePlan | None, modifier: Modifier, missing: str) -> None:
    """Offer to run the recipe; there is no `plan` while the widgets are refused."""
    st.header("Run with SparseML", help=f"{explain('training-aware')} {explain('one-shot')}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offered = [MODES[mode] for mode in modifier.modes]
        mode = _MODES[pick("How", "sparse_mode", offered, _explain_modes(), tuple(_MODES))]
        started = st.button("Run the recipe", type="primary", disabled=plan is None or bool(missing))
    state.show_notices("sparse_mode")
    if len(modifier.modes) == 1:
        st.caption(
            f"{modifier} has no one-shot result: it ranks weights by gradients, which only training provides."
        )
    if plan is None:
        return
    wanted = sparse_run(spec, plan.options, mode)
    runs.note(_NAME, wanted, _not_reported())
    if started and jobs.start(_NAME, wanted, calls.run_recipe.start, spec, plan.options, mode):
        st.rerun()
    jobs.show_refusal(_NAME)


def _not_reported() -> str:
    """The line above a run that has no report yet, or where none was started."""
    job_id = jobs.current(_NAME)
    run = jobs.started_with(job_id) if job_id else None
    if run:
        return f"Shown below: {plain(str(run))}."
    return "No run yet. A copy is pruned; the network itself does not change."


def _explain_modes() -> str:
    return f"**training**: {explain('training-aware')} **one-shot**: {explain('one-shot')}"


def show_recipe_run(extras: Extras) -> None:
    """The run of this session: its progress and curve, its report, or why it ended and how far it came."""
    runs.show_run(_NAME, Report, lambda report: _show(report, extras), "Run the recipe", _curve)
    fine_tune_panel(SPARSEML)


def _show(report: Report, extras: Extras) -> None:
    show_report(report, extras)
    save_report(_NAME, report)


def _curve(status: JobStatus) -> None:
    """What a training run has measured so far, against its plan."""
    run, curve = jobs.started_with(status.id), status.progress.curve
    if not isinstance(run, PruningRun) or run.told == MODES[RunMode.ONE_SHOT] or (status.over and not curve):
        return
    with failures("sparse_curve", run.spec):
        show_curves(cast(RecipePlan, calls.plan(*run.asked)), curve)
