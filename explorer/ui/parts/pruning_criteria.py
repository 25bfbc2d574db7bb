"""The first choice of DepGraph pruning: what makes a channel important, and against which others it is ranked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from explorer.ui.parts.widgets import choose, pick, whole_number
from explorer.ui.shell import state
from explorer.values import Criterion, LayerGraph, NetworkSpec, NetworkSummary, NodeKind, Scope, Weights
from explorer.words import formats
from explorer.words.glossary import explain
from explorer.words.option_words import CRITERIA, SCOPES, criterion_name

_NO_IMAGES = (
    "there are no labelled images to take gradients from, as the bundled networks have them when trained"
)
_LARGEST_SEED = 2**31 - 1
_NO_BATCHNORM = "there is no BatchNorm layer whose scales could be read"


def pick_criterion(summary: NetworkSummary, name: str = "criterion") -> Criterion:
    """Draw the criteria that work on this network.

    Args:
        summary: of the network.
        name: of the widget in the session and in the link.
    """
    missing = unavailable(summary)
    offered = _offered(missing, summary.spec, name)
    return CRITERIA[pick("Criterion", name, offered, _helped("criterion", CRITERIA), tuple(CRITERIA))]


def choose_criterion(spec: NetworkSpec, graph: LayerGraph, name: str) -> Criterion:
    """Draw them as a list that opens, where there is little room.

    Random is left out: its scores say nothing of a channel.
    """
    words = {label: one for label, one in CRITERIA.items() if one is not Criterion.RANDOM}
    offered = [label for label in _offered(_unavailable_in(spec, graph), spec, name) if label in words]
    chosen = choose("Criterion", name, offered, _helped("criterion", words), tuple(words))
    state.show_notices(name)
    return CRITERIA[chosen]


def explain_chosen(criterion: Criterion, spec: NetworkSpec, graph: LayerGraph) -> None:
    """What was chosen of that list in plain words, and what is not in it."""
    st.caption(f"{explain(criterion_name(criterion))}{_not_offered(_unavailable_in(spec, graph), spec)}")


def pick_seed(name: str = "seed", width: int | Literal["stretch"] = "stretch") -> int:
    """Draw the field of random importance's seed, so many pixels wide."""
    return whole_number("Seed", name, 0, _LARGEST_SEED, explain("seed"), width=width)


def pick_scope() -> Scope:
    """Draw the scopes."""
    return SCOPES[pick("Scope", "scope", tuple(SCOPES), _helped("scope", SCOPES))]


def explain_choice(summary: NetworkSummary, *picked: str) -> None:
    """What was picked in plain words, and which criteria are not offered for this network."""
    words = " ".join(f"**{word}**: {explain(word)}" for word in picked)
    st.caption(f"{words}{_not_offered(unavailable(summary), summary.spec)}")


def _not_offered(missing: Mapping[str, str], spec: NetworkSpec) -> str:
    if not missing:
        return ""
    reasons = dict.fromkeys(missing.values())
    named = [" and ".join(label for label, why in missing.items() if why == reason) for reason in reasons]
    told = "; ".join(f"{labels} ({reason})" for labels, reason in zip(named, reasons, strict=True))
    return f" *Not offered for {formats.plain(spec.name)}: {told}.*"


def unavailable(summary: NetworkSummary) -> dict[str, str]:
    """Criteria that cannot work on a network, by label, with the reason."""
    has_batchnorm = any(row.type.startswith("BatchNorm") for row in summary.layers)
    return _unavailable(summary.evaluation is not None, has_batchnorm)


def _unavailable_in(spec: NetworkSpec, graph: LayerGraph) -> dict[str, str]:
    """The same without counting the network's layers; labelled images come with trained weights."""
    has_batchnorm = any(node.kind is NodeKind.BATCHNORM for node in graph.nodes)
    return _unavailable(spec.weights is Weights.TRAINED, has_batchnorm)


def _unavailable(has_images: bool, has_batchnorm: bool) -> dict[str, str]:
    missing = {}
    for label, criterion in CRITERIA.items():
        if criterion.needs_gradients and not has_images:
            missing[label] = _NO_IMAGES
        elif criterion is Criterion.BN_SCALE and not has_batchnorm:
            missing[label] = _NO_BATCHNORM
    return missing


def _offered(missing: Mapping[str, str], spec: NetworkSpec, name: str) -> list[str]:
    _follow(spec, name)
    _tell_if_gone(missing, name)
    return [label for label in CRITERIA if label not in missing]


def _follow(spec: NetworkSpec, name: str) -> None:
    """Another network: what was said about the criterion holds no more."""
    network = f"{name}_network"
    if st.session_state.setdefault(network, spec.key) != spec.key:
        st.session_state[network] = spec.key
        state.forget(name)


def _tell_if_gone(missing: Mapping[str, str], name: str) -> None:
    """One sentence if what was picked for another network, or in the link, cannot be had for this one."""
    wanted = st.session_state.get(name) or st.query_params.get(name)
    if wanted and wanted in missing:
        fallback = next(iter(CRITERIA))
        state.note(name, f"{wanted} cannot be used here: {missing[wanted]}. Showing {fallback}.")


def _helped(term: str, words: Mapping[str, object]) -> str:
    listed = "\n".join(f"- **{word}**: {explain(word)}" for word in words)
    return f"{explain(term)}\n{listed}"
