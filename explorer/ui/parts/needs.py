"""What choices need of a network, and what is said where it lacks that."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.backends.fields import Field
from explorer.engine import calls
from explorer.ui.shell import state
from explorer.values import LayerGraph, NetworkSpec, NetworkSummary, NodeKind
from explorer.values.named import Need

_WHY = {
    Need.IMAGES: "gradients need trained weights and labelled data, which this network lacks",
    Need.BATCHNORM: "there is no BatchNorm layer to read scales from",
    Need.HEADS: "there is no attention whose whole heads can be removed",
}


def lacking(summary: NetworkSummary) -> dict[Need, str]:
    """What a network does not have of what a choice may need, with the reason."""
    has_batchnorm = any(row.type.startswith("BatchNorm") for row in summary.layers)
    return _lacking(summary.labelled, has_batchnorm, summary.separable)


def lacking_in(spec: NetworkSpec, graph: LayerGraph) -> dict[Need, str]:
    """The same without counting the network's layers."""
    has_batchnorm = any(node.kind is NodeKind.BATCHNORM for node in graph.nodes)
    has_heads = any(group.separable for group in graph.groups)
    return _lacking(calls.is_labelled(spec), has_batchnorm, has_heads)


def _lacking(has_images: bool, has_batchnorm: bool, has_heads: bool) -> dict[Need, str]:
    has = {Need.IMAGES: has_images, Need.BATCHNORM: has_batchnorm, Need.HEADS: has_heads}
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
