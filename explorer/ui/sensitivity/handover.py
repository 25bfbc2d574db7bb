"""From the sensitivity page to others: a group to the graph page, ratios of their own to the pruning page.

Both pages read what is handed over from the session, under the names of their own widgets. Links lead there:
`st.switch_page` refuses while a widget is bound to the link.
"""

from __future__ import annotations

import streamlit as st

from explorer.backends import DEPGRAPH, fields_of
from explorer.ui.parts import own_ratios
from explorer.ui.parts.option_panel import store
from explorer.values import Allocation, GroupSensitivity, NetworkSpec, SweepOptions

_OTHER = "Measured on {name}. Pick that network to continue."
_HANDED = "sweep_handed"  # what was handed over last


def show_in_graph(spec: NetworkSpec, group: GroupSensitivity | None, picked: NetworkSpec) -> None:
    """Select a group on the graph page, and link to it.

    Args:
        spec: the network of the group.
        group: None while no group that was measured is picked.
        picked: the network picked for all pages.
    """
    other = spec != picked
    if group and not other:
        st.session_state["graph_network"] = spec.key
        st.session_state["group"] = group.id
    told = _OTHER.format(name=spec.name) if other else "Pick a measured group: click a box, or a row below."
    st.page_link(
        "pages/dependency_graph.py",
        label=f"Show {group.layer} in the dependency graph" if group else "Show in the dependency graph",
        disabled=group is None or other,
        help=told if group is None or other else None,
    )


def use_for_pruning(
    spec: NetworkSpec, allocation: Allocation, options: SweepOptions, picked: NetworkSpec
) -> None:
    """A button that gives the pruning page these ratios, its slider at 0, and then a link to it."""
    other = spec != picked
    st.button(
        "Use these ratios for DepGraph pruning",
        key="sweep_to_pruning",
        disabled=other,
        help=_OTHER.format(name=spec.name) if other else "Sets every group to its ratio above.",
        on_click=_hand_over,
        args=(spec, allocation, options),
    )
    if st.session_state.get(_HANDED) == (spec, allocation.overrides) and not other:
        st.page_link("pages/depgraph_pruning.py", label="Applied. Open DepGraph pruning →")


def _hand_over(spec: NetworkSpec, allocation: Allocation, options: SweepOptions) -> None:
    own_ratios.store(dict(allocation.overrides))
    st.session_state["override_network"] = spec.key
    st.session_state["ratio"] = 0.0
    store(
        fields_of(DEPGRAPH), options.scoring
    )  # the ratios were solved with every other option at its default
    for option in fields_of(DEPGRAPH):
        st.query_params.pop(option.key, None)  # what a link still says would win over the session
    st.session_state[_HANDED] = (spec, allocation.overrides)
