"""Long runs on a page: started once, watched from every page, found again after a reload."""

from __future__ import annotations

import gc
from collections import OrderedDict
from dataclasses import dataclass

import streamlit as st

from explorer import service
from explorer.errors import ExplorerError
from explorer.schema import JobState, JobStatus, NetworkSpec, PruningOptions

_REMEMBERED = 200


@dataclass(frozen=True)
class Run:
    """What an apply run was started with."""

    spec: NetworkSpec
    options: PruningOptions
    ratio: float

    def __str__(self) -> str:
        options = self.options
        rounding = f", round to {options.round_to}" if options.round_to else ""
        kept = f", keeping {', '.join(options.keep)}" if options.keep else ""
        weights = f" with {self.spec.weights} weights"
        return (
            f"{self.spec.name}{weights}, ratio {self.ratio:.2f}, "
            f"{options.criterion.upper()}, {options.scope}{rounding}{kept}"
        )


@st.cache_resource(show_spinner=False)
def _runs() -> OrderedDict[str, Run]:
    """What each run of this server was started with, for the session that finds it by a link."""
    return OrderedDict()


def start_apply(run: Run) -> None:
    """Start pruning for real, and make it this session's run."""
    job_id = service.start_apply(run.spec, run.options, run.ratio)
    runs = _runs()
    runs[job_id] = run
    while len(runs) > _REMEMBERED:
        runs.popitem(last=False)
    st.session_state["run"] = job_id


def current() -> str | None:
    """The run of this session; a new session takes it from the link."""
    if "run" not in st.session_state and "run" in st.query_params:
        st.session_state["run"] = st.query_params["run"]
    return st.session_state.get("run")


def forget() -> None:
    """Drop this session's run."""
    st.session_state.pop("run", None)
    if "run" in st.query_params:
        del st.query_params["run"]


def started_with(job_id: str) -> Run | None:
    """What a run was started with; None for one that another server ran."""
    return _runs().get(job_id)


def link(job_id: str, ratio: float) -> None:
    """Put the run into the link, beside the ratio: what Python writes replaces the whole link."""
    if st.query_params.get("run") != job_id:
        st.query_params.update({"run": job_id, "ratio": f"{ratio:.2f}"})


@st.fragment(run_every=0.5)
def watch(job_id: str) -> None:
    """Show a run's progress until it is over; then the whole page is drawn again."""
    status = service.job(job_id)
    if status.over:
        gc.collect()
        st.rerun()
    progress(status)
    st.button("Cancel", key=f"cancel_{job_id}", on_click=service.cancel, args=[job_id])


@st.fragment(run_every=2.0)
def keep_alive() -> None:
    """A line about this session's run, on every page: a run that nobody asks about is stopped."""
    job_id = current()
    if job_id is None:
        return
    try:
        status = service.job(job_id)
    except ExplorerError:
        return  # the page that shows the run says why it is gone
    run = started_with(job_id)
    if run and not status.over:
        st.caption(f"**Pruning {run.spec.name}** · {status.progress.text}")
    elif run and status.state is JobState.DONE:
        st.caption(f"**Pruned {run.spec.name}** · the report is on the page DepGraph pruning")


def progress(status: JobStatus) -> None:
    """How far a run is: a bar where that is known."""
    text = f"{status.progress.text} · {status.seconds:.0f} s"
    if status.progress.fraction is None:
        st.info(text, icon="spinner")
    else:
        st.progress(min(max(status.progress.fraction, 0.0), 1.0), text)
