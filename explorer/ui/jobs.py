"""Long runs on a page: started once, watched from every page, found again after a reload."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import streamlit as st

from explorer import service
from explorer.errors import ExplorerError
from explorer.schema import JobState, JobStatus, NetworkSpec

MOST = 30  # runs of one session that are kept and named in its link
_REMEMBERED = 200
_STARTED = "runs"  # ids of this session's runs, oldest first, in the session and in the link
_BETWEEN = "."  # ids in the link; no id holds one


@dataclass(frozen=True)
class _Kind:
    """How the line about a run of one kind reads."""

    page: str  # that shows it
    doing: str
    done: str


_KINDS = {  # by the run's name in the session and the link
    "run": _Kind("DepGraph pruning", "Pruning", "Pruned"),
    "fine_tune_run": _Kind("DepGraph pruning", "Fine-tuning", "Fine-tuned"),
    "native_run": _Kind("PyTorch native", "Pruning", "Pruned"),
    "sweep_run": _Kind("Sensitivity", "Measuring the sensitivity of", "Measured the sensitivity of"),
    "sparse_run": _Kind("SparseML", "Pruning", "Pruned"),
    "compare_run": _Kind("Compare", "Comparing", "Compared"),
    "reproduce_run": _Kind("Reproduce", "Finding again", "Found again"),
    "profile_run": _Kind("Profile", "Profiling", "Profiled"),
    "sparse_cost_run": _Kind("Profile", "Timing SparseML on", "Timed SparseML on"),
    "growth_run": _Kind("Profile", "Profiling", "Profiled"),
}


class AnyRun(Protocol):
    """What a run of any kind was started with; its text describes it in a sentence."""

    @property
    def spec(self) -> NetworkSpec:
        """The network that it prunes."""
        ...

    @property
    def options_text(self) -> str:
        """All options in words, without the amount."""
        ...


@st.cache_resource(show_spinner=False)
def _runs() -> OrderedDict[str, AnyRun]:
    """What each run of this server was started with, for the session that finds it by a link."""
    return OrderedDict()


def remember(job_id: str, run: AnyRun, name: str = "run") -> None:
    """Make a job this session's run of that kind, and keep what it was started with."""
    runs = _runs()
    runs[job_id] = run
    while len(runs) > _REMEMBERED:
        runs.popitem(last=False)
    st.session_state[name] = job_id
    st.session_state[_STARTED] = [*started(), job_id][-MOST:]


def started() -> list[str]:
    """Ids of this session's runs, oldest first; a new session takes them from the link."""
    if _STARTED not in st.session_state:
        ids = st.query_params.get(_STARTED, "").split(_BETWEEN)
        st.session_state[_STARTED] = list(dict.fromkeys(filter(None, ids)))[-MOST:]
    known: list[str] = st.session_state[_STARTED]
    return known


def drop_started(gone: Collection[str]) -> None:
    """Forget that this session started these runs."""
    st.session_state[_STARTED] = [job_id for job_id in started() if job_id not in gone]
    if _STARTED in st.query_params:
        st.query_params[_STARTED] = _BETWEEN.join(started())


def current(name: str = "run") -> str | None:
    """The run of this session; a new session takes it from the link."""
    if name not in st.session_state and name in st.query_params:
        st.session_state[name] = st.query_params[name]
    return st.session_state.get(name)


def forget(name: str = "run") -> None:
    """Drop this session's run."""
    st.session_state.pop(name, None)
    if name in st.query_params:
        del st.query_params[name]


def started_with(job_id: str) -> AnyRun | None:
    """What a run was started with; None for one that another server ran."""
    return _runs().get(job_id)


def link(job_id: str, value: float, name: str = "run", slider: str = "ratio") -> None:
    """Put the run into the link, beside the slider's value: what Python writes replaces the whole link."""
    wanted = {name: job_id, _STARTED: _BETWEEN.join(started())}
    if any(st.query_params.get(key, "") != text for key, text in wanted.items()):
        st.query_params.update({**wanted, slider: f"{value:.2f}"})


@st.fragment(run_every=0.5)
def watch(job_id: str, live: Callable[[JobStatus], None] | None = None) -> None:
    """Show a run's progress until it is over; then the whole page is drawn again.

    Args:
        job_id: which run.
        live: draws what more there is to see of it, such as its training curve.
    """
    status = service.job(job_id)
    if status.over:
        gc.collect()
        st.rerun()
    progress(status)
    st.button("Cancel", key=f"cancel_{job_id}", on_click=service.cancel, args=[job_id])
    if live:
        live(status)


@st.fragment(run_every=2.0)
def keep_alive() -> None:
    """A line about each run of this session, on every page: a run that nobody asks about is stopped."""
    for name, kind in _KINDS.items():
        _keep_alive(current(name), kind)


def _keep_alive(job_id: str | None, kind: _Kind) -> None:
    if job_id is None:
        return
    try:
        status = service.job(job_id)
    except ExplorerError:
        return  # the page that shows the run says why it is gone
    run = started_with(job_id)
    if run and not status.over:
        st.caption(f"**{kind.doing} {run.spec.name}** · {status.progress.text}")
    elif run and status.state is JobState.DONE:
        st.caption(f"**{kind.done} {run.spec.name}** · the report is on the page {kind.page}")


def progress(status: JobStatus) -> None:
    """How far a run is: a bar where that is known."""
    text = f"{status.progress.text} · {status.seconds:.0f} s"
    if status.progress.fraction is None:
        st.info(text, icon="spinner")
    else:
        st.progress(min(max(status.progress.fraction, 0.0), 1.0), text)
