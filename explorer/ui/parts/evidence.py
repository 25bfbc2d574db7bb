"""The numbers that a verdict or an answer rests on, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.values import Evidence, Found, Unit
from explorer.words import formats

_FIXED = "\u00a0"  # a space at which no line breaks
_BADGES = {Found.MEASURED: "green", Found.EXACT: "blue", Found.ESTIMATED: "orange"}


def evidence_table(evidence: Sequence[Evidence]) -> str:
    """The numbers with their intervals, and how each was found, as Markdown."""
    rows = "\n".join(
        f"| {formats.plain(one.what)} | **{number(one)}** | {interval(one)} "
        f"| :{_BADGES[one.found]}-badge[{one.found}] |"
        for one in evidence
    )
    return f"| quantity | value | 95{_FIXED}%{_FIXED}interval | found |\n|---|--:|---|---|\n{rows}"


def number(one: Evidence) -> str:
    """The number in its unit."""
    return formats.in_unit(one.number.value, one.unit)


def interval(one: Evidence) -> str:
    """Its bounds; nothing for what was counted."""
    if one.number.low == one.number.high:
        return ""
    low, high = formats.in_unit(one.number.low, one.unit), formats.in_unit(one.number.high, one.unit)
    return f"{low}–{high}" if one.unit is Unit.SECONDS else f"{low.rstrip('×% ' + _FIXED)}–{high}"
