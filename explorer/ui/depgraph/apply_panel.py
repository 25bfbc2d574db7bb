"""The Apply button, the run it starts, that run's report, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from explorer.ui.depgraph.report import show_report
from explorer.ui.depgraph.run import NAME, Run, start_apply
from explorer.ui.depgraph.training_panel import fine_tune_panel
from explorer.ui.shell import runs
from explorer.values import ApplyReport
from explorer.words.glossary import explain


def apply_panel(wanted: Run) -> None:
    """Offer to prune for real as `wanted`; show the run of this session, whatever it was started with."""
    st.subheader("Apply", help=explain("apply"))
    if st.button("Apply with Torch-Pruning", type="primary"):
        start_apply(wanted)
    runs.show_run(NAME, ApplyReport, show_report)
    fine_tune_panel()


def report_note(wanted: Run) -> None:
    """One line on whether the report below is of the settings on screen."""
    nothing = "Nothing has been applied yet. The network itself stays as it is: a copy is pruned."
    runs.note(NAME, wanted, nothing)
