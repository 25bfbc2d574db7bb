"""The options of a sensitivity sweep, the button that starts it, and the run of this session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.heat import SWEEP
from explorer.ui.parts.pruning_criteria import SEED, explain_choice, pick_criterion, pick_seed
from explorer.ui.parts.widgets import not_measured, pick
from explorer.ui.sensitivity.budget import show_budget_notice
from explorer.ui.sensitivity.report import show_sensitivity
from explorer.ui.shell import jobs, runs, state
from explorer.values import NetworkSpec, NetworkSummary, Sensitivity, SweepOptions
from explorer.words import formats
from explorer.words.glossary import explain

_NOTED = ("sweep_criterion", "sweep_seed", "sweep_recalibrated")
_RECALIBRATED = {"no": False, "yes": True}


@dataclass(frozen=True)
class SweepRun:
    """What a sweep was started with."""

    spec: NetworkSpec
    options: SweepOptions

    @property
    def options_text(self) -> str:
        """All options in words."""
        seed = f", {SEED.told(self.options.seed)}" if self.options.criterion.traits.drawn else ""
        after = ", after BN re-calibration" if self.options.recalibrated else ""
        return f"{self.options.criterion.label}{seed}{after}"

    def __str__(self) -> str:
        return f"{self.spec.name} with {self.spec.weights} weights, {self.options_text}"


def pick_sweep(summary: NetworkSummary) -> SweepOptions:
    """Draw the option widgets and return what is picked."""
    with st.container(horizontal=True, gap="medium"):
        criterion = pick_criterion(summary, "sweep_criterion")
        seed = pick_seed("sweep_seed") if criterion.traits.drawn else 0
        recalibrated = "no"
        if any(row.type.startswith("BatchNorm") for row in summary.layers):
            recalibrated = pick(
                "Re-calibrate BatchNorm first",
                "sweep_recalibrated",
                tuple(_RECALIBRATED),
                f"{explain('BN re-calibration')} Takes several times as long.",
            )
    explain_choice(summary, criterion)
    state.show_notices(*_NOTED)
    return SweepOptions(criterion, recalibrated=_RECALIBRATED[recalibrated], seed=seed)


def sensitivity_panel(wanted: SweepRun, summary: NetworkSummary) -> None:
    """Offer to measure as `wanted`; show the run of this session, whatever it was started with."""
    if summary.evaluation is None:
        not_measured()
    jobs.start_button(
        "Measure",
        "sweep_start",
        partial(jobs.start, SWEEP, wanted, calls.sensitivity.start, wanted.spec, wanted.options),
        primary=True,
        disabled=summary.evaluation is None,
        help=explain("sensitivity"),
    )
    nothing = (
        f"No measurement yet. {len(wanted.options.ratios)} copies are pruned for each group: about half a minute for "
        f"a bundled network, far longer for a large one.{_note(summary)}"
    )
    runs.note(SWEEP, wanted, nothing, "Measure again")
    if runs.reported(SWEEP) is None:
        show_budget_notice()
    runs.show_run(SWEEP, Sensitivity, partial(show_sensitivity, picked=wanted.spec), "Measure")


def _note(summary: NetworkSummary) -> str:
    note = summary.evaluation.by.note if summary.evaluation else ""
    return f" {formats.plain(note)}" if note else ""
