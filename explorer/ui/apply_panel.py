"""The Apply button, the run it starts, and that run's report."""

from __future__ import annotations

import streamlit as st

from explorer import service
from explorer.errors import ExplorerError
from explorer.glossary import explain
from explorer.schema import ApplyReport, JobState
from explorer.ui import jobs
from explorer.ui.jobs import Run
from explorer.ui.report import show_report


def apply_panel(wanted: Run) -> None:
    """Offer to prune for real as `wanted`; show the run of this session, whatever it was started with."""
    st.subheader("Apply", help=explain("apply"))
    if st.button("Apply with Torch-Pruning", type="primary", help=explain("apply")):
        jobs.start_apply(wanted)
    job_id = jobs.current()
    if job_id is None:
        st.caption("Nothing has been applied yet. The network itself stays as it is: a copy is pruned.")
        return
    _show_run(job_id, wanted)


def _show_run(job_id: str, wanted: Run) -> None:
    try:
        status = service.job(job_id)
    except ExplorerError as error:
        jobs.forget()
        st.warning(str(error))
        return
    jobs.link(job_id, wanted.ratio)
    if not status.over:
        jobs.watch(job_id)
    elif status.state is JobState.CANCELLED:
        st.info(f"{status.error} Apply starts it anew.")
    elif isinstance(status.result, ApplyReport):
        _label(job_id, wanted)
        show_report(status.result)
    else:
        st.error(status.error)


def _label(job_id: str, wanted: Run) -> None:
    done = jobs.started_with(job_id)
    if done == wanted:
        st.caption(f"Applied: {done}")
    else:
        st.warning(
            f"**Older settings.** This report is of {done}; you have changed something since. Apply again to renew it."
        )
