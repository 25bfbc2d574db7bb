"""The first choice of DepGraph pruning: what makes a channel important, and against which others it is ranked."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.glossary import explain
from explorer.schema import Criterion, NetworkSummary, Scope
from explorer.ui import formats, state
from explorer.ui.option_words import CRITERIA, SCOPES
from explorer.ui.widgets import pick, whole_number

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
    _follow(summary, name)
    _tell_if_gone(missing, name)
    offered = [label for label in CRITERIA if label not in missing]
    return CRITERIA[pick("Criterion", name, offered, _helped("criterion", CRITERIA), tuple(CRITERIA))]


def pick_seed(name: str = "seed") -> int:
    """Draw the field of random importance's seed."""
    return whole_number("Seed", name, 0, _LARGEST_SEED, explain("seed"))


def pick_scope() -> Scope:
    """Draw the scopes."""
    return SCOPES[pick("Scope", "scope", tuple(SCOPES), _helped("scope", SCOPES))]


def explain_choice(summary: NetworkSummary, *picked: str) -> None:
    """What was picked in plain words, and which criteria are not offered for this network."""
    words = " ".join(f"**{word}**: {explain(word)}" for word in picked)
    if missing := unavailable(summary):
        reasons = dict.fromkeys(missing.values())
        named = [" and ".join(label for label, why in missing.items() if why == reason) for reason in reasons]
        told = "; ".join(f"{labels} ({reason})" for labels, reason in zip(named, reasons, strict=True))
        words += f" *Not offered for {formats.plain(summary.spec.name)}: {told}.*"
    st.caption(words)


def unavailable(summary: NetworkSummary) -> dict[str, str]:
    """Criteria that cannot work on a network, by label, with the reason."""
    has_batchnorm = any(row.type.startswith("BatchNorm") for row in summary.layers)
    missing = {}
    for label, criterion in CRITERIA.items():
        if criterion.needs_gradients and summary.evaluation is None:
            missing[label] = _NO_IMAGES
        elif criterion is Criterion.BN_SCALE and not has_batchnorm:
            missing[label] = _NO_BATCHNORM
    return missing


def _follow(summary: NetworkSummary, name: str) -> None:
    """Another network: what was said about the criterion holds no more."""
    network = f"{name}_network"
    if st.session_state.setdefault(network, summary.spec.key) != summary.spec.key:
        st.session_state[network] = summary.spec.key
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
