"""Verdict cards: the claim in plain words, the numbers it rests on, and what was run instead."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.parts.evidence import evidence_table
from explorer.values import Confidence, Verdict
from explorer.words import formats
from explorer.words.glossary import explain

_STATES = {  # what the card's badge says, its colour
    True: ("this is why", "orange"),
    None: ("can't tell", "gray"),
    False: ("ruled out", "violet"),
}


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Cards for what is at work and for what cannot be told; what is ruled out is folded away."""
    st.header("Why", help=explain("verdict"))
    open_ones = [verdict for verdict in verdicts if verdict.holds is not False]
    if not any(verdict.holds for verdict in open_ones):
        st.info("No single cause stands out in these measurements.")
    with st.container(key="profile_cards"):
        _cards(open_ones)
    ruled_out = [verdict for verdict in verdicts if verdict.holds is False]
    if ruled_out:
        with st.expander(f"{len(ruled_out)} causes checked and ruled out", key="profile_ruled_out"):
            _cards(ruled_out)


def _cards(verdicts: Sequence[Verdict]) -> None:
    for start in range(0, len(verdicts), 2):  # two in a row, of the same height
        for verdict, column in zip(verdicts[start : start + 2], st.columns(2, gap="small"), strict=False):
            with column.container(border=True, height="stretch"):
                _card(verdict)


def _card(verdict: Verdict) -> None:
    words, colour = _STATES[verdict.holds]
    sure = "" if verdict.confidence is Confidence.CANNOT_TELL else f" · {verdict.confidence}"
    st.markdown(f":{colour}-badge[{words}{sure}] :gray-badge[{verdict.subject}] {verdict.cause}")
    st.markdown(f"**{formats.plain(verdict.claim)}**")
    if verdict.counterfactual:
        st.markdown(f"*Counterfactual:* {formats.plain(verdict.counterfactual)}")
    st.markdown(evidence_table(verdict.evidence))
