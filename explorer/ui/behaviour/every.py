"""The same on all test images: a run, where the slider is followed by a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from explorer.engine import calls
from explorer.ui.behaviour.told import state_told
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import jobs, runs
from explorer.values.behaviour import Behaviour
from explorer.words.formats import plain

RUN = "behaviour_run"


def offer_all(run: PruningRun, recalibrated: bool, found: Behaviour) -> None:
    """A button that judges all test images, and whether its result is of what is on screen."""
    if found.images == found.all_images:
        return
    wanted = replace(run, told=state_told(found.seen))
    with st.container(horizontal=True, vertical_alignment="center"):
        jobs.start_button(
            f"Judge all {found.all_images:,} test images",
            "behaviour_all",
            partial(_start, wanted, recalibrated),
        )
        runs.note(
            RUN, wanted, f"Shown above: {found.images:,} of them, always the same ones.", "Judge all again"
        )


def _start(wanted: PruningRun, recalibrated: bool) -> None:
    jobs.start(RUN, wanted, calls.behaviour_of_all.start, *wanted.asked, recalibrated)
    st.rerun()  # the whole page, which shows the run


def show_all(show: Callable[[Behaviour], None]) -> None:
    """This session's run on all test images: its progress, or what it found."""
    if jobs.current(RUN):
        st.header("All test images")
    if done := runs.reported(RUN):
        st.caption(f"Of {plain(str(done))}.")
    runs.show_run(RUN, Behaviour, show, "Judge all")
