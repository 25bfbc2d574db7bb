"""What a plan does to attention: how many heads there are, and how large each is."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from explorer.ui.parts.graph_cache import graph_of
from explorer.values import ChannelPlan, HeadPruning, LayerGraph, NetworkSpec
from explorer.words.formats import plain
from explorer.words.glossary import explain

_TORCHS = "MultiheadAttention"
_ATTENTION = (_TORCHS, "functional products")  # rows of networks that may have any
_SIZE = " The same positions are removed from every head; attention then divides by the root of the new head size."
_WHOLE = " The least important heads are removed, with all that share their keys; the others keep their size."
_STAY = " Torch-Pruning cannot remove whole heads of torch's own attention."


def show_heads(spec: NetworkSpec, plan: ChannelPlan, heads: HeadPruning) -> None:
    """Heads and their size before and after, where the network has such layers."""
    if not any(row.type.startswith(_ATTENTION) for row in plan.layers):
        return
    graph = graph_of(spec.key, spec)
    told = "; ".join(head_sizes(graph, plan, heads))
    if told:
        helped = f"{explain('attention heads')} {explain('head size')}"
        why = _WHOLE if heads is HeadPruning.WHOLE or any(group.whole for group in graph.groups) else _SIZE
        torchs = _STAY if any(row.type.startswith(_TORCHS) for row in plan.layers) else ""
        st.markdown(f"**Attention heads:** {told}.{why}{torchs}", help=helped)


def head_sizes(graph: LayerGraph, plan: ChannelPlan, heads: HeadPruning) -> Iterator[str]:
    """A phrase for every group whose channels are parts of attention heads."""
    removed = {change.id: change.removed for change in plan.groups}
    for group in graph.groups:
        if group.parts == "attention heads" and group.heads > 1 and group.id in removed:
            before, left = group.channels // group.heads, group.channels - removed[group.id]
            if group.whole or (group.separable and heads is HeadPruning.WHOLE):
                told = f"**{group.heads} → {left // before}**, head size {before} before and after"
            else:
                told = f"{group.heads} before and after, head size **{before} → {left // group.heads}**"
            yield f"{told} (group of {plain(group.root)})"
