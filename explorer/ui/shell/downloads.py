"""Pretrained weights or data that are not on this machine: fetch them, or do without."""

from __future__ import annotations

import streamlit as st

from explorer.engine import calls
from explorer.ui.shell import job_watch, jobs
from explorer.values import JobState, JobStatus, NetworkSpec, Weights
from explorer.values.errors import ExplorerError
from explorer.words.formats import plain

_JOBS = "downloads"  # network name → id of the download in this session


def offer_download(spec: NetworkSpec, why: str) -> None:
    """Say what is missing; download it with progress, or go on with random weights if it is weights."""
    job_id = _started().get(spec.name)
    status = _status(job_id) if job_id else None
    if job_id and status and not status.over:
        job_watch.watch(job_id)
        return
    jobs.show_refusal(_JOBS)
    if status and status.state is JobState.FAILED:
        st.error(plain(status.error))
    else:
        st.info(plain(why))
    with st.container(horizontal=True):
        st.button("Download", type="primary", on_click=_start, args=[spec])
        if spec.weights is Weights.PRETRAINED:
            st.button("Use random weights", on_click=_use_random)


def _started() -> dict[str, str]:
    started: dict[str, str] = st.session_state.setdefault(_JOBS, {})
    return started


def _status(job_id: str) -> JobStatus | None:
    try:
        return calls.job(job_id)
    except ExplorerError:
        return None  # the server was restarted meanwhile: offer the download anew


def _start(spec: NetworkSpec) -> None:
    if job_id := jobs.begun(_JOBS, calls.download.start, spec):
        _started()[spec.name] = job_id


def _use_random() -> None:
    st.session_state["weights"] = str(Weights.RANDOM)
