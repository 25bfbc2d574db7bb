"""The Apply button, the run it starts, and that run's report."""

from __future__ import annotations

import streamlit as st

from explorer.glossary import explain
from explorer.schema import ApplyReport
from explorer.ui import jobs, runs
from explorer.ui.jobs import Run
from explorer.ui.report import show_report

_NAME = "run"


def apply_panel(wanted: Run) -> None:
    """Offer to prune for real as `wanted`; show the run of this session, whatever it was started with."""
    st.subheader("Apply", help=explain("apply"))
    if st.button("Apply with Torch-Pruning", type="primary"):
        jobs.start_apply(wanted)
    runs.show_run(_NAME, ApplyReport, show_report, "ratio", wanted.ratio)


def report_note(wanted: Run) -> None:
    """One line on whether the report below is of the settings on screen."""
    nothing = "Nothing has been applied yet. The network itself stays as it is: a copy is pruned."
    runs.note(_NAME, wanted, nothing)
