"""The page of the dependency graph: the drawing, and beside it the selected group."""

from __future__ import annotations

import streamlit as st

from explorer.drawing.folding import Folds
from explorer.drawing.highlight import title
from explorer.exports import Graph
from explorer.ui.graph import by_hand, folds_link, overlay
from explorer.ui.graph.block_panel import block_panel
from explorer.ui.graph.by_hand_panel import by_hand_panel
from explorer.ui.graph.group_facts import roles_in
from explorer.ui.graph.group_panel import current_criterion, group_panel, overview
from explorer.ui.graph.group_steps import steps
from explorer.ui.graph.numbers import Numbers
from explorer.ui.parts import graph_component, own_ratios
from explorer.ui.parts.graph_cache import drawing_of
from explorer.ui.parts.graph_component import Pick
from explorer.ui.shell import assets, state
from explorer.ui.shell.export_buttons import export_buttons
from explorer.values import Group, LayerGraph, NetworkSpec
from explorer.words.formats import plain
from explorer.words.glossary import explain

_DRAWING = "graph_drawing"
_BOX = "graph_box"  # nodes of the box that was clicked
_ROLE = "graph_role"  # which of its groups
_FEW = 4  # groups that are listed rather than folded into a menu
_NOTICE = "graph_notice"
_HEIGHT = 650  # pixels


@st.fragment
def explore(spec: NetworkSpec, graph: LayerGraph) -> None:
    """Drawing and panel; only this part runs again after a click."""
    _follow(spec, graph)
    st.html(assets.path("graph_page.css"))
    with st.container(key="graph_split"):
        drawn, beside = st.columns([2.1, 1], gap="medium")
    overlay.follow(spec, graph)
    folds = None if st.session_state.get("graph_full", False) else graph_component.folds_of(_DRAWING)
    data, numbers = drawing_of(spec.key, folds is not None, graph, folds), overlay.chosen(spec, graph)
    heat, left = overlay.overlay(spec, graph, data, numbers), overlay.left(spec, graph, folds)
    with beside:
        group = _choose(graph)
        with st.container(height=_HEIGHT - 92, border=False, key="group_panel"):
            own_ratios.own_ratios(spec)
            by_hand.picked(spec, graph)
            state.show_notices(own_ratios.LINK, by_hand.LINK, overlay.LINK, *folds_link.LINKS)
            group_panel(spec, group, graph) if group else overview(
                graph, bool(data["legend"]) and not heat and not left
            )
            by_hand_panel(spec, graph)
            block_panel(graph)
    with drawn:
        graph_component.draw(data, _picked_in_drawing, _DRAWING, _HEIGHT)
        _below(spec, graph, group, numbers, folds)
    own_ratios.keep_in_link("group_ratio")
    by_hand.keep_in_link(graph, "group_ratio")
    folds_link.keep(_DRAWING)
    pick = Pick(group.id if group else None, st.session_state.get("graph_moment", 0))
    graph_component.tell(_DRAWING, data, pick, heat, left)
    if group:
        steps(spec, group, current_criterion())


def _follow(spec: NetworkSpec, graph: LayerGraph) -> None:
    """Take group and folds from the link at first; forget them when another network is picked."""
    if st.session_state.setdefault("graph_network", spec.key) != spec.key:
        st.session_state["graph_network"] = spec.key
        graph_component.forget_folds(_DRAWING)
        _select(None)
    folds_link.follow(_DRAWING, graph)
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
        st.warning(plain(notice))
    _remember(chosen)
    group = groups.get(chosen) if chosen is not None else None
    if group:
        _others_in_box(graph, group)
    return group


def _others_in_box(graph: LayerGraph, group: Group) -> None:
    """The other groups of the box that was clicked, while one of them is picked."""
    nodes = [graph.nodes[place] for place in st.session_state.get(_BOX, ()) if place < len(graph.nodes)]
    roles = roles_in(graph, {node.id for node in nodes})
    if len(roles) < 2 or group.id not in roles:
        return
    st.session_state[_ROLE] = group.id
    label, words = "This box belongs to", lambda number: f"{title(graph.groups[number])}, {roles[number]}"
    if len(roles) <= _FEW:
        st.radio(label, list(roles), format_func=words, key=_ROLE, on_change=_take_role)
    else:
        st.selectbox(label, list(roles), format_func=words, key=_ROLE, on_change=_take_role)


def _take_role() -> None:
    _select(st.session_state[_ROLE])


def _remember(group_id: int | None) -> None:
    """Keep the selection in the link."""
    if group_id is None:
        st.query_params.pop("group", None)
    elif st.query_params.get("group") != str(group_id):
        st.query_params["group"] = str(group_id)


def _picked_in_drawing(pick: Pick) -> None:
    _select(pick.group)
    st.session_state["graph_moment"] = pick.moment
    st.session_state[_BOX] = pick.nodes


def _below(
    spec: NetworkSpec, graph: LayerGraph, group: Group | None, numbers: Numbers | None, folds: Folds | None
) -> None:
    """What changes the drawing, and what saves it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            "Show every layer",
            key="graph_full",
            bind="query-params",
            help="By default a convolution, its normalisation and its activation share a box, and a large network "
            f"opens only as far as it stays readable; + and − on a module change that. {explain('equal blocks')}",
        )
        overlay.choose(spec, graph)
        overlay.badge(numbers)
    group_id = group.id if group else None
    name = f"{spec.name}-dependency-graph"
    stem = name if group is None else f"{name}-group-{group_id}"
    with st.container(horizontal=True):
        export_buttons(
            "graph", Graph(graph, spec.name, group_id, numbers.of if numbers else None, folds), stem
        )
