"""The criteria of DepGraph pruning on one network: drawn wherever channels are scored."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer.backends.depgraph.fields import FIELDS
from explorer.backends.fields import named
from explorer.ui.parts.fields import NARROW, Around, draw, not_offered
from explorer.ui.parts.needs import follow, lacking, lacking_in, unavailable
from explorer.ui.shell import state
from explorer.values import ChannelCriterion, ChannelOptions, LayerGraph, NetworkSpec, NetworkSummary

CRITERION, SEED = named(FIELDS, "criterion"), named(FIELDS, "seed")
_LISTED = replace(CRITERION.only([one for one in ChannelCriterion if not one.traits.drawn]), opens=True)
_NOTHING_PICKED = ChannelOptions()


def pick_criterion(summary: NetworkSummary, key: str) -> ChannelCriterion:
    """Draw the criteria that work on this network.

    Args:
        summary: of the network.
        key: of the widget in the session and in the link.
    """
    follow(summary.spec, key)
    picked: ChannelCriterion = draw(
        CRITERION, _NOTHING_PICKED, Around(key, unavailable(CRITERION, lacking(summary)))
    )
    return picked


def choose_criterion(spec: NetworkSpec, graph: LayerGraph, key: str) -> ChannelCriterion:
    """Draw them as a list that opens, where there is little room.

    Random is left out: its scores say nothing of a channel.
    """
    follow(spec, key)
    missing = unavailable(_LISTED, lacking_in(spec, graph))
    chosen: ChannelCriterion = draw(_LISTED, _NOTHING_PICKED, Around(key, missing))
    state.show_notices(key)
    return chosen


def explain_chosen(criterion: ChannelCriterion, spec: NetworkSpec, graph: LayerGraph) -> None:
    """What was chosen of that list in plain words, and what is not in it."""
    missing = unavailable(CRITERION, lacking_in(spec, graph))
    st.caption(f"{criterion.told}{not_offered(missing, f'for {spec.name}')}")


def explain_choice(summary: NetworkSummary, criterion: ChannelCriterion) -> None:
    """What was picked in plain words, and which criteria are not offered for this network."""
    missing = unavailable(CRITERION, lacking(summary))
    st.caption(f"**{criterion.label}**: {criterion.told}{not_offered(missing, f'for {summary.spec.name}')}")


def pick_seed(key: str) -> int:
    """Draw the field of random importance's seed."""
    seed: int = draw(SEED, _NOTHING_PICKED, Around(key, width=NARROW))
    return seed
