"""The Compare button, the run it starts, and that run's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explorer import service
from explorer.schema import NetworkSpec
from explorer.schema.comparing import CompareRequest, Comparison, Solution
from explorer.ui import jobs, runs
from explorer.ui.compare_fields import describe
from explorer.ui.compare_report import show_comparison

_NAME = "compare_run"


@dataclass(frozen=True)
class CompareRun:
    """What a comparison was started with."""

    request: CompareRequest

    @property
    def spec(self) -> NetworkSpec:
        """The network."""
        return self.request.spec

    def __str__(self) -> str:
        listed = ", ".join(describe(run) for run in self.request.contenders) or "the dense network alone"
        return f"{self.spec.name} with {self.spec.weights} weights: {listed}"


def compare_panel(spec: NetworkSpec, solutions: Sequence[Solution]) -> None:
    """Offer to prune by every run that can be carried out; show the comparison of this session."""
    st.subheader("Measured side by side")
    able = tuple(solution.contender for solution in solutions if not solution.problem)
    wanted = CompareRun(CompareRequest(spec, able))
    if st.button("Prune with the libraries and measure", type="primary", disabled=not able):
        jobs.remember(service.start_compare(wanted.request), wanted, _NAME)
    runs.note(_NAME, wanted, "Nothing has been compared yet. The network itself stays as it is.")
    runs.show_run(
        _NAME,
        Comparison,
        show_comparison,
        "compare_keep",
        float(st.session_state.get("compare_keep", 0.5)),
        button="The button above",
    )
