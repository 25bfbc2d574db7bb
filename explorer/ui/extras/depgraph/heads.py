"""What a plan does to attention: how many heads there are, and how large each is."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from explorer.ui.parts.graph_cache import graph_of
from explorer.values import ChannelPlan, LayerGraph, NetworkSpec
from explorer.words.formats import plain
from explorer.words.glossary import explain

_ATTENTION = ("MultiheadAttention", "functional products")  # rows of networks that may have any
_WHY = (
    "The same positions are removed from every head; attention then divides by the square root of the new "
    "head size."
)


def show_heads(spec: NetworkSpec, plan: ChannelPlan) -> None:
    """Heads and their size before and after, where the network has such layers."""
    if not any(row.type.startswith(_ATTENTION) for row in plan.layers):
        return
    told = "; ".join(head_sizes(graph_of(spec.key, spec), plan))
    if told:
        helped = f"{explain('attention heads')} {explain('head size')}"
        st.markdown(f"**Attention heads:** {told}. {_WHY}", help=helped)


def head_sizes(graph: LayerGraph, plan: ChannelPlan) -> Iterator[str]:
    """A phrase for every group whose channels are parts of attention heads."""
    removed = {change.id: change.removed for change in plan.groups}
    for group in graph.groups:
        if group.parts == "attention heads" and group.heads > 1 and group.id in removed:
            before = group.channels // group.heads
            after = (group.channels - removed[group.id]) // group.heads
            yield f"{group.heads} before and after, head size **{before} → {after}** (group of {plain(group.root)})"
