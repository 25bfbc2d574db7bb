"""What choices need of a network, and what is said where it lacks that."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.backends.fields import Field
from explorer.ui.shell import state
from explorer.values import LayerGraph, NetworkSpec, NetworkSummary, NodeKind, Weights
from explorer.values.named import Need

_WHY = {
    Need.IMAGES: (
        "there are no labelled images to take gradients from, as the bundled networks have them when trained"
    ),
    Need.BATCHNORM: "there is no BatchNorm layer whose scales could be read",
}


def lacking(summary: NetworkSummary) -> dict[Need, str]:
    """What a network does not have of what a choice may need, with the reason."""
    has_batchnorm = any(row.type.startswith("BatchNorm") for row in summary.layers)
    return _lacking(summary.labelled, has_batchnorm)


def lacking_in(spec: NetworkSpec, graph: LayerGraph) -> dict[Need, str]:
    """The same without counting the network's layers; labelled images come with trained weights."""
    has_batchnorm = any(node.kind is NodeKind.BATCHNORM for node in graph.nodes)
    return _lacking(spec.weights is Weights.TRAINED, has_batchnorm)


def _lacking(has_images: bool, has_batchnorm: bool) -> dict[Need, str]:
    has = {Need.IMAGES: has_images, Need.BATCHNORM: has_batchnorm}
    return {need: why for need, why in _WHY.items() if not has[need]}


def unavailable(option: Field, lacks: Mapping[Need, str]) -> dict[str, str]:
    """Choices that cannot work on a network that lacks this, by label, with the reason."""
    return {one.label: lacks[one.need] for one in option.choices if one.need and one.need in lacks}


def follow(spec: NetworkSpec, key: str) -> None:
    """Another network: what was said about the choice holds no more."""
    network = f"{key}_network"
    if st.session_state.setdefault(network, spec.key) != spec.key:
        st.session_state[network] = spec.key
        state.forget(key)
