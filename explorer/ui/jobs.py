"""Long runs on a page: started once, watched from every page, found again after a reload."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import streamlit as st

from explorer import service
from explorer.errors import ExplorerError
from explorer.schema import JobState, JobStatus, NetworkSpec, PruningOptions

_REMEMBERED = 200
_KINDS = {  # name of the run: page that shows it
    "run": "DepGraph pruning",
    "native_run": "PyTorch native",
    "compare_run": "Compare",
    "reproduce_run": "Reproduce",
}


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


class AnyRun(Protocol):
    """What a run of any kind was started with; its text describes it in a sentence."""

    @property
    def spec(self) -> NetworkSpec:
        """The network that it prunes."""
        ...


@st.cache_resource(show_spinner=False)
def _runs() -> OrderedDict[str, AnyRun]:
    """What each run of this server was started with, for the session that finds it by a link."""
    return OrderedDict()


def start_apply(run: Run) -> None:
    """Start pruning for real, and make it this session's run."""
    remember(service.start_apply(run.spec, run.options, run.ratio), run)


def remember(job_id: str, run: AnyRun, name: str = "run") -> None:
    """Make a job this session's run of that kind, and keep what it was started with."""
    runs = _runs()
    runs[job_id] = run
    while len(runs) > _REMEMBERED:
        runs.popitem(last=False)
    st.session_state[name] = job_id


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


def link(job_id: str, ratio: float, name: str = "run", slider: str = "ratio") -> None:
    """Put the run into the link, beside the slider's value: what Python writes replaces the whole link."""
    if st.query_params.get(name) != job_id:
        st.query_params.update({name: job_id, slider: f"{ratio:.2f}"})


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
    for name, page in _KINDS.items():
        _keep_alive(current(name), page)


def _keep_alive(job_id: str | None, page: str) -> None:
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
        st.caption(f"**Pruned {run.spec.name}** · the report is on the page {page}")


def progress(status: JobStatus) -> None:
    """How far a run is: a bar where that is known."""
    text = f"{status.progress.text} · {status.seconds:.0f} s"
    if status.progress.fraction is None:
        st.info(text, icon="spinner")
    else:
        st.progress(min(max(status.progress.fraction, 0.0), 1.0), text)
