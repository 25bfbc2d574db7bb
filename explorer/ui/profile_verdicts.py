"""Verdict cards: the claim in plain words, the numbers it rests on, and what was run instead."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.glossary import explain
from explorer.schema import Confidence, Evidence, Found, Unit, Verdict
from explorer.ui import formats

_STATES = {  # what the card's badge says, its colour
    True: ("this is why", "orange"),
    None: ("can't tell", "gray"),
    False: ("ruled out", "violet"),
}
_FIXED = "\u00a0"  # a space at which no line breaks
_BADGES = {Found.MEASURED: "green", Found.EXACT: "blue", Found.ESTIMATED: "orange"}


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Cards for what is at work and for what cannot be told; what is ruled out is folded away."""
    st.subheader("Why", help=explain("verdict"))
    open_ones = [verdict for verdict in verdicts if verdict.holds is not False]
    if not any(verdict.holds for verdict in open_ones):
        st.info("No single cause stands out in these measurements.")
    with st.container(key="profile_cards"):
        _cards(open_ones)
    ruled_out = [verdict for verdict in verdicts if verdict.holds is False]
    if ruled_out:
        with st.expander(f"{len(ruled_out)} causes that were checked and ruled out", key="profile_ruled_out"):
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
        st.markdown(f"*Run instead:* {formats.plain(verdict.counterfactual)}")
    st.markdown(evidence_table(verdict.evidence))


def evidence_table(evidence: Sequence[Evidence]) -> str:
    """The numbers with their intervals, and how each was found, as Markdown."""
    rows = "\n".join(
        f"| {formats.plain(one.what)} | **{number(one)}** | {interval(one)} "
        f"| :{_BADGES[one.found]}-badge[{one.found}] |"
        for one in evidence
    )
    return f"| | | 95{_FIXED}%{_FIXED}interval | |\n|---|--:|---|---|\n{rows}"


def number(one: Evidence) -> str:
    """The number in its unit."""
    return _in_unit(one.number.value, one.unit)


def interval(one: Evidence) -> str:
    """Its bounds; nothing for what was counted."""
    if one.number.low == one.number.high:
        return ""
    low, high = _in_unit(one.number.low, one.unit), _in_unit(one.number.high, one.unit)
    return f"{low}–{high}" if one.unit is Unit.SECONDS else f"{low.rstrip('×% ' + _FIXED)}–{high}"


def _in_unit(value: float, unit: Unit) -> str:
    """No line may break within it."""
    if unit is Unit.SECONDS:
        return formats.duration(value).replace(" ", _FIXED)
    if unit is Unit.TIMES:
        return f"{value:.2f}×"
    if unit is Unit.SHARE:
        return f"{100 * value:.1f}{_FIXED}%"
    if unit is Unit.BYTES:
        return formats.file_size(int(value)).replace(" ", _FIXED)
    return f"{value:,.0f}" if value == int(value) else f"{value:.2f}"
