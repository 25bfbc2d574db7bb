"""The options of DepGraph pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from explorer.backends import DEPGRAPH
from explorer.ui.parts.blocks import with_blocks
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.option_panel import OptionPanel, with_channels
from explorer.ui.parts.own_ratios import own_ratios, settled_by_keeping
from explorer.values import ChannelOptions, NetworkSummary
from explorer.words import formats


def pick_options(summary: NetworkSummary) -> ChannelOptions:
    """Draw the option widgets and return what is picked."""
    panel = OptionPanel(DEPGRAPH, summary, with_blocks(with_channels(summary)), shared=("keep",))
    picked: ChannelOptions = panel.draw()
    panel.options = replace(picked, overrides=_own(summary, picked.keep))
    panel.tell("overrides")
    return panel.options


def _own(summary: NetworkSummary, keep: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Own ratios of groups that may lose channels; keeping a layer keeps its group whole."""
    own = own_ratios(summary.spec)
    idle = settled_by_keeping(own, keep, graph_of(summary.spec.key, summary.spec)) if own and keep else ()
    if idle:
        named = formats.plain(", ".join(idle))
        st.info(f"The ratio set for {named} has no effect: a layer of its group is among the layers to keep.")
    return tuple((layer, ratio) for layer, ratio in own if layer not in idle)
