"""The Reproduce button, the run it starts, and its rows, live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.reproduce.rows import show_rows
from explorer.ui.shell import jobs, runs, state
from explorer.values import JobStatus, NetworkSpec, Weights
from explorer.values.reproducing import Experiment, Reproduced, Reproduction
from explorer.words.published import README, published

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
        "What to reproduce",
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
    jobs.start_button(
        f"Reproduce {count} numbers",
        "reproduce_start",
        partial(jobs.start, _NAME, wanted, calls.reproduce.start, experiments),
        primary=True,
        disabled=not experiments,
    )
    nothing = "Not run yet."
    runs.note(_NAME, wanted, nothing, "Start again")
    runs.show_run(_NAME, Reproduction, _show, "The button above", _show_so_far)


def _show(found: Reproduction) -> None:
    measured_badge("by the libraries themselves, just now")
    told = f"**Reproduced:** {tally(found.rows)}."
    if found.passed == len(found.rows):
        st.success(told, icon=":material/check:")
    else:
        st.error(told, icon=":material/close:")
    show_rows(found.rows)


def tally(rows: Sequence[Reproduced]) -> str:
    """How many published numbers and how many of the explorer's own counts came out the same; apart."""
    theirs = [row.passed for row in rows if row.published.source == README]
    ours = [row.passed for row in rows if row.published.source != README]
    told = ((theirs, "published numbers"), (ours, "numbers counted with named tools"))
    return ", ".join(f"{sum(passed)} of {len(passed)} {what}" for passed, what in told if passed)


def _show_so_far(status: JobStatus) -> None:
    show_rows(status.progress.rows)
