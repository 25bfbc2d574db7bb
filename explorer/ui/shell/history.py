"""Every run that this session finished: kept across pages, found again after a reload, shown as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from explorer.engine import calls
from explorer.exports.runs import table
from explorer.ui.shell import jobs, own, project
from explorer.ui.shell.export_buttons import export_buttons
from explorer.ui.shell.history_rows import kept_of
from explorer.values import ACCURACY, AppliedRun, JobState, places
from explorer.values.errors import ExplorerError
from explorer.values.project import Kept
from explorer.words.glossary import explain

_TAKEN = "runs_taken"  # in the session: jobs whose runs the project was given
_JUDGED = {  # by column: when it was judged
    "dense": "before pruning",
    "pruned": "right after pruning",
    "re-calibrated": f"after re-calibration. {explain('BN re-calibration')}",
    "fine-tuned": f"after fine-tuning. {explain('fine-tuning')}",
}


def runs() -> tuple[AppliedRun, ...]:
    """Every run of this session's project, oldest first, each once.

    Call it on every page: a run that ended meanwhile is taken in.
    """
    taken: set[str] = st.session_state.setdefault(_TAKEN, set())
    for job_id in [job_id for job_id in jobs.started() if job_id not in taken]:
        if new := _finished(job_id):
            taken.add(job_id)
            project.take_in(new)
    return tuple(kept.run for kept in project.held().runs)


def _finished(job_id: str) -> tuple[Kept, ...]:
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
    return tuple(map(_with_parent, kept_of(job_id, run, status.result, jobs.parent_of(job_id))))


def _with_parent(kept: Kept) -> Kept:
    """A run that fine-tuned what was applied goes on from that, one on a pruned network from the run that left it."""
    if kept.parent:
        return kept
    origin = kept.run.network.origin
    return replace(kept, parent=_applied_before(kept) or (origin.run if origin else ""))


def _applied_before(kept: Kept) -> str:
    if not kept.wanted or not kept.wanted.fine_tune:
        return ""
    pruned = replace(kept.wanted, fine_tune=None)
    same = [
        one.id for one in project.held().runs if one.wanted == pruned and one.run.network == kept.run.network
    ]
    return same[-1] if same else ""


def remove(*ids: str) -> None:
    """Take runs out of the project, and out of the link those jobs that did them; it can be undone."""
    gone = [job_id for job_id in jobs.started() if any(one.startswith(job_id) for one in ids)]
    what = "a run" if len(ids) == 1 else f"{len(ids)} runs"
    project.change(project.held().without(*ids), f"the removal of {what}")
    jobs.drop_started(gone)


def show_history() -> None:
    """The table of all runs of this session, with a download and a button that clears it."""
    rows = runs()
    st.header("Runs of this session", help=explain("runs of this session"))
    if not rows:
        st.caption("No runs yet. Finished runs appear here.")
        return
    data = in_percent(table(rows), rows)
    st.dataframe(data, hide_index=True, column_config=columns(rows), placeholder="–", key="history_table")
    with st.container(horizontal=True, vertical_alignment="center"):
        export_buttons("runs", rows, "pruning_runs")
        st.button(
            "Clear", on_click=_clear, help="Clears this list and nothing else; the Runs page can undo it."
        )
        st.page_link(
            places.page("runs"), label="Name, annotate and save runs", icon=":material/account_tree:"
        )


def _clear() -> None:
    remove(*(kept.id for kept in project.held().runs))


def in_percent(lines: pd.DataFrame, rows: Sequence[AppliedRun]) -> pd.DataFrame:
    """A table's shares as percent: Streamlit's own format of fractions writes 98.7% above 10%."""
    judged = list(_JUDGED) if _are_shares(rows) else []
    return lines.assign(**{name: 100 * pd.to_numeric(lines[name]) for name in judged})


def _are_shares(rows: Sequence[AppliedRun]) -> bool:
    return all(row.dense.by.is_share for row in rows if row.dense)


def columns(rows: Sequence[AppliedRun]) -> dict[str, Any]:
    """How the columns of a table of runs read."""
    yardsticks = {row.dense.by for row in rows if row.dense} or {ACCURACY}
    named = ", ".join(sorted({by.title for by in yardsticks}))
    style = "%.1f %%" if _are_shares(rows) else "%.4g"
    number, column = st.column_config.NumberColumn, st.column_config.Column
    return {
        "run": number(pinned=True, width=50),
        "library": column(pinned=True, width=110),
        "options": column(width=225),
        "parameters": number(format="localized", help=explain("parameters")),
        "non-zeros": number(format="localized", help=explain("non-zeros")),
        "MACs": number(format="localized", help=explain("MACs")),
        "effective MACs": number(format="localized", help=explain("effective MACs")),
        "file size": number(format="localized", help="Bytes of the safetensors file, masks made permanent."),
        **{name: number(format=style, width=110, help=f"{named} {when}") for name, when in _JUDGED.items()},
        "latency, ms": number(format="%.3f", help=f"{explain('latency')} Empty: not measured."),
        "library, s": number(format="%.2f", help="How long the library took to prune, in seconds."),
        "judged by": column(help="What the four columns beside it count."),
        "plan = library": column(help=explain("plan = library")),
    }
