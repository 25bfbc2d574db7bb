"""The dependency graph on the sensitivity page: coloured by what each group costs; a click picks a group."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.parts import graph_component
from explorer.ui.parts.graph_cache import drawing_of, graph_of
from explorer.ui.parts.graph_component import Pick
from explorer.ui.parts.heat import RULE, heat_of, with_copies
from explorer.ui.parts.sensitivity_metrics import Metric, cost, spared_up_to
from explorer.ui.parts.widgets import failures, pick
from explorer.ui.sensitivity.handover import show_in_graph
from explorer.values import GroupSensitivity, LayerGraph, NetworkSpec, Sensitivity
from explorer.words.formats import plain
from explorer.words.glossary import explain

DRAWING = "sweep_drawing"
TABLE = "sweep_table"
_GROUP, _MOMENT, _SHOWN = "sweep_group", "sweep_moment", "sweep_shown"
_HEIGHT = 560  # pixels
_MEAN = "mean of all"


def pick_ratio(found: Sensitivity) -> float | None:
    """Draw the ratios that were measured; None: the mean over all of them."""
    words: dict[str, float | None] = {_MEAN: None, **{f"{ratio:g}": ratio for ratio in found.options.ratios}}
    told = "Which measured ratio the colours show."
    return words[pick("Colours at ratio", "sweep_ratio", tuple(words), f"{explain('pruning ratio')} {told}")]


def show_network(
    found: Sensitivity,
    ordered: Sequence[GroupSensitivity],
    metric: Metric,
    ratio: float | None,
    picked: NetworkSpec,
) -> None:
    """Draw the graph with its colours, and what the picked group costs.

    Args:
        found: the sweep.
        ordered: its groups in the order of the table's rows.
        metric: what the colours count.
        ratio: which the colours stand for; None: the mean over all.
        picked: the network picked for all pages.
    """
    _follow(found.spec, ordered)
    with failures("sweep_graph", found.spec):
        graph = graph_of(found.spec.key, found.spec)
        data = drawing_of(found.spec.key, True, graph, graph_component.folds_of(DRAWING))
        graph_component.draw(data, lambda pick: _picked_in_drawing(pick, ordered), DRAWING, _HEIGHT)
        chosen = Pick(st.session_state.get(_GROUP), st.session_state.get(_MOMENT, 0))
        heat = with_copies(heat_of(found, graph, metric, ratio), data["boxes"])
        graph_component.tell(DRAWING, data, chosen, heat)
        st.caption(RULE)
        _picked_group(found, graph, metric, ratio, picked)


def picked_in_table(ordered: Sequence[GroupSensitivity]) -> None:
    """Take over the row that was selected."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    st.session_state[_GROUP] = ordered[rows[0]].id if rows else None


def _follow(spec: NetworkSpec, ordered: Sequence[GroupSensitivity]) -> None:
    """Another network has other groups; another sweep has them in other rows."""
    shown = spec.key, [group.id for group in ordered]
    before = st.session_state.setdefault(_SHOWN, shown)
    if before != shown:
        graph_component.forget_folds(DRAWING)
        st.session_state[_SHOWN] = shown
        _select(st.session_state.get(_GROUP) if before[0] == shown[0] else None, ordered)


def _select(group: int | None, ordered: Sequence[GroupSensitivity]) -> None:
    rows = [row for row, one in enumerate(ordered) if one.id == group]
    st.session_state[_GROUP] = group
    st.session_state[TABLE] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def _picked_in_drawing(pick: Pick, ordered: Sequence[GroupSensitivity]) -> None:
    _select(pick.group, ordered)
    st.session_state[_MOMENT] = pick.moment


def _picked_group(
    found: Sensitivity, graph: LayerGraph, metric: Metric, ratio: float | None, picked: NetworkSpec
) -> None:
    """What the picked group costs, beside the link to it."""
    number = st.session_state.get(_GROUP)
    group = next((one for one in found.groups if one.id == number), None)
    with st.container(border=True):
        words, link = st.columns([2, 1], vertical_alignment="center")
    words.markdown(_in_words(found, group, metric, ratio) if group else _not_measured(number, graph))
    with link:
        show_in_graph(found.spec, group, picked)


def _in_words(found: Sensitivity, group: GroupSensitivity, metric: Metric, ratio: float | None) -> str:
    when = "on average" if ratio is None else f"at ratio {ratio:g}"
    spared = spared_up_to(found, group)
    harmless = f"harmless up to ratio {spared:g}" if spared else "harmful at every ratio"
    return (
        f"**{plain(group.layer)}** · group {group.id} · {group.channels:,} channels · pruned alone, {when}: "
        f"{metric.words(cost(found, group, metric, ratio))}, {harmless}"
    )


def _not_measured(number: int | None, graph: LayerGraph) -> str:
    group = next((one for one in graph.groups if one.id == number), None)
    if group is None:
        return "Click a box, or a row below, to pick a group."
    why = group.kept_because or "the criterion gives its channels no score."
    return f"Group {group.id} was not measured: {plain(why)}"
