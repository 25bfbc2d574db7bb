"""What a page shows of runs while they last: the one it watches, and a line about each of this session."""

from __future__ import annotations

import gc
from collections.abc import Callable

import streamlit as st

from explorer.engine import calls
from explorer.ui.shell import jobs
from explorer.values import JobState, JobStatus
from explorer.values.errors import ExplorerError
from explorer.words import formats
from explorer.words.formats import plain


@st.fragment(run_every=0.5)
def watch(job_id: str, live: Callable[[JobStatus], None] | None = None) -> None:
    """Show a run's progress until it is over; then the whole page is drawn again.

    Args:
        job_id: which run.
        live: draws what more there is to see of it, such as its training curve.
    """
    status = calls.job(job_id)
    if status.over:
        gc.collect()
        st.rerun()
    progress(status)
    st.button("Cancel", key=f"cancel_{job_id}", on_click=calls.cancel, args=[job_id])
    if live:
        live(status)


@st.fragment(run_every=2.0)
def keep_alive() -> None:
    """A line about each run under way or with a report, on every page: a run that nobody asks about is stopped.

    Also one whose place on its page a younger run has taken: the history waits for it.
    """
    reported = [job_id for name in jobs.KINDS if (job_id := jobs.current(name))]
    for job_id in dict.fromkeys([*reported, *jobs.started()]):
        _line(job_id, job_id in reported)


def _line(job_id: str, is_reported: bool) -> None:
    try:
        status = calls.job(job_id)
    except ExplorerError:
        return  # the page that shows the run says why it is gone
    run, kind = jobs.started_with(job_id), jobs.kind_of(job_id)
    if run is None or kind is None:
        return
    if not status.over:
        st.caption(f"**{kind.doing} {plain(run.spec.name)}** · {status.progress.text}")
    elif is_reported and status.state is JobState.DONE:
        st.caption(f"**{kind.done} {plain(run.spec.name)}** · the report is on {kind.page}")


def progress(status: JobStatus) -> None:
    """How far a run is: a bar where that is known."""
    text = f"{status.progress.text} · {formats.elapsed(status.seconds)}"
    if status.progress.fraction is None:
        st.info(text, icon="spinner")
    else:
        st.progress(min(max(status.progress.fraction, 0.0), 1.0), text)
