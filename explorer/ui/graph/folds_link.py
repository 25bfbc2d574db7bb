"""What of the drawing is opened and closed, as the link holds it."""

from __future__ import annotations

import streamlit as st

from explorer.drawing.folding import Folds
from explorer.ui.parts import graph_component
from explorer.ui.parts.blocks import above
from explorer.ui.shell import state
from explorer.values import LayerGraph

LINKS = ("toggled", "unrolled")  # fields of `Folds`; each names a module


def follow(drawing: str, graph: LayerGraph) -> None:
    """Take them from the link at first."""
    if graph_component.has_folds(drawing):
        return
    known = sorted({scope for node in graph.nodes for scope in above(f"{node.scope}.")} - {""})
    for link in LINKS:
        state.check_link(link, known, "a module")
    toggled, unrolled = (frozenset(known).intersection(st.query_params.get_all(link)) for link in LINKS)
    graph_component.set_folds(drawing, Folds(toggled, unrolled))


def keep(drawing: str) -> None:
    """Put them into the link."""
    folds = graph_component.folds_of(drawing)
    for link, scopes in zip(LINKS, (sorted(folds.toggled), sorted(folds.unrolled)), strict=True):
        if scopes and scopes != st.query_params.get_all(link):
            st.query_params[link] = scopes
        elif not scopes:
            st.query_params.pop(link, None)
