"""Rows of a reproduction as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from explorer.values.reproducing import Experiment, Reproduced
from explorer.words import formats

_HELP = {
    "expected": "As published, or as counted once with the tools that the source names.",
    "found": "What the libraries gave in this run, in a separate process.",
    "difference": "Found minus expected; published numbers are rounded, so half a unit of the last digit is allowed.",
    "what differs": "How this run differs from the source.",
}


def show_rows(rows: Sequence[Reproduced]) -> None:
    """Draw one table for each experiment, in the order in which they ran."""
    for experiment in Experiment:
        found = [row for row in rows if row.published.experiment is experiment]
        if found:
            _show_experiment(experiment, found)
    for problem in dict.fromkeys(row.problem for row in rows if row.problem):
        st.error(formats.plain(problem))


def _show_experiment(experiment: Experiment, rows: Sequence[Reproduced]) -> None:
    """What all lines share stands above them once."""
    st.markdown(f"**{experiment}** · {sum(row.passed for row in rows)} of {len(rows)} reproduced")
    frame = pd.DataFrame([_row(row) for row in rows])
    shared = {
        name: str(frame[name].iloc[0]) for name in ("source", "what differs") if frame[name].nunique() == 1
    }
    if shared:
        st.caption(
            " ".join(f"**{name}:** {formats.plain(text).rstrip('.')}." for name, text in shared.items())
        )
    config = {name: st.column_config.TextColumn(help=text) for name, text in _HELP.items()}
    st.dataframe(frame.drop(columns=list(shared)), hide_index=True, column_config=config)


def _row(row: Reproduced) -> dict[str, str]:
    number = row.published
    digits = _digits(number.tolerance)
    return {
        "result": "✓ pass" if row.passed else "✗ fail",
        "network": number.network,
        "figure": number.figure,
        "expected": f"{number.expected:,.{max(digits - 1, 0)}f} {number.unit}",
        "found": "–" if row.found is None else f"{row.found:,.{digits}f}",
        "difference": _difference(row),
        "source": number.source,
        "what differs": number.differs,
    }


def _digits(tolerance: float) -> int:
    """One digit more than was published, so that rounding can be seen."""
    return 0 if tolerance == 0 else len(f"{tolerance:.10f}".rstrip("0").partition(".")[2])


def _difference(row: Reproduced) -> str:
    difference = row.difference
    if difference is None:
        return "–"
    digits = _digits(row.published.tolerance)
    return "0" if round(difference, digits) == 0 else f"{difference:+,.{digits}f}"
