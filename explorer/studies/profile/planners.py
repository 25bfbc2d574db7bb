"""DepGraph planners of one network: it is traced and its costs are read once for all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property

from torch import nn

from explorer.anatomy.network import Network
from explorer.anatomy.propagation import LayerCost, layer_costs
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import Gradients, Trace, trace
from explorer.measuring.gradients import gather_gradients
from explorer.process.steps import finished
from explorer.values import Criterion, Plan, PruningOptions


class Planners:
    """Plans and pruned copies under any options."""

    def __init__(self, net: Network) -> None:
        """Refuse a network whose couplings do not hold.

        Raises:
            PruningError: also if nothing in it can be pruned.
        """
        self.net = net
        self.under = cache(self._under)
        self._gradients = cache(self._gathered)
        self.under(PruningOptions())

    @cached_property
    def _trace(self) -> Trace:
        return trace(self.net.module, self.net.example_input)

    @cached_property
    def _costs(self) -> dict[str, LayerCost]:
        return layer_costs(self.net)

    @property
    def nodes(self) -> int:
        """Nodes of the dependency graph."""
        return len(self._trace.structure.nodes)

    def _under(self, options: PruningOptions) -> DepGraphPlanner:
        return DepGraphPlanner(
            self.net, options, self._trace, self._costs, self._gradients(options.criterion)
        )

    def _gathered(self, criterion: Criterion) -> Gradients:
        return finished(gather_gradients(self.net.module, self.net.judged_on, criterion))

    def plan(self, options: PruningOptions, ratio: float) -> Plan:
        """What goes."""
        return self.under(options).plan(ratio)

    def prune(self, options: PruningOptions, ratio: float) -> nn.Module:
        """A copy, pruned by Torch-Pruning itself.

        Raises:
            PruningError: if the library did anything but what was planned.
        """
        planner = self.under(options)
        return planner.apply(planner.plan(ratio))

    def smallest(self, options: PruningOptions) -> float:
        """The ratio that leaves fewest MACs; groups that would lose everything stay whole, so it is not always 0.95."""
        return min((0.95, 0.9, 0.85, 0.8, 0.7), key=lambda ratio: self.plan(options, ratio).macs)

    def as_costly_as(self, options: PruningOptions, macs: int) -> float:
        """The ratio at which widths that nobody rounded come closest to so many MACs."""
        free = replace(options, round_to=None)
        return min((step / 100 for step in range(96)), key=lambda r: abs(self.plan(free, r).macs - macs))
