"""The Compare button, the run it starts, and that run's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer.backends.contenders import describe
from explorer.engine import calls
from explorer.ui.compare.report import show_comparison
from explorer.ui.parts.widgets import NO_ACCURACY, NO_LABELS
from explorer.ui.shell import jobs, runs
from explorer.values import FineTune, NetworkSpec, NetworkSummary
from explorer.values.comparing import LETTERS, CompareRequest, Comparison, Solved
from explorer.words import formats
from explorer.words.glossary import explain

_NAME = "compare_run"
_MOST = 20  # epochs, since every run is trained


@dataclass(frozen=True)
class CompareRun:
    """What a comparison was started with."""

    request: CompareRequest

    @property
    def spec(self) -> NetworkSpec:
        """The network."""
        return self.request.spec

    @property
    def options_text(self) -> str:
        """All runs in words."""
        listed = ", ".join(describe(run) for run in self.request.contenders)
        settings = self.request.fine_tune
        return f"{listed}, fine-tuned for {settings.epochs} epochs" if settings else listed

    def __str__(self) -> str:
        return f"{self.spec.name} with {self.spec.weights} weights: {self.options_text}"


def compare_panel(spec: NetworkSpec, solutions: Sequence[Solved], summary: NetworkSummary) -> None:
    """Offer to prune by every run that can be carried out; show the comparison of this session.

    Args:
        spec: the network.
        solutions: every run with its ratio, or with why it is left out.
        summary: of the same network.
    """
    st.header("Measured side by side")
    able = {
        letter: solution.contender
        for letter, solution in zip(LETTERS, solutions, strict=False)
        if not solution.problem
    }
    request = CompareRequest(spec, tuple(able.values()), _fine_tuning(summary), "".join(able))
    wanted = CompareRun(request)
    jobs.start_button(
        "Prune with the libraries and measure",
        "compare_start",
        partial(jobs.start, _NAME, wanted, calls.compare.start, wanted.request),
        primary=True,
        disabled=not able,
    )
    nothing = "No comparison yet. Copies are pruned; the network itself does not change."
    runs.note(_NAME, wanted, nothing, "Compare again")
    runs.show_run(_NAME, Comparison, show_comparison, "The button above")


def _fine_tuning(summary: NetworkSummary) -> FineTune | None:
    """How long to train after pruning; None for not at all."""
    if not summary.trains:
        found = summary.evaluation
        st.caption(f"{NO_LABELS} {formats.plain(found.by.note)}" if found else NO_ACCURACY)
        return None
    epochs = st.number_input(
        "Epochs of fine-tuning", 0, _MOST, 0, key="compare_epochs", help=explain("fine-tuning"), width=200
    )
    return FineTune(epochs=int(epochs)) if epochs else None
