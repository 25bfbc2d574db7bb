"""The Apply button, the run it starts, that run's report, and fine-tuning what came of it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.pruning.again import again_panel
from explorer.ui.pruning.extras import Extras
from explorer.ui.pruning.onward import onward_menu
from explorer.ui.pruning.report import show_report
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.save import save_report
from explorer.ui.pruning.training import fine_tune_panel
from explorer.ui.shell import job_watch, jobs, runs
from explorer.values import Report
from explorer.words.formats import plain
from explorer.words.glossary import explain


def apply_buttons(wanted: PruningRun) -> None:
    """Offer to prune for real as `wanted`, or to take it to other pages; for a fragment that follows the slider."""
    known = backend_of(wanted.backend)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        begin = partial(_apply, wanted)
        jobs.start_button(f"Apply with {known.library}", f"{known.prefix}apply", begin, primary=True)
        onward_menu(wanted)
    jobs.show_refusal(known.run)
    if job_id := runs.under_way(known.run):
        job_watch.watch(job_id)
    else:
        runs.note(known.run, wanted, _nothing(known.run))


def _apply(wanted: PruningRun) -> None:
    jobs.start(backend_of(wanted.backend).run, wanted, calls.apply.start, *wanted.asked)
    st.rerun()  # the whole page, which shows the run


def _nothing(name: str) -> str:
    """The line at the button while there is no report."""
    if (ended := runs.broken_off(name)) is None:
        return "No run yet. **Apply** prunes a copy; the network itself does not change."
    why = (
        f"**{plain(ended.error)}**" if runs.cancelled(name) else "The run broke off; the reason stands below."
    )
    return f"{why} **Apply** starts it again."


def applied_panel(backend: str, extras: Extras) -> None:
    """Show the run of this session, whatever it was started with, and offer to fine-tune what it pruned."""
    known = backend_of(backend)
    # At the button stands how far it is, or that it was cancelled
    if jobs.current(known.run) and not runs.under_way(known.run) and not runs.cancelled(known.run):
        st.header(extras.heading, help=" ".join(explain(term) for term in extras.terms))
        runs.show_run(known.run, Report, lambda report: _show(known.run, report, extras))
    fine_tune_panel(backend)


def _show(name: str, report: Report, extras: Extras) -> None:
    show_report(report, extras)
    save_report(name, report)
    again_panel(name)
