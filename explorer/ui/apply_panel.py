"""The Apply button, the run it starts, and that run's report."""

from __future__ import annotations

import streamlit as st

from explorer import service
from explorer.errors import ExplorerError, UnknownNameError
from explorer.glossary import explain
from explorer.schema import ApplyReport, JobState
from explorer.ui import jobs
from explorer.ui.formats import plain
from explorer.ui.jobs import Run
from explorer.ui.report import show_report


def apply_panel(wanted: Run) -> None:
    """Offer to prune for real as `wanted`; show the run of this session, whatever it was started with."""
    st.subheader("Apply", help=explain("apply"))
    if st.button("Apply with Torch-Pruning", type="primary"):
        jobs.start_apply(wanted)
    job_id = jobs.current()
    if job_id is None:
        return
    _show_run(job_id, wanted)


def _show_run(job_id: str, wanted: Run) -> None:
    try:
        status = service.job(job_id)
    except ExplorerError as error:
        jobs.forget()
        st.warning(plain(str(error)))
        return
    jobs.link(job_id, wanted.ratio)
    if not status.over:
        jobs.watch(job_id)
    elif status.state is JobState.CANCELLED:
        st.info(f"{status.error} Apply starts it anew.")
    elif isinstance(status.result, ApplyReport):
        show_report(status.result)
    else:
        st.error(plain(status.error))


def report_note(wanted: Run) -> None:
    """One line on whether the report below is of the settings on screen; it always takes the same room."""
    done = _reported()
    if done is None:
        st.caption("Nothing has been applied yet. The network itself stays as it is: a copy is pruned.")
    elif done == wanted:
        st.caption(f"What was applied below is what is on screen: {done}.")
    else:
        st.caption(f":orange[**Older settings.** What was applied below is {done}.] Apply again to renew it.")


def _reported() -> jobs.AnyRun | None:
    """What the report on screen is of; None where there is no report."""
    job_id = jobs.current()
    try:
        done = job_id and service.job(job_id).state is JobState.DONE
    except UnknownNameError:
        return None
    return jobs.started_with(job_id) if job_id and done else None
