"""The native page's Apply button, the run it starts, and that run's report."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from explorer.engine import calls
from explorer.ui.native.report import show_native_report
from explorer.ui.shell import jobs, runs
from explorer.values import (
    Amount,
    NativeOptions,
    NativeReport,
    NetworkSpec,
    Pattern,
    WeightCriterion,
)
from explorer.words import formats
from explorer.words.glossary import explain

_NAME = "native_run"


@dataclass(frozen=True)
class NativeRun:
    """What an apply run was started with."""

    spec: NetworkSpec
    options: NativeOptions
    amount: Amount

    @property
    def options_text(self) -> str:
        """All options in words, without the amount."""
        options = self.options
        axis = f", axis {options.axis}" if options.pattern is Pattern.STRUCTURED else ""
        seed = f", seed {options.seed}" if options.criterion is WeightCriterion.RANDOM else ""
        layers = f", {len(options.layers)} layers" if options.layers else ""
        own = f", {len(options.overrides)} with a ratio of their own" if options.overrides else ""
        biases = ", biases too" if options.biases else ""
        rule = f"{options.pattern} {options.criterion.upper()}, by {options.scope}"
        return f"{rule}{axis}{seed}{layers}{biases}{own}"

    def __str__(self) -> str:
        amount = f"count {self.amount}" if isinstance(self.amount, int) else f"ratio {self.amount:.2f}"
        return f"{self.spec.name} with {self.spec.weights} weights, {amount}, {self.options_text}"


def native_apply_panel(wanted: NativeRun) -> None:
    """Offer to mask for real as `wanted`; show the run of this session, whatever it was started with."""
    st.subheader("Apply, make permanent, prune again", help=explain("apply masks"))
    if st.button("Apply with torch.nn.utils.prune", type="primary"):
        asked = (wanted.spec, wanted.options, wanted.amount)
        jobs.start(_NAME, wanted, calls.apply.start, *asked)
    runs.show_run(_NAME, NativeReport, show_native_report)


def native_note(wanted: NativeRun) -> None:
    """One line on whether the report below is of the settings on screen."""
    nothing = "Nothing has been applied yet. The network itself stays as it is: a copy is masked."
    runs.note(_NAME, wanted, nothing)


def measured_time(spec: NetworkSpec) -> str:
    """What the last report on this network says of the time of a forward pass."""
    done = runs.finished(_NAME, NativeReport)
    if done is None or done[0].spec != spec:
        return "**Apply** measures what that means for the time of a forward pass."
    dense, permanent = (formats.timing(found) for found in (done[1].latency_dense, done[1].latency_permanent))
    return f"Measured by Apply, with 95 % intervals: {dense} dense, {permanent} with zeros, for one input."
