"""DepGraph: plans which coupled channels go, in integers; Torch-Pruning carries them out.

In a single step the library scores every group on the untouched network
before it removes anything, so which channels go at any ratio is known
beforehand: sort the scores once, and a plan is arithmetic.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explorer.backends.options import check_options, check_ratio, kept_layers, parse_options
from explorer.backends.ranking import Candidate, Choice, Ranking
from explorer.counting import state_bytes
from explorer.errors import PruningError
from explorer.graph.kept import kept_because, output_layers
from explorer.graph.structure import Indices
from explorer.libraries.torch_pruning import Trace, importance, prune, trace
from explorer.network import Network
from explorer.propagation import LayerCost, layer_costs
from explorer.schema import Axis, GroupChange, LayerChange, Plan, PruningOptions, Scope
from explorer.soundness import check_couplings
from explorer.surgery import settle_widths, slice_channels

AxisKey = tuple[int, Axis]  # (node key, axis)
Removed = dict[
    tuple[str, Axis], tuple[int, ...]
]  # (layer, axis) -> channels, as numbered in the dense network


@dataclass(frozen=True)
class Removal:
    """Root channels that go from each group, and the groups that the library would leave whole."""

    taken: dict[int, Indices]  # group id -> root channels
    spared: tuple[int, ...]  # group ids that would have lost every channel of some layer


class DepGraphPlanner:
    """Structural pruning of coupled groups; see `explorer.backends.base.Planner`."""

    def __init__(
        self,
        net: Network,
        options: PruningOptions,
        traced: Trace | None = None,
        costs: Mapping[str, LayerCost] | None = None,
    ) -> None:
        """Score and rank every group once.

        Args:
            net: left untouched.
            options: criterion, scope, rounding and layers to keep.
            traced: a trace of the same network, where one is at hand.
            costs: its closed-form costs, likewise; reading them runs the network once.

        Raises:
            UnknownNameError: if a layer to keep does not exist.
            PruningError: if no group can be pruned.
        """
        check_options(net, options)
        self.net = net
        self.options = options
        self.trace = traced or trace(net.module, net.example_input)
        self.costs = costs or layer_costs(net)
        self._names = {node.key: node.path for node in self.trace.structure.nodes}
        self._outputs = output_layers(self.trace.structure)
        self._kept = kept_layers(net, options.keep)
        groups = self.trace.structure.groups
        self._stays = [kept_because(group, self._names, self._outputs, self._kept) for group in groups]
        self._bytes = state_bytes(net.module)
        self._ranking = Ranking(self._candidates(), options)

    @classmethod
    def with_options(cls, net: Network, **options: Any) -> Self:
        """Make a planner from loose options, as the notebook API takes them, for a network of anybody's.

        Raises:
            PruningError: also if DepGraph couples the network's channels wrongly.
        """
        planner = cls(net, parse_options(**options))
        planner.check()
        return planner

    def check(self) -> None:
        """Refuse a network whose couplings do not hold when half of every group goes."""
        spared = self._remove(self._some()).spared  # where half is too much for a narrow layer, one will do
        check_couplings(self.net, _as_tuples(self._cut(self._remove(self._some(only_one=spared)))))

    def plan(self, ratio: float) -> Plan:
        """What goes at `ratio`, exactly; see `Planner.plan`."""
        removal = self._remove(self._ranking.choices(check_ratio(ratio)))
        cut = self._cut(removal)
        layers, freed = self._priced(cut)
        return Plan(
            ratio=float(ratio),
            layers=layers,
            groups=tuple(self._group_changes(removal)),
            bytes_before=self._bytes,
            bytes=self._bytes - freed,
            warnings=tuple(self._warnings(removal, layers)),
            removed={path: tuple(gone.tolist()) for (path, axis), gone in cut.items() if axis is Axis.OUT},
        )

    def apply(self, plan: Plan) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning; see `Planner.apply`.

        Raises:
            PruningError: if the plan is another planner's, or the library did not do what it says.
        """
        if not isinstance(plan, Plan) or plan != self.plan(plan.ratio):
            raise PruningError(
                "This plan was not made by this planner, whose network or options differ. Make it with planner.plan."
            )
        module, removed = self.carry_out(plan)
        if removed != self.cut_at(plan.ratio):
            raise PruningError(
                f"Torch-Pruning did not remove the channels of '{self.net.name}' that were planned at ratio "
                f"{plan.ratio:g}, so the result is not handed out. Use another ratio or network."
            )
        return module

    def carry_out(self, plan: Plan) -> tuple[nn.Module, Removed]:
        """Prune a fresh copy with Torch-Pruning, and tell which channels it removed."""
        module = copy.deepcopy(self.net.module)
        removed = prune(module, self.net.example_input, self.options, plan.ratio, self._left_whole())
        return settle_widths(module), {axis: gone for axis, gone in removed.items() if gone}

    def sliced(self, ratio: float) -> nn.Module:
        """The same network without the library: a copy with the plan's channels cut out."""
        return slice_channels(copy.deepcopy(self.net.module), self.cut_at(ratio))

    def cut_at(self, ratio: float) -> Removed:
        """Channels that go from every (layer, axis) at `ratio`."""
        return _as_tuples(self._cut(self._remove(self._ranking.choices(check_ratio(ratio)))))

    def scores(self) -> dict[int, tuple[float, ...]]:
        """Importance per root channel of every group that may be pruned; heads share theirs."""
        return {c.id: tuple(c.scores.repeat(c.group.heads).tolist()) for c in self._ranking.candidates}

    def _candidates(self) -> list[Candidate]:
        """Groups that may shrink and have weights to be scored by."""
        groups = self.trace.structure.groups
        free = [n for n, why in enumerate(self._stays) if not why]
        scores = importance(self.trace, self.options.criterion, free)
        if not scores:
            raise PruningError(
                f"Network '{self.net.name}' has no group of channels that can be pruned: every layer with weights is "
                "an output, is kept, or is coupled in a way that Torch-Pruning cannot follow. Keep fewer layers, or "
                "pick another network."
            )
        return [Candidate.ranked(number, groups[number], raw) for number, raw in scores.items()]

    def _left_whole(self) -> tuple[str, ...]:
        """Layers that tell the library which groups to leave alone."""
        groups = zip(self.trace.structure.groups, self._stays, strict=True)
        roots = [self._names[group.items[0].node] for group, why in groups if why]
        return tuple(dict.fromkeys((*self._outputs, *self._kept, *(root for root in roots if root))))

    def _some(self, only_one: Sequence[int] = ()) -> Iterator[Choice]:
        """About half of every group, at random; of some groups one channel only.

        An odd number, since a wrong coupling that swaps channels in pairs maps some even halves onto themselves.
        """
        generator = torch.Generator().manual_seed(0)
        for candidate in self._ranking.candidates:
            size = len(candidate.scores)
            count = 1 if candidate.id in only_one else size // 2 | 1
            yield Choice(candidate, torch.randperm(size, generator=generator)[:count])

    def _remove(self, choices: Iterable[Choice]) -> Removal:
        """Walk the groups in the library's order; it skips one that would empty a layer."""
        widths: dict[AxisKey, int] = {}
        taken: dict[int, Indices] = {}
        spared = []
        for choice in choices:
            channels = choice.channels
            losses = _losses(choice.candidate, channels)
            if any(widths.get(axis, width) <= loss for axis, (width, loss) in losses.items()):
                spared.append(choice.candidate.id)
                continue
            for axis, (width, loss) in losses.items():
                widths[axis] = widths.get(axis, width) - loss
            taken[choice.candidate.id] = channels
        return Removal(taken, tuple(spared))

    def _cut(self, removal: Removal) -> dict[tuple[str, Axis], Indices]:
        """Channels that go from every (layer, axis), numbered as in the dense network."""
        gone: dict[tuple[str, Axis], NDArray[np.bool_]] = {}
        for candidate in self._ranking.candidates:
            if candidate.id not in removal.taken:
                continue
            taken = np.zeros(candidate.group.channels, dtype=bool)
            taken[removal.taken[candidate.id]] = True
            for item in candidate.stored:
                if path := self._names[item.node]:
                    axis = gone.setdefault((path, item.axis), np.zeros(item.width or 0, dtype=bool))
                    axis[item.index[taken[item.root]]] = True
        return {key: channels for key, axis in gone.items() if len(channels := np.flatnonzero(axis))}

    def _priced(self, cut: dict[tuple[str, Axis], Indices]) -> tuple[tuple[LayerChange, ...], int]:
        """Every layer before and after, and the bytes that all of them free."""
        layers, freed = [], 0
        for name, cost in self.costs.items():
            out = cost.out_width - len(cut.get((name, Axis.OUT), ()))
            into = out if cost.tied else cost.in_width - len(cut.get((name, Axis.IN), ()))
            params, macs, size = cost.at(out, into)
            row = cost.row
            layers.append(
                LayerChange(name, row.type, cost.out_width, out, row.params, params, row.macs, macs)
            )
            freed += cost.dense_bytes - size
        return tuple(layers), freed

    def _group_changes(self, removal: Removal) -> Iterator[GroupChange]:
        for candidate in self._ranking.candidates:
            root = self._names[candidate.group.items[0].node] or ""
            removed = len(removal.taken.get(candidate.id, ()))
            yield GroupChange(candidate.id, root, candidate.group.channels, removed)

    def _advice(self) -> str:
        if self.options.scope is Scope.LOCAL:
            return "Lower the ratio."
        return "Lower the ratio, or rank every group by itself (local scope)."

    def _warnings(self, removal: Removal, layers: Sequence[LayerChange]) -> Iterator[str]:
        for group_id in removal.spared:
            group = self.trace.structure.groups[group_id]
            yield (
                f"The group of '{self._names[group.items[0].node]}' ({group.channels} channels) would lose all "
                f"channels of a layer, so Torch-Pruning leaves it whole. {self._advice()}"
            )
        for layer in layers:
            if layer.macs_before and layer.width_after == 1 < layer.width_before:
                yield f"'{layer.name}' keeps a single channel of {layer.width_before}: expect accuracy to collapse."


def _losses(candidate: Candidate, channels: Indices) -> dict[AxisKey, tuple[int, int]]:
    """For every axis that stores channels: its dense width, and how many it would lose."""
    losses = {}
    for item in candidate.stored:
        repeat = item.repeat
        loss = int(np.isin(item.root, channels).sum()) if repeat is None else len(channels) * repeat
        losses[item.node, item.axis] = (item.width or 0, loss)
    return losses


def _as_tuples(cut: dict[tuple[str, Axis], Indices]) -> Removed:
    return {key: tuple(gone.tolist()) for key, gone in cut.items()}
