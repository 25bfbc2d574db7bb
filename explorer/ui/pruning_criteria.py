"""The first choice of DepGraph pruning: what makes a channel important, and against which others it is ranked."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.glossary import explain
from explorer.schema import Criterion, NetworkSummary, Scope
from explorer.ui import formats, state
from explorer.ui.option_words import CRITERIA, SCOPES
from explorer.ui.widgets import pick

_NO_IMAGES = (
    "there are no labelled images to take gradients from, as the bundled networks have them when trained"
)
_NO_BATCHNORM = "there is no BatchNorm layer whose scales could be read"


def pick_criterion(summary: NetworkSummary) -> Criterion:
    """Draw the criteria that work on this network, and say why the others do not."""
    missing = unavailable(summary)
    _tell_if_gone(missing)
    offered = [label for label in CRITERIA if label not in missing]
    return CRITERIA[pick("Criterion", "criterion", offered, _helped("criterion", CRITERIA), tuple(CRITERIA))]


def pick_scope() -> Scope:
    """Draw the scopes."""
    return SCOPES[pick("Scope", "scope", tuple(SCOPES), _helped("scope", SCOPES))]


def explain_choice(criterion: str, scope: str, summary: NetworkSummary) -> None:
    """What was picked in plain words, and which criteria are not offered for this network."""
    words = f"**{criterion}**: {explain(criterion)} **{scope}**: {explain(scope)}"
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


def _tell_if_gone(missing: Mapping[str, str]) -> None:
    """One sentence if what was picked for another network, or in the link, cannot be had for this one."""
    wanted = st.session_state.get("criterion") or st.query_params.get("criterion")
    if wanted and wanted in missing:
        fallback = next(iter(CRITERIA))
        state.note("criterion", f"{wanted} cannot be used here: {missing[wanted]}. Showing {fallback}.")


def _helped(term: str, words: Mapping[str, object]) -> str:
    listed = "\n".join(f"- **{word}**: {explain(word)}" for word in words)
    return f"{explain(term)}\n{listed}"
