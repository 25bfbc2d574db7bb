"""How the libraries' own cost grows: a run of its own, since it hangs on no network that is picked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from explorer.backends import BACKENDS, SPARSEML
from explorer.engine import calls
from explorer.process import island
from explorer.ui.parts.widgets import measured_badge
from explorer.ui.profile import library_charts
from explorer.ui.shell import jobs, runs
from explorer.values import (
    ChannelOptions,
    Growth,
    LibraryCost,
    NativeOptions,
    NetworkSpec,
    ProfileRequest,
    Weights,
)
from explorer.words import formats
from explorer.words.glossary import explain

_NAME = "growth_run"
_REQUEST = ProfileRequest(ChannelOptions(), 0.5, NativeOptions(), 0.5, seconds=1.5)
_BUNDLED = ("digits-cnn", "digits-resnet", "digits-mobilenet", "digits-densenet", "digits-vit")
_LARGER = ("mobilenet_v2", "resnet18", "densenet121", "resnet50")
SPECS = (
    *(NetworkSpec(name, Weights.TRAINED) for name in _BUNDLED),
    *(NetworkSpec(name, Weights.RANDOM) for name in _LARGER),
)
_TAKEN_IN = "SparseML starts afresh for each network, and masks and trains copies in its own process."


@dataclass(frozen=True)
class GrowthRun:
    """What a run over several networks was started with."""

    specs: tuple[NetworkSpec, ...]

    @property
    def spec(self) -> NetworkSpec:
        """A name for all of them in the line about running jobs; no network is loaded by it."""
        return NetworkSpec(f"{len(self.specs)} networks", Weights.RANDOM)

    @property
    def options_text(self) -> str:
        """The same order for all of them."""
        return "half of the channels, half of the weights"

    def __str__(self) -> str:
        return ", ".join(spec.name for spec in self.specs)


def growth_panel() -> None:
    """Offer to measure the libraries over networks of many sizes; show the run of this session."""
    st.header("How library cost grows with the network", help=explain("step cost"))
    wanted = GrowthRun(SPECS)
    missing = formats.plain(island.why_missing())
    sparseml = f"{missing} The other two are measured without it." if missing else _TAKEN_IN
    st.caption(f"Prunes half of the channels and half of the weights of {wanted}: a few minutes. {sparseml}")
    begin = partial(jobs.start, _NAME, wanted, calls.growth.start, wanted.specs, _REQUEST)
    jobs.start_button("Measure growth", "growth_start", begin)
    runs.show_run(_NAME, Growth, _show, "Measure growth")


def _show(found: Growth) -> None:
    measured_badge("each network pruned at least six times")
    for library in dict.fromkeys(cost.library for cost in found.costs):
        st.markdown(f"**{library}**")
        _curves(found.costs, library)
        if library == BACKENDS[SPARSEML].name:
            st.caption(_note(found.costs))
    if found.missing:
        st.caption(f"SparseML was left out of this run: {formats.plain(found.missing)}")
    for one in found.refused:
        st.caption(f"{one.network}, {one.library}: {formats.plain(one.why)}")


def _curves(costs: Sequence[LibraryCost], library: str) -> None:
    left, right = st.container(key=f"growth_{library}").columns(2, gap="medium")
    for column, against in ((left, "parameters"), (right, "nodes of the graph")):
        with column:
            st.altair_chart(
                library_charts.growth(costs, library, against), alt=f"{library} against {against}"
            )


def _note(costs: Sequence[LibraryCost]) -> str:
    """What SparseML's steps are, and how a step is drawn that may as well take no time at all."""
    own = [cost for cost in costs if cost.library == BACKENDS[SPARSEML].name]
    unclear = any(one.time.low <= 0 for cost in own for one in cost.steps)
    bound = " ▽ marks an upper bound: the interval of that difference reaches zero." if unclear else ""
    return (
        "**import** was measured once per network, in its own process. **each step: masks** is what masks "
        f"add to one training step: a full batch for the digits networks, two inputs for the others.{bound}"
    )
