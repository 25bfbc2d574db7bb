"""Where to go from the overview: straight to what one came for, or on the guided walk."""

from __future__ import annotations

import streamlit as st

from explorer.ui.shell import story
from explorer.values import places

_WAYS = {  # page: label, icon, and what one finds there
    "dependency_graph": ("See the groups", "hub", "Click a layer: everything coupled with it lights up."),
    "depgraph_pruning": ("Shrink a network", "content_cut", "Drag the ratio: size and accuracy follow."),
    "compare": ("Compare libraries", "compare_arrows", "Three libraries at one budget, side by side."),
}


_OWN = """\
pip install .
cd where/your/code/is
pruning-explorer --model ./net.py:build --input ./net.py:example
"""


def show_own() -> None:
    """How to start with a network of one's own."""
    with st.container(border=True, key="ways_own"):
        st.markdown("**Your own network**")
        st.caption(
            "Install from a checkout of this repository. In net.py, build() returns an nn.Module and example() an "
            "input that it accepts."
        )
        st.code(_OWN, None, wrap_lines=True)


def show_ways() -> None:
    """The walk, and one button for each thing that people come for."""
    with st.container(key="ways"):
        for column, (page, (label, icon, told)) in zip(
            st.columns(3, border=True), _WAYS.items(), strict=True
        ):
            column.page_link(places.page(page), label=label, icon=f":material/{icon}:")
            column.caption(told)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="ways_story"):
            story.entry()
            st.caption(
                "From a network's layers to what pruning saves, on the live pages, in at most ten minutes."
            )
