"""The figures of a plan and of a report: those that every library has, and beside them what only one has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.ui.parts.widgets import estimate_badge, exact_badge, shrunk
from explorer.ui.pruning.extras import PlanFigure
from explorer.values import ChannelPlan, MaskedPlan, Outcome, Plan
from explorer.words import formats
from explorer.words.glossary import explain


def screen() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Room for how well the network does, for figures below it, and beside them, or below, for what is drawn of them.

    The first is filled last: it is measured, and the counts do not wait for it.
    """
    with st.container(key="plan_screen"):
        figures, drawn = st.columns([1, 1.2], gap="medium")
    with figures:
        accuracy, counts = st.container(border=True, key="plan_accuracy"), st.container()
    return accuracy, counts, drawn


def show_totals(plan: Plan, removes: bool, more: Sequence[PlanFigure]) -> None:
    """The figures of a plan.

    Args:
        plan: whose figures these are.
        removes: whether its library deletes channels.
        more: figures that only this library has.
    """
    sparse = [_stored_sparse(plan)] if isinstance(plan, MaskedPlan) else []
    with st.container(border=True, key="plan_figures"):
        with st.container(horizontal=True, gap="small"):
            estimate_badge(plan.estimate) if plan.estimate else exact_badge()
            _left_whole(plan)
        cells = itertools.repeat(st.container(key="plan_cells"))
        (_removed if removes else _masked)(plan, cells)
        show_more([*sparse, *more], cells)


def _left_whole(plan: Plan) -> None:
    """How many groups lose nothing though channels were asked to go: the figures beside it are larger for it."""
    if not isinstance(plan, ChannelPlan) or not plan.ratio:
        return
    whole = plan.lost.count(0)
    if whole:
        st.badge(
            f"{whole} of {len(plan.lost)} groups left whole",
            color="orange" if plan.warnings else "gray",
            help="These groups lose no channel at this ratio; the notes below say why.",
        )


def show_more(more: Sequence[PlanFigure], columns: Iterator[DeltaGenerator]) -> None:
    """Figures of one library only, each in the next column."""
    for figure in more:
        with next(columns):
            _beside(figure.label, figure.value, figure.beside, figure.help)


def _beside(label: str, value: str, beside: str, help: str) -> None:
    """A figure with what stands below it, without an arrow."""
    st.metric(label, value, beside, delta_color="off", delta_arrow="off", help=help)


def _removed(plan: Plan, columns: Iterator[DeltaGenerator]) -> None:
    with next(columns):
        shrunk("Parameters", "parameters", plan.params, plan.params_before, formats.count)
    with next(columns):
        shrunk("MACs", "MACs", plan.macs, plan.macs_before, formats.count)
    with next(columns):
        shrunk("Tensors", "tensors", plan.bytes, plan.bytes_before, formats.file_size)


def _masked(plan: Plan, columns: Iterator[DeltaGenerator]) -> None:
    with next(columns):
        shrunk("Non-zeros", "non-zeros", plan.nonzero, plan.params, formats.count)
    with next(columns):
        _beside("Dense MACs", formats.count(plan.macs), "unchanged", explain("MACs"))
    with next(columns):
        shrunk("Effective MACs", "effective MACs", plan.effective_macs, plan.macs, formats.count)
    with next(columns):
        _beside("Tensors", formats.file_size(plan.bytes), "as dense", explain("tensors"))


def _stored_sparse(plan: MaskedPlan) -> PlanFigure:
    return share_of_dense("Stored sparse", plan.bytes_compressed, plan.bytes, explain("stored sparse"))


def share_of_dense(label: str, size: int, dense: int, help: str) -> PlanFigure:
    """So many bytes, and how much that is of the dense network's."""
    return PlanFigure(label, formats.file_size(size), f"{formats.share(size, dense)} of dense", help)


def show_counts(dense: Outcome, pruned: Outcome, removes: bool, columns: Iterator[DeltaGenerator]) -> None:
    """What was counted on the pruned network: the two figures that pruning is for, and its files."""
    with next(columns):
        if removes:
            shrunk("Parameters", "parameters", pruned.params, dense.params, formats.count)
        else:
            shrunk("Non-zeros", "non-zeros", pruned.nonzero, dense.params, formats.count)
    with next(columns):
        if removes:
            shrunk("MACs", "MACs", pruned.macs, dense.macs, formats.count)
        else:
            shrunk("Effective MACs", "effective MACs", pruned.effective_macs, dense.macs, formats.count)
    with next(columns):
        shrunk("Saved file", "file size", pruned.file_bytes, dense.file_bytes, formats.file_size)
