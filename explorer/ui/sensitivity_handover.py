"""From the sensitivity page to others: a group to the graph page, ratios of their own to the pruning page.

Both pages read what is handed over from the session, under the names of their own widgets.
"""

from __future__ import annotations

import streamlit as st

from explorer.schema import Allocation, Criterion, GroupSensitivity, NetworkSpec, Scope

_OTHER = "This was measured on {name}. Pick that network to go on with it."


def show_in_graph(spec: NetworkSpec, group: GroupSensitivity | None, picked: NetworkSpec) -> None:
    """A button that opens the graph page with a group selected.

    Args:
        spec: the network of the group.
        group: None while no row is selected.
        picked: the network picked for all pages.
    """
    label = f"Show {group.layer} in the dependency graph" if group else "Show in the dependency graph"
    other = spec != picked
    told = _OTHER.format(name=spec.name) if other else "Select a row above first."
    if (
        st.button(label, disabled=group is None or other, help=told if group is None or other else None)
        and group
    ):
        st.session_state["graph_network"] = spec.key
        st.session_state["group"] = group.id
        st.switch_page("pages/dependency_graph.py")


def use_for_pruning(
    spec: NetworkSpec, allocation: Allocation, criterion: Criterion, picked: NetworkSpec
) -> None:
    """A button that opens the pruning page with these ratios of their own; the slider is at 0 there."""
    other = spec != picked
    if st.button(
        "Use these ratios for DepGraph pruning",
        disabled=other,
        help=_OTHER.format(name=spec.name) if other else "Every group gets the ratio that stands above.",
    ):
        st.session_state["override"] = dict(allocation.overrides)
        st.session_state["override_network"] = spec.key
        st.session_state["ratio"] = 0.0
        st.session_state["criterion"] = criterion.upper()
        st.session_state["scope"] = str(Scope.LOCAL)
        st.switch_page("pages/depgraph_pruning.py")
