"""Runs of SparseML: how to start one, and the one of this session, with its curve while it lasts."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from explorer.engine import calls
from explorer.engine import service
from explorer.ui.parts.widgets import failures, pick
from explorer.ui.shell import jobs, runs, state
from explorer.ui.sparseml.curves import show_curves
from explorer.ui.sparseml.report import show_sparse_report
from explorer.ui.sparseml.words import MODES
from explorer.values import JobStatus, Modifier, NetworkSpec, RecipePlan, RunMode, SparseOptions, SparseReport
from explorer.words.formats import plain
from explorer.words.glossary import explain

_NAME = "sparse_run"
_MODES = {words: mode for mode, words in MODES.items()}


@dataclass(frozen=True)
class SparseRun:
    """What a run was started with."""

    spec: NetworkSpec
    options: SparseOptions
    mode: RunMode

    @property
    def options_text(self) -> str:
        """All options in words, without the final sparsity."""
        options = self.options
        gradual = f" from {options.init_sparsity:g}" if options.modifier.gradual else ""
        how = f"{options.epochs:g} epochs" if self.mode is RunMode.TRAINING else MODES[self.mode]
        chosen = options.pattern or (options.layers is not None and f"{len(options.layers)} layers")
        return f"{options.modifier} {options.mask_type}{gradual}, {how}{f', {chosen}' if chosen else ''}"

    def __str__(self) -> str:
        asked = f"sparsity {self.options.final_sparsity:g}"
        return f"{self.spec.name} with {self.spec.weights} weights, {asked}, {self.options_text}"


def run_panel(spec: NetworkSpec, plan: RecipePlan | None, modifier: Modifier, missing: str) -> None:
    """Offer to run the recipe; there is no `plan` while the widgets are refused."""
    st.subheader("Run it with SparseML", help=f"{explain('training-aware')} {explain('one-shot')}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offered = [MODES[mode] for mode in modifier.modes]
        mode = _MODES[pick("How", "sparse_mode", offered, _explain_modes(), tuple(_MODES))]
        started = st.button("Run the recipe", type="primary", disabled=plan is None or bool(missing))
    state.show_notices("sparse_mode")
    if len(modifier.modes) == 1:
        st.caption(f"{modifier} has no one-shot result: it decides by gradients that only training sees.")
    if plan is None:
        return
    wanted = SparseRun(spec, plan.options, mode)
    runs.note(_NAME, wanted, _not_reported(), "run")
    if started and jobs.start(_NAME, wanted, calls.run_recipe.start, spec, plan.options, mode):
        st.rerun()
    jobs.show_refusal(_NAME)


def _not_reported() -> str:
    """The line above a run that has no report yet, or where none was started."""
    job_id = jobs.current(_NAME)
    run = jobs.started_with(job_id) if job_id else None
    if run:
        return f"Below is {plain(str(run))}."
    return "Nothing has been run yet. The network itself stays as it is: a copy is pruned."


def _explain_modes() -> str:
    return f"**training**: {explain('training-aware')} **one-shot**: {explain('one-shot')}"


def show_run() -> None:
    """The run of this session: its progress and curve, its report, or why it ended and how far it came."""
    runs.show_run(_NAME, SparseReport, show_sparse_report, "Run the recipe", _curve)


def _curve(status: JobStatus) -> None:
    """What a training run has measured so far, against its plan."""
    run, curve = jobs.started_with(status.id), status.progress.curve
    if not isinstance(run, SparseRun) or run.mode is RunMode.ONE_SHOT or (status.over and not curve):
        return
    with failures("sparse_curve", run.spec):
        plan = service.sparse_plan(run.spec, run.options)
        show_curves(plan, curve)
