"""Groups with a ratio of their own: a table with search on the pruning page, a field on the graph page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import streamlit as st

from explorer.ui.parts import own_ratios
from explorer.ui.parts.blocks import starting_in
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.ratio_field import ratio_field
from explorer.ui.parts.widgets import linked_expander
from explorer.values import Group, LayerGraph, NetworkSpec
from explorer.words import formats
from explorer.words.glossary import explain

_OWN = "own ratio"


def override_table(spec: NetworkSpec) -> None:
    """A table of the groups that may lose channels, folded away; it is made when it is opened."""
    part = linked_expander("Per-group ratios", "override_open")
    if part.open:
        with part:
            _search_and_edit(graph_of(spec.key, spec))


def _search_and_edit(graph: LayerGraph) -> None:
    owners = own_ratios.owner_of(graph)
    groups = [group for group in graph.groups if group.id in owners.values()]
    wanted = st.text_input("Search groups", placeholder="part of a layer's name", key="override_search")
    found = [group for group in groups if wanted.lower() in _layers(group, owners).lower()]
    if not found:
        st.info(f"No group has a layer that matches “{formats.plain(wanted)}”. Clear the search to see all.")
        return
    _edit(found, owners)
    st.caption(
        f"{len(found)} of {len(groups)} groups that can lose channels. Click a cell in “{_OWN}” to set it; "
        "edits apply at once."
    )
    if told := ", ".join(_of_blocks(graph)):
        st.caption(f"Groups that start in a block and have no ratio here use the block's: {told}.")
    st.button(
        "Reset all",
        disabled=not own_ratios.held(),
        on_click=own_ratios.store,
        args=({},),
    )


def _of_blocks(graph: LayerGraph) -> Iterator[str]:
    """Blocks with a ratio."""
    blocks = starting_in(graph)
    return (f"{name} {ratio:.2f}" for name, ratio in own_ratios.held().items() if name in blocks)


def _edit(groups: Sequence[Group], owners: Mapping[str, int]) -> None:
    key = f"override_table_{own_ratios.edit_round()}"
    st.data_editor(
        pd.DataFrame(
            {
                "group": [_name(group, owners) for group in groups],
                _OWN: pd.Series([own_ratios.ratio_of(group.id, owners) for group in groups], dtype="float64"),
                "channels": [group.channels for group in groups],
                "layers": [_layers(group, owners) for group in groups],
            }
        ),
        key=key,
        hide_index=True,
        placeholder="follows the slider",
        disabled=("group", "channels", "layers"),
        on_change=_take,
        args=(key, tuple(groups), owners),
        column_config={
            "group": st.column_config.Column(help=explain("group"), width="medium"),
            "channels": st.column_config.Column(width="small"),
            "layers": st.column_config.Column(
                "layers with outputs in the group",
                width="large",
                help="Any of them identifies the group in a link.",
            ),
            _OWN: st.column_config.NumberColumn(
                step=0.01,
                format="%.2f",
                width=140,
                help=explain("group's own ratio"),
            ),
        },
    )


def override_field(group: Group, graph: LayerGraph) -> None:
    """One group's own ratio, for the panel beside the drawing; those of the session must be settled."""
    owners = own_ratios.owner_of(graph)
    if group.id not in owners.values():
        return
    layer = _name(group, owners)
    ratio = own_ratios.ratio_of(group.id, owners)
    key = f"override_{group.id}_{own_ratios.edit_round()}"
    ratio_field(
        "Ratio on the pruning page",
        key,
        ratio,
        lambda typed: own_ratios.set_ratio(group.id, layer, typed, owners),
        _followed(group),
        explain("group's own ratio"),
        ("override_reset", "Let this group follow the pruning page's slider again."),
    )


def _followed(group: Group) -> str:
    """What a group without a ratio of its own goes by."""
    block = own_ratios.of_blocks(group)
    return f"{block[1]:.2f}, as all of {block[0]}" if block else "follows the slider"


def _name(group: Group, owners: Mapping[str, int]) -> str:
    """The group's root where its outputs are in it, else the first layer that names it."""
    named = [layer for layer, owner in owners.items() if owner == group.id]
    return group.root if group.root in named else named[0]


def _layers(group: Group, owners: Mapping[str, int]) -> str:
    return ", ".join(layer for layer, owner in owners.items() if owner == group.id)


def _take(key: str, groups: tuple[Group, ...], owners: Mapping[str, int]) -> None:
    for position, change in st.session_state[key]["edited_rows"].items():
        if _OWN in change:
            group = groups[int(position)]
            own_ratios.set_ratio(group.id, _name(group, owners), change[_OWN], owners)
