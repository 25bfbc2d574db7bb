"""SparseML's extras: the recipe and its schedule, how it is run, coupled groups, and what is not offered."""

from __future__ import annotations

from typing import cast

import streamlit as st

from explorer.process import island
from explorer.ui.extras.sparseml.curves import show_curves
from explorer.ui.extras.sparseml.groups import groups_section
from explorer.ui.extras.sparseml.island import offer_set_up
from explorer.ui.extras.sparseml.limits import show_limits
from explorer.ui.extras.sparseml.plan import recipe_builder
from explorer.ui.extras.sparseml.run import show_recipe_run
from explorer.ui.parts.layer_bars import layer_zeros
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.take import take_panel
from explorer.values import NetworkSpec, NetworkSummary, RecipeEvidence, RecipePlan, Report, RunMode


def _before(spec: NetworkSpec) -> None:
    if missing := island.why_missing():
        offer_set_up(missing)


def _build(summary: NetworkSummary) -> None:
    wanted = recipe_builder(summary)
    show_recipe_run(EXTRAS)
    if wanted:
        take_panel(wanted)
    groups_section(summary.spec)
    show_limits()


def _same(report: Report) -> str:
    found = report.evidence
    if not isinstance(found, RecipeEvidence) or found.mode is RunMode.ONE_SHOT:
        return "SparseML's masks equal the plan's."
    return f"At each of {len(found.applied)} updates SparseML asked for the planned sparsity."


def _course(report: Report) -> None:
    """The curve of a training run."""
    found = report.evidence
    if isinstance(found, RecipeEvidence) and found.mode is RunMode.TRAINING:
        show_curves(cast(RecipePlan, report.plan), report.curve)


def _evidence(report: Report) -> None:
    found = report.evidence
    if not isinstance(found, RecipeEvidence):
        return
    with st.expander("Zeros in every layer, as SparseML left them"):
        layer_zeros(found.reached, "sparse_reached", "Share of zeros in every layer")


EXTRAS = Extras(
    intro=("SparseML prunes by a **recipe**: which weights become zero, when, and how many."),
    same=_same,
    course=_course,
    evidence=_evidence,
    before=_before,
    build=_build,
)
