"""The Reproduce button, the run it starts, and its rows, live."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.reproduce.rows import show_rows
from explorer.ui.shell import jobs, runs, state
from explorer.values import JobStatus, NetworkSpec, Weights
from explorer.values.reproducing import Experiment, Reproduction
from explorer.words.published import published

_NAME = "reproduce_run"
_WHAT = "reproduce_what"  # in the session and in the link


@dataclass(frozen=True)
class ReproduceRun:
    """What was to be found again."""

    experiments: tuple[Experiment, ...]

    @property
    def spec(self) -> NetworkSpec:
        """A network that stands for all of them, in the line about the run."""
        return NetworkSpec("published numbers", Weights.RANDOM)

    @property
    def options_text(self) -> str:
        """The experiments."""
        return ", ".join(self.experiments)

    def __str__(self) -> str:
        return self.options_text


def pick_experiments() -> tuple[Experiment, ...]:
    """Which numbers are to be found again; all of them unless picked."""
    known = list(map(str, Experiment))
    state.check_link(_WHAT, known, "a set of numbers")
    picked = st.pills(
        "What to find again",
        known,
        selection_mode="multi",
        default=known,
        key=_WHAT,
        bind="query-params",
        on_change=lambda: state.forget(_WHAT),
    )
    state.show_notices(_WHAT)
    return tuple(experiment for experiment in Experiment if experiment in picked)


def reproduce_panel(experiments: tuple[Experiment, ...]) -> None:
    """Offer to run them; show the run of this session, row by row."""
    wanted, count = ReproduceRun(experiments), len(published(experiments))
    if st.button(
        f"Find {count} numbers again", type="primary", disabled=not experiments, key="reproduce_start"
    ):
        jobs.start(_NAME, wanted, calls.reproduce.start, experiments)
    nothing = "Nothing has been found again yet."
    runs.note(_NAME, wanted, nothing, "found again", "Start again")
    runs.show_run(_NAME, Reproduction, _show, "The button above", _show_so_far)


def _show(found: Reproduction) -> None:
    measured_badge("by the libraries themselves, just now")
    total = len(found.rows)
    if found.passed == total:
        st.success(f"**All {total} numbers were found again.**", icon=":material/check:")
    else:
        st.error(
            f"**{total - found.passed} of {total} numbers were not found again.**", icon=":material/close:"
        )
    show_rows(found.rows)


def _show_so_far(status: JobStatus) -> None:
    show_rows(status.progress.rows)
