"""DepGraph: plans which coupled channels go, in integers; Torch-Pruning carries them out.

In a single step the library scores every group on the untouched network
before it removes anything, so which channels go at any ratio is known
beforehand: sort the scores once, and a plan is arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.anatomy.network import Network
from explorer.anatomy.propagation import CostTable, LayerCost, Widths, layer_costs
from explorer.anatomy.soundness import verify
from explorer.anatomy.surgery import settle_widths, slice_channels
from explorer.backends.depgraph.candidates import Candidates
from explorer.backends.depgraph.cutting import Cutter
from explorer.backends.depgraph.options import check_options, check_ratio, parse_options
from explorer.backends.depgraph.plan_warnings import estimate_of, warnings_of
from explorer.backends.depgraph.ranking import Candidate, Counts, Ranking
from explorer.backends.depgraph.removal import Axes, Removal
from explorer.backends.depgraph.torch_pruning import Gradients, Order, Removed, Trace, prune, trace
from explorer.measuring.gradients import gather_gradients
from explorer.process.steps import finished
from explorer.values import (
    Axis,
    Dense,
    DenseGroup,
    DenseLayer,
    LeftWhole,
    Plan,
    PruningOptions,
    RankingClass,
)
from explorer.values.errors import PruningError

MOST_KINDS = 4  # of layers that the name of a set of groups lists


@dataclass(frozen=True)
class ChannelPlan(Plan):
    """A plan that can also tell its channels; it stays in the process that holds the network."""

    planner: DepGraphPlanner = field(kw_only=True, repr=False)

    @property
    def removed(self) -> dict[str, tuple[int, ...]]:
        """Output channels that go from every layer, numbered as in the dense network, sorted."""
        cut = self.planner.cut_at(self.ratio, Axis.OUT)
        return {path: gone for (path, _), gone in cut.items()}


@dataclass(frozen=True)
class Left:
    """Costs of what is left of a network: of every layer, parallel to `Dense.layers`, and bytes in all."""

    out: Widths
    params: Widths
    macs: Widths
    bytes: int


class DepGraphPlanner:
    """Structural pruning of coupled groups; see `explorer.backends.base.Planner`."""

    def __init__(
        self,
        net: Network,
        options: PruningOptions,
        traced: Trace | None = None,
        costs: Mapping[str, LayerCost] | None = None,
        gradients: Gradients | None = None,
    ) -> None:
        """Score and rank every group once.

        Args:
            net: left untouched.
            options: what is scored how, ranked with what, and what stays.
            traced: a trace of the same network, where one is at hand.
            costs: its closed-form costs, likewise; reading them runs the network once.
            gradients: what the criterion wants of it, likewise; gathering them passes data through the network.

        Raises:
            UnknownNameError: if a layer that the options name does not exist.
            PruningError: if no group can be pruned, as where no coupling holds, or the criterion does not suit the
                network.
        """
        check_options(net, options)
        self.net = net
        self.options = options
        self.trace = traced or trace(net.module, net.example_input)
        self._table = CostTable(costs or layer_costs(net))
        self._gradients = gradients if gradients is not None else self._gather(net.module)
        self._groups = Candidates(net, options, self.trace, self._gradients)
        self.candidates = self._groups.scored
        self.ranking = Ranking(self.candidates, options, self._groups.own_ratios)
        self._axes = Axes(self.candidates, self.ranking.walk)
        self._cutter = Cutter(self.candidates, self._groups.names)
        self._out, self._in = self._axes_of_layers(Axis.OUT), self._axes_of_layers(Axis.IN)
        self._heads = np.array([candidate.group.heads for candidate in self.candidates], dtype=np.int64)
        self._dense_bytes = int(self._table.at(self._table.out, self._table.into)[2].sum())
        self.dense = self._dense()

    @classmethod
    def with_options(cls, net: Network, **options: Any) -> Self:
        """Make a planner from loose options, as the notebook API takes them, for a network of anybody's."""
        return cls(net, parse_options(**options))

    @property
    def left_whole(self) -> tuple[LeftWhole, ...]:
        """Groups that lose no channels, each with the reason: outputs, kept layers, couplings that do not hold."""
        return self._groups.left_whole

    def plan(self, ratio: float) -> ChannelPlan:
        """What goes at `ratio`; see `Planner.plan`."""
        return self._with_channels(self.counts(ratio))

    def counts(self, ratio: float) -> Plan:
        """The plan as a plain value, without its channels."""
        removal = self._removal(check_ratio(ratio))
        left = self.left(removal.counts)
        return Plan(
            ratio=float(ratio),
            dense=self.dense,
            widths=tuple(left.out.tolist()),
            layer_params=tuple(left.params.tolist()),
            layer_macs=tuple(left.macs.tolist()),
            lost=tuple((removal.counts * self._heads).tolist()),
            bytes=left.bytes,
            warnings=tuple(warnings_of(self, float(ratio), removal, left.out)),
            estimate=estimate_of(self.options),
        )

    def left(self, counts: Counts) -> Left:
        """What is left when so many positions of every candidate go, in closed form.

        Args:
            counts: parallel to `candidates`; none may empty its group.
        """
        lost = np.append(self._axes.losses(counts, self.ranking.channels), 0)
        out, into = self._table.out - lost[self._out], self._table.into - lost[self._in]
        params, macs, size = self._table.at(out, into)
        return Left(out, params, macs, self.dense.bytes - self._dense_bytes + int(size.sum()))

    def positions_at(self, ratio: float) -> Counts:
        """Positions of every candidate that go at `ratio`."""
        return self._removal(check_ratio(ratio)).counts

    def cut_of(self, counts: Counts, only: Axis | None = None) -> Removed:
        """Channels that then go from every (layer, axis), or from one kind of axis only."""
        return self._cutter.cut(counts, self.ranking.channels, only)

    def apply(self, plan: Plan) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning; see `Planner.apply`.

        Raises:
            PruningError: if the plan is another planner's, or the library did not do what it says, or left a network
                that does not run or answer as it should.
        """
        if not self._made(plan):
            raise PruningError(
                "This plan was not made by this planner, whose network or options differ. Make it with planner.plan."
            )
        module, removed = self.carry_out(plan)
        if not plan.estimate and removed != self.cut_at(plan.ratio):
            raise PruningError(
                f"Torch-Pruning did not remove the channels of '{self.net.name}' that were planned at ratio "
                f"{plan.ratio:g}, so the result is not handed out. Use another ratio or network."
            )
        verify(self.net, module, removed)
        self._check_figures(plan, module)
        return module

    def _check_figures(self, plan: Plan, module: nn.Module) -> None:
        """Refuse a result that counts otherwise than planned."""
        figures = (
            ("parameters", plan.params, total_params(module)),
            ("MACs", plan.macs, total_macs(module, self.net.example_input)),
            ("bytes", plan.bytes, state_bytes(module)),
        )
        for what, planned, counted in figures:
            if planned != counted and not plan.estimate:
                raise PruningError(
                    f"The pruned network has {counted:,} {what}, and the plan for '{self.net.name}' said "
                    f"{planned:,}, so it is not handed out. Use another ratio or network."
                )

    def carry_out(
        self, plan: Plan, after_step: Callable[[int], None] = lambda step: None
    ) -> tuple[nn.Module, Removed]:
        """Prune a fresh copy with Torch-Pruning, and tell which channels it removed.

        Args:
            plan: whose ratio it is.
            after_step: told the number of each step of iterative pruning that is done, from 1.
        """
        module = copied(self.net.module)
        whole = {one.group for one in self.left_whole}
        order = Order(self.options, plan.ratio, whole, self._groups.own_ratio_of_roots())
        removed = prune(module, self.net.example_input, order, self._gradients_in_turn(), after_step)
        return settle_widths(module), {axis: gone for axis, gone in removed.items() if gone}

    def sliced(self, ratio: float) -> nn.Module:
        """The same network without the library: a copy with the plan's channels cut out."""
        return slice_channels(copied(self.net.module), self.cut_at(ratio))

    def cut_at(self, ratio: float, only: Axis | None = None) -> Removed:
        """Channels that go from every (layer, axis) at `ratio`, or from one kind of axis only."""
        return self.cut_of(self.positions_at(ratio), only)

    def scores(self) -> dict[int, tuple[float, ...]]:
        """Importance per root channel of every group that may be pruned; heads share theirs."""
        return {c.id: tuple(c.scores.repeat(c.group.heads).tolist()) for c in self.candidates}

    def ranking_classes(self) -> tuple[RankingClass, ...]:
        """The sets of groups that are ranked together, in the library's order."""
        return tuple(
            RankingClass(
                name=self._makeup(self.candidates[together.members[0]]),
                groups=tuple(self.candidates[place].id for place in together.members),
                roots=tuple(self.root(place) for place in together.members),
                ratio=together.own_ratio,
                scores=tuple(together.ascending.tolist()),
            )
            for together in self.ranking.sets
        )

    def root(self, place: int) -> str:
        """The layer that numbers a candidate's channels."""
        return self._groups.roots[place]

    def _gather(self, module: nn.Module) -> Gradients:
        return finished(gather_gradients(module, self.net.judged_on, self.options.criterion))

    def _gradients_in_turn(self) -> Callable[[nn.Module], Gradients]:
        """Before the first step the copy is still the dense network, whose gradients are known."""
        known = [self._gradients]
        return lambda module: known.pop() if known else self._gather(module)

    def _made(self, plan: Plan) -> bool:
        if isinstance(plan, ChannelPlan):
            return plan.planner is self and plan == self.plan(plan.ratio)
        return isinstance(plan, Plan) and plan == self.counts(plan.ratio)

    def _with_channels(self, plan: Plan) -> ChannelPlan:
        return ChannelPlan(
            **{column.name: getattr(plan, column.name) for column in fields(Plan)}, planner=self
        )

    def _dense(self) -> Dense:
        columns = zip(self._table.rows, self._table.out.tolist(), strict=True)
        return Dense(
            tuple(DenseLayer(row.name, row.type, width, row.params, row.macs) for row, width in columns),
            tuple(DenseGroup(c.id, self.root(n), c.group.channels) for n, c in enumerate(self.candidates)),
            state_bytes(self.net.module),
        )

    def _axes_of_layers(self, axis: Axis) -> NDArray[np.int64]:
        """For every layer the place of that axis; the place behind the last where it loses nothing."""
        places = {(self._groups.names[node], which): at for (node, which), at in self._axes.places.items()}
        nowhere = len(self._axes.places)
        keys = [
            (followed, Axis.IN) if followed else (name, axis)
            for name, followed in zip(self._table.names, self._table.follows, strict=True)
        ]
        return np.array([places.get(key, nowhere) for key in keys], dtype=np.int64)

    def _makeup(self, candidate: Candidate) -> str:
        """What a group is made of, in words."""
        kinds = {row.name: row.type for row in self._table.rows}
        found = [kinds[path] for item in candidate.stored if (path := self._groups.names[item.node]) in kinds]
        changes = [kind for n, kind in enumerate(found) if n == 0 or found[n - 1] != kind]
        shown = changes if len(changes) <= MOST_KINDS else [*changes[:MOST_KINDS], "…"]
        return " → ".join(shown)

    def _removal(self, ratio: float) -> Removal:
        """What goes after all steps; between two, iterative pruning raises the ratio by as much each time."""
        removal = Removal(np.zeros(len(self.candidates), dtype=np.int64), ())
        for step in range(1, self.options.steps + 1):
            counts = self.ranking.counts(step / self.options.steps * ratio)
            removal = self._axes.spare(
                np.maximum(counts, removal.counts), removal.counts, self.ranking.channels
            )
        return removal
