"""The criteria of DepGraph pruning on one network: drawn wherever channels are scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from explorer.backends.depgraph.fields import FIELDS
from explorer.backends.fields import Field, named
from explorer.ui.parts.fields import Around, draw, not_offered
from explorer.ui.shell import state
from explorer.values import (
    Criterion,
    LayerGraph,
    NetworkSpec,
    NetworkSummary,
    NodeKind,
    PruningOptions,
    Weights,
)
from explorer.values.named import Need

CRITERION, SEED = named(FIELDS, "criterion"), named(FIELDS, "seed")
_LISTED = replace(CRITERION.only([one for one in Criterion if not one.traits.drawn]), opens=True)
_NOTHING_PICKED = PruningOptions()
_LACKING = {
    Need.IMAGES: (
        "there are no labelled images to take gradients from, as the bundled networks have them when trained"
    ),
    Need.BATCHNORM: "there is no BatchNorm layer whose scales could be read",
}


def pick_criterion(summary: NetworkSummary, key: str) -> Criterion:
    """Draw the criteria that work on this network.

    Args:
        summary: of the network.
        key: of the widget in the session and in the link.
    """
    follow(summary.spec, key)
    picked: Criterion = draw(
        CRITERION, _NOTHING_PICKED, Around(key, unavailable(CRITERION, lacking(summary)))
    )
    return picked


def choose_criterion(spec: NetworkSpec, graph: LayerGraph, key: str) -> Criterion:
    """Draw them as a list that opens, where there is little room.

    Random is left out: its scores say nothing of a channel.
    """
    follow(spec, key)
    missing = unavailable(_LISTED, _lacking_in(spec, graph))
    chosen: Criterion = draw(_LISTED, _NOTHING_PICKED, Around(key, missing))
    state.show_notices(key)
    return chosen


def explain_chosen(criterion: Criterion, spec: NetworkSpec, graph: LayerGraph) -> None:
    """What was chosen of that list in plain words, and what is not in it."""
    missing = unavailable(CRITERION, _lacking_in(spec, graph))
    st.caption(f"{criterion.told}{not_offered(missing, f'for {spec.name}')}")


def explain_choice(summary: NetworkSummary, criterion: Criterion) -> None:
    """What was picked in plain words, and which criteria are not offered for this network."""
    missing = unavailable(CRITERION, lacking(summary))
    st.caption(f"**{criterion.label}**: {criterion.told}{not_offered(missing, f'for {summary.spec.name}')}")


def pick_seed(key: str) -> int:
    """Draw the field of random importance's seed."""
    seed: int = draw(SEED, _NOTHING_PICKED, Around(key, narrow=True))
    return seed


def lacking(summary: NetworkSummary) -> dict[Need, str]:
    """What a network does not have of what a choice may need, with the reason."""
    has_batchnorm = any(row.type.startswith("BatchNorm") for row in summary.layers)
    return _lacking(summary.evaluation is not None, has_batchnorm)


def unavailable(option: Field, lacks: Mapping[Need, str]) -> dict[str, str]:
    """Choices that cannot work on a network that lacks this, by label, with the reason."""
    return {one.label: lacks[one.need] for one in option.choices if one.need and one.need in lacks}


def follow(spec: NetworkSpec, key: str) -> None:
    """Another network: what was said about the choice holds no more."""
    network = f"{key}_network"
    if st.session_state.setdefault(network, spec.key) != spec.key:
        st.session_state[network] = spec.key
        state.forget(key)


def _lacking_in(spec: NetworkSpec, graph: LayerGraph) -> dict[Need, str]:
    """The same without counting the network's layers; labelled images come with trained weights."""
    has_batchnorm = any(node.kind is NodeKind.BATCHNORM for node in graph.nodes)
    return _lacking(spec.weights is Weights.TRAINED, has_batchnorm)


def _lacking(has_images: bool, has_batchnorm: bool) -> dict[Need, str]:
    has: dict[Need, Any] = {Need.IMAGES: has_images, Need.BATCHNORM: has_batchnorm}
    return {need: why for need, why in _LACKING.items() if not has[need]}
