"""The options of a sensitivity sweep, the button that starts it, and the run of this session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer import service
from explorer.glossary import explain
from explorer.schema import Criterion, NetworkSpec, NetworkSummary, Sensitivity, SweepOptions
from explorer.ui import jobs, runs, state
from explorer.ui.sensitivity_budget import show_budget_notice
from explorer.ui.sensitivity_report import show_sensitivity
from explorer.ui.widgets import not_measured, pick

_NAME = "sweep_run"
_CRITERIA = {"L2": Criterion.L2, "L1": Criterion.L1}
_RECALIBRATED = {"no": False, "yes": True}


@dataclass(frozen=True)
class SweepRun:
    """What a sweep was started with."""

    spec: NetworkSpec
    options: SweepOptions

    @property
    def options_text(self) -> str:
        """All options in words."""
        after = ", after BN re-calibration" if self.options.recalibrated else ""
        return f"{self.options.criterion.upper()}{after}"

    def __str__(self) -> str:
        return f"{self.spec.name} with {self.spec.weights} weights, {self.options_text}"


def pick_sweep(summary: NetworkSummary) -> SweepOptions:
    """Draw the option widgets and return what is picked."""
    with st.container(horizontal=True, gap="medium"):
        criterion = pick(
            "Criterion",
            "sweep_criterion",
            tuple(_CRITERIA),
            f"{explain('criterion')} **L2**: {explain('L2')} **L1**: {explain('L1')}",
        )
        recalibrated = "no"
        if any(row.type.startswith("BatchNorm") for row in summary.layers):
            recalibrated = pick(
                "Re-calibrate BatchNorm first",
                "sweep_recalibrated",
                tuple(_RECALIBRATED),
                f"{explain('BN re-calibration')} Takes several times as long.",
            )
    state.show_notices("sweep_criterion", "sweep_recalibrated")
    return SweepOptions(_CRITERIA[criterion], recalibrated=_RECALIBRATED[recalibrated])


def sensitivity_panel(wanted: SweepRun, summary: NetworkSummary) -> None:
    """Offer to measure as `wanted`; show the run of this session, whatever it was started with."""
    if summary.evaluation is None:
        not_measured()
    if st.button("Measure", type="primary", disabled=summary.evaluation is None, help=explain("sensitivity")):
        jobs.start(_NAME, wanted, service.start_sensitivity, wanted.spec, wanted.options)
    nothing = "Nothing has been measured yet. A bundled network takes about half a minute."
    runs.note(_NAME, wanted, nothing, "measured", "Measure again")
    if runs.reported(_NAME) is None:
        show_budget_notice()
    runs.show_run(_NAME, Sensitivity, partial(show_sensitivity, picked=wanted.spec), "Measure")
