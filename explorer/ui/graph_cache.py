"""The dependency graph of a network, kept for all sessions."""

from __future__ import annotations

import streamlit as st

from explorer import service
from explorer.schema import LayerGraph, NetworkSpec


@st.cache_resource(max_entries=6, show_spinner=False)
def graph_of(key: str, _spec: NetworkSpec) -> LayerGraph:
    """The graph of a network; frozen, so every session may hold the same one."""
    return service.graph(_spec)
