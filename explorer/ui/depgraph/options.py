"""The options of DepGraph pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from explorer.backends.depgraph.fields import FIELDS
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.option_panel import OptionPanel, store
from explorer.ui.parts.own_ratios import own_ratios, settled_by_keeping
from explorer.ui.parts.pruning_criteria import CRITERION, follow, lacking, unavailable
from explorer.values import Criterion, NetworkSummary, PruningOptions
from explorer.words import formats

_WITH_CHANNELS = ("Conv", "Linear")


def set_options(criterion: Criterion, seed: int = 0) -> None:
    """Put a criterion into the session, and every other option to its default, before the page is drawn."""
    store(FIELDS, PruningOptions(criterion, seed=seed))
    for option in FIELDS:
        st.query_params.pop(option.key, None)  # what a link still says would win over the session


def pick_options(summary: NetworkSummary) -> PruningOptions:
    """Draw the option widgets and return what is picked."""
    follow(summary.spec, CRITERION.key)
    names = [row.name for row in summary.layers if row.weight_shape and row.type.startswith(_WITH_CHANNELS)]
    lacks = lacking(summary)
    missing = {option.name: unavailable(option, lacks) for option in FIELDS}
    panel = OptionPanel(FIELDS, PruningOptions(), summary.spec.name, missing, {"keep": names})
    picked: PruningOptions = panel.draw()
    panel.options = replace(picked, overrides=_own(summary, picked.keep))
    panel.tell()
    return panel.options


def _own(summary: NetworkSummary, keep: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Own ratios of groups that may lose channels; keeping a layer keeps its group whole."""
    own = own_ratios(summary.spec)
    idle = settled_by_keeping(own, keep, graph_of(summary.spec.key, summary.spec)) if own and keep else ()
    if idle:
        named = formats.plain(", ".join(idle))
        st.info(f"The own ratio of {named} has no effect: a layer of that group is among the layers to keep.")
    return tuple((layer, ratio) for layer, ratio in own if layer not in idle)
