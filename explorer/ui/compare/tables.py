"""The comparison's tables: four parts of one line a run, each column with its help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from explorer.backends.contenders import title_of
from explorer.exports.comparison import Entry, accuracy_row, cost_row, entries, size_row, work_row
from explorer.ui.shell.export_buttons import export_buttons
from explorer.values import Outcome
from explorer.values.comparing import Comparison
from explorer.words import formats
from explorer.words.glossary import explain

_BYTES = ("file size", "compressed", "peak memory")
_TERMS = {"before": "accuracy", "speed-up": "measured speed-up"}


def show_tables(comparison: Comparison) -> None:
    """Draw all four, and a download of everything."""
    rows, dense = entries(comparison), comparison.dense
    if dense.pruned:
        by = dense.pruned.by
        _table(
            f"{by.title} on the {by.examples}" if by.examples else by.title,
            rows,
            lambda found: _accuracies(dense, found),
        )
    _table("Size", rows, lambda found: _sizes(dense, found))
    _table("Work and speed", rows, lambda found: _work(dense, found))
    rounds = dense.time.runs
    threads = f"{comparison.threads} thread{'' if comparison.threads == 1 else 's'}"
    st.caption(
        f"Forward passes of one input: {rounds} rounds, all networks alternately, {threads}. An interval that "
        "contains 1.00 shows no difference."
    )
    _table("What pruning itself costs", [row for row in rows if row.outcome.steps], _costs)
    st.caption("  \n".join(_notes(comparison)))
    export_buttons("comparison", comparison, f"comparison-{comparison.request.spec.name}")


def _notes(comparison: Comparison) -> Sequence[str]:
    """What the step of each library that was run holds, once."""
    notes = {
        title_of(run.contender): run.outcome.steps.note
        for run in comparison.runs
        if run.outcome and run.outcome.steps and run.outcome.steps.note
    }
    return [f"**{library}:** {note}" for library, note in notes.items()]


def _table(title: str, rows: Sequence[Entry], columns: Callable[[Outcome], dict[str, str]]) -> None:
    st.markdown(f"**{title}**")
    frame = pd.DataFrame([{"run": row.title, **columns(row.outcome)} for row in rows])
    config = {name: st.column_config.TextColumn(help=_help(name)) for name in frame.columns if name != "run"}
    config["run"] = st.column_config.TextColumn(pinned=True, width=150)
    st.dataframe(frame, hide_index=True, column_config=config)


def _help(column: str) -> str:
    return explain("Δ accuracy" if column.startswith("Δ ") else _TERMS.get(column, column))


def _accuracies(dense: Outcome, found: Outcome) -> dict[str, str]:
    assert dense.pruned
    by, figures = dense.pruned.by, accuracy_row(dense, found)
    change = figures.pop(f"Δ {by.name}")
    shown = {name: "–" if value is None else formats.judged(value, by) for name, value in figures.items()}
    return {**shown, f"Δ {by.name}": "–" if change is None else formats.change(change, by)}


def _sizes(dense: Outcome, found: Outcome) -> dict[str, str]:
    figures = size_row(dense, found)
    return {
        name: formats.file_size(int(value))
        if name in _BYTES
        else f"{value:.2f}×"
        if name == "compression ratio"
        else formats.count(value)
        for name, value in figures.items()
    }


def _work(dense: Outcome, found: Outcome) -> dict[str, str]:
    figures = work_row(dense, found)
    low, high = figures.pop("speed-up, low"), figures.pop("speed-up, high")
    measured = figures.pop("measured speed-up")
    latency, theoretical = figures.pop("latency"), figures.pop("theoretical speed-up")
    return {
        **{name: formats.count(value) for name, value in figures.items()},
        "theoretical speed-up": f"{theoretical:.2f}×",
        "measured speed-up": f"{measured:.2f}× ({low:.2f}–{high:.2f})" if found.steps else "–",
        "latency": formats.duration(latency),
    }


def _costs(found: Outcome) -> dict[str, str]:
    return {
        name: "–" if value is None else formats.duration(value) for name, value in cost_row(found).items()
    }
