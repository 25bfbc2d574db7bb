"""The page of the dependency graph: the drawing, and beside it the selected group."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from explorer import service
from explorer.drawing.highlight import title
from explorer.drawing.svg import svg
from explorer.glossary import explain
from explorer.schema import Criterion, Group, LayerGraph, NetworkSpec
from explorer.ui import graph_component, group_charts, state
from explorer.ui.graph_component import Pick
from explorer.ui.group_facts import in_short, removal_rows, sentence, spans, together
from explorer.ui.group_steps import steps
from explorer.ui.member_list import member_list
from explorer.ui.widgets import failures

_DRAWING = "graph_drawing"
_NOTICE = "graph_notice"
_STYLE = Path(__file__).parent / "assets" / "graph_page.css"
_HEIGHT = 650  # pixels
_CRITERIA = {str(criterion).upper(): criterion for criterion in (Criterion.L2, Criterion.L1)}


@st.cache_resource(max_entries=6, show_spinner=False)
def graph_of(key: str, _spec: NetworkSpec) -> LayerGraph:
    """The graph of a network; frozen, so every session may hold the same one."""
    return service.graph(_spec)


@st.cache_resource(max_entries=6, show_spinner=False)
def _data(key: str, fused: bool, _graph: LayerGraph) -> dict[str, Any]:
    return graph_component.drawing_data(_graph, fused)


@st.fragment
def explore(spec: NetworkSpec, graph: LayerGraph) -> None:
    """Drawing and panel; only this part runs again after a click."""
    _follow(spec, graph)
    st.html(_STYLE)
    with st.container(key="graph_split"):
        left, right = st.columns([2.1, 1], gap="medium")
    with right:
        group = _choose(graph)
        with st.container(height=_HEIGHT - 92, border=False, key="group_panel"):
            _panel(spec, group) if group else _empty(graph)
    with left:
        _drawing(spec, graph)
        _exports(spec, graph, group)
    graph_component.highlight(Pick(group.id if group else None, st.session_state.get("graph_moment", 0)))
    if group:
        st.subheader(
            f"How DepGraph prunes group {group.id}, in three steps", help=explain("dependency graph")
        )
        steps(spec, group, _CRITERIA[st.session_state["graph_criterion"]])


def _follow(spec: NetworkSpec, graph: LayerGraph) -> None:
    """Take the group from the link at first; forget it when another network is picked."""
    if st.session_state.setdefault("graph_network", spec.key) != spec.key:
        st.session_state["graph_network"] = spec.key
        _select(None)
    if "group" in st.session_state:
        return
    known = [str(group.id) for group in graph.groups]
    wanted = st.query_params.get("group")
    _select(int(wanted) if wanted in known else None)
    if wanted and wanted not in known:
        st.session_state[_NOTICE] = state.unknown(wanted, known, "a group")


def _select(group_id: int | None) -> None:
    st.session_state["group"] = group_id
    st.session_state.pop(_NOTICE, None)


def _choose(graph: LayerGraph) -> Group | None:
    groups = {group.id: group for group in graph.groups}
    chosen = st.selectbox(
        "Coupled group",
        list(groups),
        format_func=lambda group_id: title(groups[group_id]),
        key="group",
        index=None,
        filter_mode="contains",
        persist_state="session",
        placeholder="Click a box, or pick a group here",
        help=explain("group"),
        on_change=lambda: st.session_state.pop(_NOTICE, None),
    )
    if notice := st.session_state.get(_NOTICE):
        st.warning(notice)
    _remember(chosen)
    return groups.get(chosen) if chosen is not None else None


def _remember(group_id: int | None) -> None:
    """Keep the selection in the link."""
    if group_id is None:
        st.query_params.pop("group", None)
    elif st.query_params.get("group") != str(group_id):
        st.query_params["group"] = str(group_id)


def _picked_in_drawing() -> None:
    pick = graph_component.picked(st.session_state.get(_DRAWING))
    if pick:
        _select(pick.group)
        st.session_state["graph_moment"] = pick.moment


def _drawing(spec: NetworkSpec, graph: LayerGraph) -> None:
    fused = not st.session_state.get("graph_full", False)
    graph_component.draw(_data(spec.key, fused, graph), _picked_in_drawing, _DRAWING, _HEIGHT)


def _exports(spec: NetworkSpec, graph: LayerGraph, group: Group | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            "Every layer as a box of its own",
            key="graph_full",
            help="Otherwise a convolution, its normalisation and its activation share a box. "
            "Double-click a box, or press x on it, to see what is in it.",
        )
        st.space("stretch")
        group_id = group.id if group else None
        name = f"{spec.name}-dependency-graph"
        st.download_button(
            "Save as HTML",
            partial(_html, graph, f"Dependency graph of {spec.name}"),
            f"{name}.html",
            "text/html",
            help="One file with the whole graph; opens in any browser, also offline.",
            on_click="ignore",
        )
        st.download_button(
            "Save as SVG",
            partial(svg, graph, group_id),
            f"{name}.svg" if group is None else f"{name}-group-{group_id}.svg",
            "image/svg+xml",
            help="The drawing as a picture, with the selected group lit up.",
            on_click="ignore",
        )


def _html(graph: LayerGraph, heading: str) -> str:
    from explorer.drawing.html import standalone_html  # pyvis takes a quarter of a second to import

    return standalone_html(graph, heading)


def _empty(graph: LayerGraph) -> None:
    free = sum(group.prunable for group in graph.groups)
    st.markdown(
        f"This network has **{len(graph.groups)} coupled groups**; channels can be removed from **{free}** of them.\n\n"
        "**Click a box** in the drawing. Everything that must lose the same channels lights up:\n"
        "- a *filled* box loses **output** channels,\n"
        "- a *dashed* box loses **input** channels,\n"
        "- all the rest stays as it is.\n\n"
        "The coloured boxes are the couplings that join most layers: start with one of them."
    )


def _panel(spec: NetworkSpec, group: Group) -> None:
    channels, layers, members = st.columns(3)
    channels.metric("Channels", group.channels, help=explain("channel"))
    layers.metric("Layers", len(group.layers), help=explain("layer"))
    members.metric("Members", len(group.members), help=explain("member"))
    st.markdown(sentence(group))
    if not group.prunable:
        st.info(f"Stays whole: {group.kept_because}")
    if group.heads > 1:
        st.info(
            f"{group.heads} heads of {group.channels // group.heads} channels: one channel goes from every head."
        )
    tabs = st.tabs(["Members", "Importance", "Remove a channel"], key="group_tabs")
    with tabs[0]:
        member_list(group, _HEIGHT - 330)
    with tabs[1], failures("importance", spec):
        _importance(spec, group)
    with tabs[2]:
        _removal(group)


def _importance(spec: NetworkSpec, group: Group) -> None:
    criterion = st.segmented_control(
        "Criterion",
        list(_CRITERIA),
        default="L2",
        key="graph_criterion",
        required=True,
        persist_state="session",
        help=f"{explain('criterion')} **L2**: {explain('L2')} **L1**: {explain('L1')}",
    )
    scores = service.importance(spec, _CRITERIA[criterion or "L2"]).get(group.id)
    if scores is None:
        st.info(f"No channel of this group may go, so none is scored. {group.kept_because}")
        return
    st.altair_chart(group_charts.importance_by_channel(scores), key="importance")
    st.caption(in_short(scores))


def _removal(group: Group) -> None:
    channel = st.number_input(
        "Remove channel", 0, group.channels - 1, 0, key="graph_channel", help=explain("channel")
    )
    channels = together(group, int(channel))
    if len(channels) > 1:
        st.caption(f"With it go channels {spans(channels[1:])}: the same position of every head.")
    rows = pd.DataFrame(removal_rows(group, channels))
    st.dataframe(rows, hide_index=True, height=300)
