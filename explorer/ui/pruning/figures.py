"""The figures of a plan and of a report: those that every library has, and beside them what only one has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.ui.parts.plan_figure import PlanFigure, share_left, share_of_dense
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


@dataclass(frozen=True)
class Mark:
    """What kind of figures these are."""

    text: str
    colour: str
    help: str


@dataclass(frozen=True)
class Shown:
    """What is shown of one plan beside its slider."""

    marks: tuple[Mark, ...]
    figures: tuple[PlanFigure, ...]
    drawn: tuple[Any, ...] = ()  # what the drawing beside them is told; nothing: it waits for Python

    def data(self) -> dict[str, Any]:
        """For the browser."""
        return asdict(self)


def shown_of(plan: Plan, removes: bool, more: Sequence[PlanFigure] = (), drawn: Sequence[Any] = ()) -> Shown:
    """The figures of a plan.

    Args:
        plan: whose figures these are.
        removes: whether its library deletes channels.
        more: figures that only this library has.
        drawn: what the drawing beside them is told of it.
    """
    sparse = [_stored_sparse(plan)] if isinstance(plan, MaskedPlan) else []
    figures = [*(_removed if removes else _masked)(plan), *sparse, *more]
    return Shown((_kind(plan), *_left_whole(plan)), tuple(figures), tuple(drawn))


def _kind(plan: Plan) -> Mark:
    if plan.estimate:
        return Mark("estimate", "orange", f"{explain('estimate')} {formats.plain(plan.estimate)}")
    return Mark("exact", "blue", explain("exact"))


def _left_whole(plan: Plan) -> list[Mark]:
    """How many groups lose nothing though channels were asked to go: the figures beside it are larger for it."""
    if not isinstance(plan, ChannelPlan) or not plan.ratio:
        return []
    whole = plan.lost.count(0)
    if not whole:
        return []
    told = f"{whole} of {len(plan.lost)} groups left whole"
    why = "These groups lose no channel at this ratio; the notes below say why."
    return [Mark(told, "orange" if plan.warnings else "gray", why)]


def _removed(plan: Plan) -> list[PlanFigure]:
    return [
        share_left("Parameters", "parameters", plan.params, plan.params_before, formats.count),
        share_left("MACs", "MACs", plan.macs, plan.macs_before, formats.count),
        share_left("Tensors", "tensors", plan.bytes, plan.bytes_before, formats.file_size),
    ]


def _masked(plan: Plan) -> list[PlanFigure]:
    return [
        share_left("Non-zeros", "non-zeros", plan.nonzero, plan.params, formats.count),
        PlanFigure("Dense MACs", formats.count(plan.macs), "unchanged", explain("MACs")),
        share_left("Effective MACs", "effective MACs", plan.effective_macs, plan.macs, formats.count),
        PlanFigure("Tensors", formats.file_size(plan.bytes), "as dense", explain("tensors")),
    ]


def _stored_sparse(plan: MaskedPlan) -> PlanFigure:
    return share_of_dense("Stored sparse", plan.bytes_compressed, plan.bytes, explain("stored sparse"))


def counted(dense: Outcome, pruned: Outcome, removes: bool) -> list[PlanFigure]:
    """What was counted on the pruned network: the two figures that pruning is for, and its files."""
    if removes:
        work = [
            share_left("Parameters", "parameters", pruned.params, dense.params, formats.count),
            share_left("MACs", "MACs", pruned.macs, dense.macs, formats.count),
        ]
    else:
        work = [
            share_left("Non-zeros", "non-zeros", pruned.nonzero, dense.params, formats.count),
            share_left("Effective MACs", "effective MACs", pruned.effective_macs, dense.macs, formats.count),
        ]
    file = ("Saved file", "file size", pruned.file_bytes, dense.file_bytes)
    return [*work, share_left(*file, formats.file_size)]


def compressed(dense: Outcome, pruned: Outcome) -> PlanFigure:
    """What its files take when packed."""
    sizes = (pruned.compressed_bytes, dense.compressed_bytes)
    return share_left("Saved, compressed", "compressed", *sizes, formats.file_size)
