"""Where SparseML is not set up: why, and a button that sets it up."""

from __future__ import annotations

import sys

import streamlit as st

from explorer.engine import calls
from explorer.process import island
from explorer.ui.shell import job_watch, jobs
from explorer.values import JobStatus
from explorer.values.errors import ExplorerError
from explorer.words.formats import plain

_JOB = "sparse_set_up"


def offer_set_up(missing: str) -> None:
    """Say why SparseML cannot run here; set it up with progress where that is possible.

    Args:
        missing: the sentence on why.
    """
    status = _status()
    if status and not status.over:
        st.info("Setting up SparseML. The recipe builder and the schedule work meanwhile.")
        job_watch.watch(status.id)
        return
    jobs.show_refusal(_JOB)
    if status and status.error:
        st.error(plain(status.error))
    st.info(
        f"{plain(missing)} SparseML is discontinued and needs old packages, which go into a separate folder. "
        "**The recipe builder, the schedule and the one-shot accuracy work without them;** running a recipe "
        "and reading an edited one do not."
    )
    if sys.version_info < island.TOO_NEW:
        st.button("Set up SparseML (about 250 MB, one minute)", type="primary", on_click=_start)


def _status() -> JobStatus | None:
    job_id = st.session_state.get(_JOB)
    try:
        return calls.job(job_id) if job_id else None
    except ExplorerError:
        return None  # the server was restarted meanwhile: offer it anew


def _start() -> None:
    if job_id := jobs.begun(_JOB, calls.set_up_island.start):
        st.session_state[_JOB] = job_id
