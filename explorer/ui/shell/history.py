"""Every run that this session finished: kept across pages, found again after a reload, shown as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from explorer.engine import calls
from explorer.exports.runs import table
from explorer.ui.shell import jobs, own
from explorer.ui.shell.export_buttons import export_buttons
from explorer.ui.shell.history_rows import rows_of
from explorer.values import ACCURACY, AppliedRun, JobState
from explorer.values.errors import ExplorerError
from explorer.words.glossary import explain

_KEPT = "finished_runs"  # in the session: job id → its rows, oldest first


def runs() -> tuple[AppliedRun, ...]:
    """Every run that this session finished and did not clear, oldest first, each once; of `jobs.MOST` jobs at most.

    Call it on every page: a run that ended meanwhile is taken in.
    """
    kept: dict[str, tuple[AppliedRun, ...]] = st.session_state.setdefault(_KEPT, {})
    for job_id in [job_id for job_id in jobs.started() if job_id not in kept]:
        if rows := _finished(job_id):
            kept[job_id] = rows
    for job_id in [job_id for job_id in kept if job_id not in jobs.started()]:
        del kept[job_id]  # so many runs were started since
    return tuple(row for rows in kept.values() for row in rows)


def _finished(job_id: str) -> tuple[AppliedRun, ...]:
    """What a run came to; nothing while it goes on, where it broke off, or where the server forgot it."""
    try:
        status = calls.job(job_id)
    except ExplorerError:
        return ()
    run = jobs.started_with(job_id)
    if not run or status.state is not JobState.DONE:
        return ()
    if not calls.is_earlier(job_id):
        own.tell_starter(run)
    return rows_of(job_id, run, status.result)


def show_history() -> None:
    """The table of all runs of this session, with a download and a button that clears it."""
    rows = runs()
    st.header("Runs of this session", help=explain("runs of this session"))
    if not rows:
        st.caption("No runs yet. Finished runs appear here.")
        return
    data = table(rows)
    st.dataframe(data, hide_index=True, column_config=_columns(rows), placeholder="–", key="history_table")
    with st.container(horizontal=True):
        export_buttons("runs", rows, "pruning_runs")
        st.button("Clear", on_click=_clear, help="Clears this list; nothing else changes.")


def _clear() -> None:
    jobs.drop_started(list(st.session_state[_KEPT]))
    st.session_state[_KEPT] = {}


def _columns(rows: Sequence[AppliedRun]) -> dict[str, Any]:
    yardsticks = {row.dense.by for row in rows if row.dense} or {ACCURACY}
    named = ", ".join(sorted({by.title for by in yardsticks}))
    style = "percent" if all(by.is_share for by in yardsticks) else "%.4g"
    number, column = st.column_config.NumberColumn, st.column_config.Column
    accuracies = {
        "dense": "before pruning",
        "pruned": "right after pruning",
        "re-calibrated": f"after re-calibration. {explain('BN re-calibration')}",
        "fine-tuned": f"after fine-tuning. {explain('fine-tuning')}",
    }
    return {
        "run": number(pinned=True, width=50),
        "library": column(pinned=True),
        "options": column(width=225),
        "parameters": number(format="localized", help=explain("parameters")),
        "non-zeros": number(format="localized", help=explain("non-zeros")),
        "MACs": number(format="localized", help=explain("MACs")),
        "effective MACs": number(format="localized", help=explain("effective MACs")),
        "file size": number(format="localized", help="Bytes of the safetensors file, masks made permanent."),
        **{
            name: number(format=style, width=110, help=f"{named} {when}") for name, when in accuracies.items()
        },
        "latency, ms": number(format="%.3f", help=f"{explain('latency')} Empty: not measured."),
        "library, s": number(format="%.2f", help="How long the library took to prune, in seconds."),
        "judged by": column(help="What the four columns beside it count."),
        "plan = library": column(help=explain("plan = library")),
    }
