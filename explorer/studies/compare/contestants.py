"""Each library behind one face: what a ratio costs, what it leaves, and the library's own work.

A further library is one class here and one line in `CONTESTANTS`, and for the sliders, whose planners the engine
keeps, one branch in `engine.functions`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from torch import nn

from explorer.anatomy.counting import total_nonzero
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import trace
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import make_permanent
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.values import (
    NativeOptions,
    PruningOptions,
    RunMode,
    SparseOptions,
)
from explorer.values.comparing import (
    Library,
    PlanCosts,
)

SHORT = 10.0  # seconds: work below that is timed twice, since the first of a process warms it up


class Contestant(Protocol):
    """One network, one library, one set of options."""

    def costs(self, ratio: float) -> PlanCosts:
        """What is left at a ratio; no library is called."""
        ...

    def sketch(self, ratio: float) -> nn.Module:
        """A copy as the plan would leave it, good until the next is asked for; no library is called."""
        ...

    def carry_out(self, ratio: float) -> nn.Module:
        """A fresh copy, pruned by the library; no mask stays attached."""
        ...

    def is_estimate(self, ratio: float) -> bool:
        """Whether the library may choose other channels than the plan."""
        ...


class Removing:
    """DepGraph: channels go."""

    def __init__(self, planner: DepGraphPlanner) -> None:
        self.planner = planner
        parameters = list(planner.net.module.parameters())
        self._full = all(bool(parameter.all()) for parameter in parameters)
        self._full_weights = all(bool(parameter.all()) for parameter in parameters if parameter.dim() > 1)

    def costs(self, ratio: float) -> PlanCosts:
        """Zeros that the dense network has already are counted on a copy: no plan knows where they are."""
        plan = self.planner.counts(ratio)
        nonzero, effective = plan.params, plan.macs
        if not self._full:
            copied = self.planner.sliced(ratio)
            nonzero = total_nonzero(copied)
            if not self._full_weights:
                effective = sum(row.effective_macs for row in layer_outcomes(self.planner.net, copied))
        return PlanCosts(plan.params, nonzero, plan.macs, effective, plan.bytes)

    def sketch(self, ratio: float) -> nn.Module:
        """See `Contestant.sketch`."""
        return self.planner.sliced(ratio)

    def carry_out(self, ratio: float) -> nn.Module:
        """See `Contestant.carry_out`."""
        return self.planner.carry_out(self.planner.counts(ratio))[0]

    def is_estimate(self, ratio: float) -> bool:
        """See `Contestant.is_estimate`."""
        return bool(self.planner.counts(ratio).estimate)


class Masking:
    """PyTorch native: weights become zero."""

    def __init__(self, planner: NativePlanner) -> None:
        self.planner = planner

    def costs(self, ratio: float) -> PlanCosts:
        """See `Contestant.costs`."""
        plan = self.planner.counts(ratio)
        return PlanCosts(plan.params, plan.nonzero, plan.macs, plan.effective_macs, plan.bytes)

    def sketch(self, ratio: float) -> nn.Module:
        """See `Contestant.sketch`."""
        return self.planner.masked(ratio)

    def carry_out(self, ratio: float) -> nn.Module:
        """See `Contestant.carry_out`."""
        return make_permanent(self.planner.apply(self.planner.plan(ratio)))

    def is_estimate(self, ratio: float) -> bool:
        """Never: masks follow from the weights alone."""
        return False


class Following:
    """SparseML: weights become zero by a recipe, in one shot."""

    def __init__(self, planner: SparsePlanner) -> None:
        self.planner = planner

    def costs(self, ratio: float) -> PlanCosts:
        """See `Contestant.costs`."""
        plan = self._at(ratio).counts()
        return PlanCosts(plan.params, plan.nonzero, plan.macs, plan.effective_macs, plan.bytes)

    def sketch(self, ratio: float) -> nn.Module:
        """See `Contestant.sketch`."""
        return self._at(ratio).masked()

    def carry_out(self, ratio: float) -> nn.Module:
        """See `Contestant.carry_out`."""
        return self.planner.apply(self._at(ratio).plan(), RunMode.ONE_SHOT)

    def is_estimate(self, ratio: float) -> bool:
        """Only where gradients decide on the mask."""
        return not self.planner.options.modifier.by_magnitude

    def _at(self, ratio: float) -> SparsePlanner:
        """In one shot sparsity does not grow, so its initial value may not stand above the final one."""
        options = self.planner.options
        lower = replace(options, final_sparsity=ratio, init_sparsity=min(options.init_sparsity, ratio))
        return SparsePlanner(self.planner.net, lower, self.planner.ranked)


@dataclass(frozen=True)
class Made:
    """A contestant, and what making it took in seconds."""

    contestant: Contestant
    graph: float | None  # None: the library needs no graph
    score: float | None  # None: the library scores within its own step
    note: str = ""


def _depgraph(net: Network, options: PruningOptions) -> Made:
    note = "Its step traces, groups and scores once more: the library does all of that in every call."
    planner, graph, score = _traced_and_scored(net, options)
    if graph + score < SHORT:
        planner, *again = _traced_and_scored(net, options)
        graph, score = min(graph, again[0]), min(score, again[1])
    return Made(Removing(planner), graph, score, note)


def _traced_and_scored(net: Network, options: PruningOptions) -> tuple[DepGraphPlanner, float, float]:
    """The planner, and the seconds for its graph and for its scores."""
    start = time.perf_counter()
    traced = trace(net.module, net.example_input)
    graph = time.perf_counter()
    planner = DepGraphPlanner(net, options, traced)
    return planner, graph - start, time.perf_counter() - graph


def _native(net: Network, options: NativeOptions) -> Made:
    note = "Its step scores and masks, layer after layer; making the masks permanent is part of it."
    return Made(Masking(NativePlanner(net, options)), None, None, note)


def _sparseml(net: Network, options: SparseOptions) -> Made:
    note = "Its step starts a process of its own, imports SparseML there and masks in one shot."
    return Made(Following(SparsePlanner(net, options)), None, None, note)


CONTESTANTS: Mapping[Library, Callable[[Network, Any], Made]] = {
    Library.NATIVE: _native,
    Library.DEPGRAPH: _depgraph,
    Library.SPARSEML: _sparseml,
}
