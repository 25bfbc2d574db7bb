"""Beside the drawing: the selected group, or what to click while there is none."""

from __future__ import annotations

import streamlit as st

from explorer.backends import DEPGRAPH
from explorer.engine import calls
from explorer.ui.graph import group_charts
from explorer.ui.graph.by_hand_panel import by_hand_field
from explorer.ui.graph.group_facts import in_short, sentence, unscored
from explorer.ui.graph.member_list import member_list
from explorer.ui.parts.group_ratios import override_field
from explorer.ui.parts.prepare import prepare
from explorer.ui.parts.pruning_criteria import CRITERION, choose_criterion, explain_chosen
from explorer.ui.parts.widgets import failures
from explorer.values import ChannelCriterion, ChannelOptions, Group, LayerGraph, NetworkSpec
from explorer.words.glossary import explain

_CRITERION = "graph_criterion"  # in the session and in the link
_LIST = 250  # pixels


def overview(graph: LayerGraph, has_colours: bool) -> None:
    """What to do while nothing is selected."""
    free = sum(group.prunable for group in graph.groups)
    start = (
        "\n\nColoured boxes belong to the largest groups, whose numbers they carry: start with one of them."
    )
    whole = "A *thick left edge* marks what keeps all its channels: hover over it for the reason."
    st.markdown(
        f"This network has **{len(graph.groups)} coupled groups**; channels can be removed from **{free}** of "
        "them.\n\n**Click a box** in the drawing. Everything that must lose the same channels lights up:\n- "
        "a *filled* box loses **output** channels,\n- a *dashed* box loses **input** channels,\n- everything "
        f"else is unchanged.\n\n{whole}{start if has_colours else ''}"
    )


def group_panel(spec: NetworkSpec, group: Group, graph: LayerGraph) -> None:
    """Counts, members with their reasons, importance, and what a removal takes."""
    channels, layers, members = st.columns(3)
    channels.metric("Channels", f"{group.channels:,}", help=explain("channel"))
    layers.metric("Layers", len(group.layers), help=explain("layer"))
    members.metric("Members", len(group.members), help=explain("member"))
    st.markdown(sentence(group))
    if not group.prunable:
        st.info(f"**Left whole.** {group.kept_because}")
    if group.heads > 1:
        st.info(
            f"{group.heads} {group.parts} of {group.channels // group.heads} channels: the same position is "
            "removed from each of them."
        )
    if group.prunable:
        override_field(group, graph)
    tabs = st.tabs(["Members", "Importance", "Remove channels"], key="group_tabs")
    with tabs[0]:
        member_list(group, _LIST)
    with tabs[1], failures("importance", spec):
        _importance(spec, group, graph)
    with tabs[2]:
        by_hand_field(spec, group, graph)


def current_criterion() -> ChannelCriterion:
    """By which the picked group's channels are scored."""
    picked: ChannelCriterion = CRITERION.parse(st.session_state.get(_CRITERION))
    return picked


def _importance(spec: NetworkSpec, group: Group, graph: LayerGraph) -> None:
    criterion = choose_criterion(spec, graph, _CRITERION)
    if criterion.needs_gradients and not prepare(spec, DEPGRAPH, ChannelOptions(criterion)):
        return
    scores = calls.importance(spec, criterion).get(group.id)
    if scores is None:
        st.info(unscored(group, criterion))
    else:
        st.altair_chart(group_charts.importance_by_channel(scores), key="importance")
        st.caption(in_short(scores, criterion))
    explain_chosen(criterion, spec, graph)
