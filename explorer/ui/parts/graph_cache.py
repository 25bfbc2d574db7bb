"""The dependency graph of a network and its drawing, kept for all sessions."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.drawing.folding import Folds
from explorer.drawing.interactive import drawing_data
from explorer.engine import calls
from explorer.values import LayerGraph, NetworkSpec


@st.cache_resource(max_entries=6, show_spinner=False)
def graph_of(key: str, _spec: NetworkSpec) -> LayerGraph:
    """The graph of a network; frozen, so every session may hold the same one."""
    return calls.graph(_spec)


@st.cache_resource(max_entries=6, show_spinner=False)
def drawing_of(key: str, fused: bool, _graph: LayerGraph, folds: Folds | None = None) -> dict[str, Any]:
    """All that the browser needs to draw it; `fused` and `folds` as for `layout`."""
    return drawing_data(_graph, fused, folds)
