"""Blocks and layers of one's choosing, beside the drawing: what stays whole, and what has a ratio of its own."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.backends.depgraph.fields import FIELDS
from explorer.backends.fields import named
from explorer.ui.parts import own_ratios
from explorer.ui.parts.blocks import layers_with_channels, starting_in, with_blocks
from explorer.ui.parts.fields import Around, draw
from explorer.ui.parts.ratio_field import ratio_field
from explorer.ui.parts.widgets import linked_expander
from explorer.ui.shell import state
from explorer.values import ChannelOptions, LayerGraph
from explorer.words.glossary import explain

_KEEP = named(FIELDS, "keep")


def block_panel(graph: LayerGraph) -> None:
    """What the pruning page keeps, and the ratio of a block there."""
    part = linked_expander("Blocks: keep, or give a ratio", "blocks_open")
    with part:
        _keep(graph)
        _ratio(graph)
    state.show_notices(_KEEP.key)


def _keep(graph: LayerGraph) -> None:
    layers = with_blocks(layers_with_channels(graph))
    draw(_KEEP, ChannelOptions(), Around(layers=layers, persist="session"))
    st.caption("Keeping a block keeps every group that any of its layers produces channels for.")


def _ratio(graph: LayerGraph) -> None:
    blocks = starting_in(graph)
    first = next((place for place, name in enumerate(blocks) if name in own_ratios.held()), 0)
    block = st.selectbox(
        "Block", list(blocks), first, key="block", persist_state="session", help=explain("block")
    )
    if block is None:
        st.caption("No group that may lose channels starts in a block of this network.")
        return
    ratio = own_ratios.held().get(block)
    key = f"block_{block}_{own_ratios.edit_round()}"
    ratio_field(
        "Ratio of the block",
        key,
        ratio,
        partial(own_ratios.set_block, block),
        "follows the slider",
        explain("block's ratio"),
        ("block_reset", "Let the groups of this block follow the slider of the pruning page again."),
    )
    count = len(blocks[block])
    starts = "1 group starts" if count == 1 else f"{count} groups start"
    st.caption(f"{starts} in this block; a group's own ratio takes precedence.")
