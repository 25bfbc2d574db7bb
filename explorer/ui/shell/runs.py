"""What every page with an Apply button shares: its run, the line about it, and plan against library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from explorer.engine import calls
from explorer.ui.shell import job_watch, jobs
from explorer.values import JobState, JobStatus
from explorer.values.errors import ExplorerError
from explorer.words.formats import plain

R = TypeVar("R")


def show_run(
    name: str,
    kind: type[R],
    show: Callable[[R], None],
    button: str = "Apply",
    live: Callable[[JobStatus], None] | None = None,
) -> None:
    """Show this session's run of one kind: its progress, its report, or why there is none.

    Args:
        name: of the run in the session and the link.
        kind: what the run's result is.
        show: draws such a result.
        button: what starts such a run.
        live: draws what more there is to see while it runs; what it drew last stays if the run breaks off.
    """
    jobs.show_refusal(name)
    job_id = jobs.current(name)
    if job_id is None:
        return
    try:
        status = calls.job(job_id)
    except ExplorerError as error:
        jobs.forget(name)
        st.warning(plain(str(error)))
        return
    if not status.over:
        job_watch.watch(job_id, live)
    elif isinstance(status.result, kind):
        show(status.result)
    else:
        _broke_off(status, button)
        if live:
            live(status)


def broken_off(name: str) -> JobStatus | None:
    """This session's run of one kind, if it is over and has no result."""
    job_id = jobs.current(name)
    try:
        status = calls.job(job_id) if job_id else None
    except ExplorerError:
        return None
    return status if status and status.over and status.state is not JobState.DONE else None


def cancelled(name: str) -> bool:
    """Whether this session's run of one kind was cancelled."""
    ended = broken_off(name)
    return ended is not None and ended.state is JobState.CANCELLED


def under_way(name: str) -> str | None:
    """Id of this session's run of one kind while it goes on."""
    job_id = jobs.current(name)
    try:
        return job_id if job_id and not calls.job(job_id).over else None
    except ExplorerError:
        return None


def _broke_off(status: JobStatus, button: str) -> None:
    """Why a run has no result."""
    if status.state is JobState.CANCELLED:
        st.info(f"{plain(status.error)} {button} starts it again.")
    else:
        st.error(plain(status.error))


def finished(name: str, kind: type[R]) -> tuple[jobs.AnyRun, R] | None:
    """What this session's run of one kind was started with, and its result; None while there is none."""
    job_id, run = jobs.current(name), reported(name)
    result = calls.job(job_id).result if job_id and run else None
    return (run, result) if run and isinstance(result, kind) else None


def note(name: str, wanted: jobs.AnyRun, nothing: str, again: str = "Run it again") -> None:
    """One line on whether the report below is of the settings on screen; it always takes the same room.

    Args:
        name: of the run in the session.
        wanted: the settings on screen.
        nothing: what to say while there is no report.
        again: what runs it with these settings.
    """
    done = reported(name)
    if done is None:
        st.caption(nothing)
    elif done == wanted:
        st.caption(f"Results match the current settings: {plain(str(done))}.")
    else:
        st.caption(
            f":orange[**Older settings.** The results below are of {plain(str(done))}.] {again} to update them."
        )


def reported(name: str) -> jobs.AnyRun | None:
    """What the report on screen is of; None where there is no report."""
    job_id = jobs.current(name)
    try:
        done = job_id and calls.job(job_id).state is JobState.DONE
    except ExplorerError:
        return None
    return jobs.started_with(job_id) if job_id and done else None


def plan_against_library(differences: Sequence[str], same: str, seconds: float, estimate: str = "") -> None:
    """Say that the library did what the plan said, or what it did instead; an `estimate` may differ."""
    if not differences:
        st.success(f"**Plan = library.** {same} It took {seconds:.2f} s.", icon=":material/check:")
        return
    listed = "\n".join(f"- {plain(sentence)}" for sentence in differences)
    if estimate:
        st.info(f"**The plan was an estimate.** {plain(estimate)} The library's result stands:\n{listed}")
        return
    st.error(f"**Plan and library differ.** The library's result stands:\n{listed}")
