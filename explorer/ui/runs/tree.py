"""The project as a table: each run below the one that it goes on from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.exports.runs import amount_told, table
from explorer.ui.shell.history import columns, in_percent
from explorer.values.project import Kept, Project

PICKED = "run_picked"  # in the session: id of the run that is shown below
_TABLE = "runs_tree"
_PIN = "★ "
_DEPTH, _BRANCH = "\u2003", "└ "  # a space as wide as a letter: ordinary ones would be cut off


def show_tree(shown: Project) -> None:
    """Draw it; a row that is clicked is picked."""
    rows = [kept.run for kept in shown.runs]
    st.dataframe(
        in_percent(tree_table(shown), rows),
        hide_index=True,
        column_config={
            **columns(rows),
            "name": st.column_config.TextColumn(pinned=True, width=150, help=f"{_PIN.strip()} is pinned"),
            "note": st.column_config.TextColumn(width=225),
        },
        placeholder="–",
        key=_TABLE,
        on_select=lambda: _pick([kept.id for kept, _ in shown.tree]),
        selection_mode="single-row",
        alt="All runs with what each asked for and came to, each below the one that it continues",
    )


def _pick(ids: list[str]) -> None:
    if rows := st.session_state[_TABLE].selection.rows:
        st.session_state[PICKED] = ids[rows[0]]


def tree_table(shown: Project) -> pd.DataFrame:
    """One line a run, in the order of the tree; runs are numbered by their age."""
    order = {kept.id: number for number, kept in enumerate(shown.runs)}
    lines = table([kept.run for kept in shown.runs]).iloc[::-1]
    lines.insert(1, "name", [kept.name for kept in shown.runs])
    lines["note"] = [kept.note for kept in shown.runs]
    ordered = lines.iloc[[order[kept.id] for kept, _ in shown.tree]].reset_index(drop=True)
    ordered["name"] = [_branch(kept, depth) for kept, depth in shown.tree]
    return ordered


def _branch(kept: Kept, depth: int) -> str:
    name = f"{_PIN if kept.pinned else ''}{kept.name}"
    return f"{_DEPTH * (depth - 1)}{_BRANCH}{name}" if depth else name


def labels(shown: Project) -> dict[str, str]:
    """Each run in a list, by its id: its number, and its name or what it asked for."""
    return {kept.id: f"{number} · {_called(kept)}" for number, kept in enumerate(shown.runs, 1)}


def _called(kept: Kept) -> str:
    asked = filter(None, (kept.run.network.name, amount_told(kept.run), kept.run.options))
    return kept.name or f"{kept.run.library}, {', '.join(asked)}"
