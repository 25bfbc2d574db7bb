"""DepGraph: plans which coupled channels go, in integers; Torch-Pruning carries them out.

In a single step the library scores every group on the untouched network
before it removes anything, so which channels go at any ratio is known
beforehand: sort the scores once, and a plan is arithmetic.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.errors import PruningError, UnknownNameError
from explorer.graph.build import output_layers
from explorer.graph.structure import Indices, TracedGroup, TracedItem
from explorer.libraries.torch_pruning import Trace, importance, prune, trace
from explorer.network import Network
from explorer.propagation import layer_costs
from explorer.schema import Axis, Criterion, GroupChange, LayerChange, Plan, PruningOptions, Scope
from explorer.soundness import check_couplings
from explorer.surgery import settle_widths, slice_channels

AxisKey = tuple[int, Axis]  # (node key, axis)


@dataclass(frozen=True)
class _Candidate:
    """A group that may lose channels, ranked."""

    id: int
    group: TracedGroup
    scores: Tensor  # [channels / heads]: averaged over heads, as the library does
    ascending: Tensor  # the same, sorted
    stored: tuple[TracedItem, ...]  # the axes that store channels; the rest only hands them on


@dataclass(frozen=True)
class _Choice:
    """What one ratio takes from one group: how many scores, and which root channels."""

    candidate: _Candidate
    count: int
    positions: Tensor

    @property
    def channels(self) -> Indices:
        """Root channels that go: the chosen positions in every head."""
        size = len(self.candidate.scores)
        starts = np.arange(self.candidate.group.heads, dtype=np.int64)[:, None] * size
        return np.sort((starts + self.positions.numpy()[None, :]).ravel())


@dataclass(frozen=True)
class Removal:
    """Root channels that go from each group, and the groups that the library would leave whole."""

    taken: dict[int, Indices]  # group id -> root channels
    spared: tuple[int, ...]  # group ids that would have lost every channel of some layer


class DepGraphPlanner:
    """Structural pruning of coupled groups; see `explorer.backends.base.Planner`."""

    def __init__(self, net: Network, options: PruningOptions, traced: Trace | None = None) -> None:
        """Score and rank every group once.

        Args:
            net: left untouched.
            options: criterion, scope, rounding and layers to keep.
            traced: a trace of the same network, where one is at hand.

        Raises:
            UnknownNameError: if a layer to keep does not exist.
            PruningError: if no group can be pruned.
        """
        check_options(net, options)
        self.net = net
        self.options = options
        self.trace = traced or trace(net.module, net.example_input)
        self.costs = layer_costs(net)
        self.keep = tuple(dict.fromkeys((*output_layers(self.trace.structure), *options.keep)))
        self._names = {node.key: node.path for node in self.trace.structure.nodes}
        self._dense_bytes = self._priced({})[1]
        self._candidates = list(self._ranked())
        if not self._candidates:
            raise PruningError(
                f"Network '{net.name}' has no group of channels that can be pruned: every layer with weights is an "
                "output or is kept. Keep fewer layers, or pick a network with hidden layers."
            )

        self._together = torch.cat([candidate.ascending for candidate in self._candidates]).sort().values

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
        """Refuse a network whose couplings do not hold when half of the channels go."""
        check_couplings(self.net, self.cut_at(0.5))

    def plan(self, ratio: float) -> Plan:
        """What goes at `ratio`, exactly; see `Planner.plan`."""
        removal = self._remove(check_ratio(ratio))
        cut = self.cut(removal)
        layers, stored = self._priced(cut)
        return Plan(
            ratio=ratio,
            layers=layers,
            groups=tuple(self._group_changes(removal)),
            bytes_before=self._dense_bytes,
            bytes=stored,
            warnings=tuple(self._warnings(removal, layers)),
            removed={path: tuple(gone.tolist()) for (path, axis), gone in cut.items() if axis is Axis.OUT},
        )

    def apply(self, plan: Plan) -> nn.Module:
        """Prune a fresh copy with Torch-Pruning; see `Planner.apply`."""
        return self.carry_out(plan)[0]

    def carry_out(self, plan: Plan) -> tuple[nn.Module, dict[tuple[str, Axis], tuple[int, ...]]]:
        """Prune a fresh copy with Torch-Pruning, and tell which channels it removed."""
        module = copy.deepcopy(self.net.module)
        removed = prune(module, self.net.example_input, self.options, plan.ratio, self.keep)
        return settle_widths(module), removed

    def sliced(self, ratio: float) -> nn.Module:
        """The same network without the library: a copy with the plan's channels cut out."""
        return slice_channels(copy.deepcopy(self.net.module), self.cut_at(ratio))

    def cut_at(self, ratio: float) -> dict[tuple[str, Axis], tuple[int, ...]]:
        """Channels that go from every (layer, axis) at `ratio`."""
        return {key: tuple(gone.tolist()) for key, gone in self.cut(self._remove(check_ratio(ratio))).items()}

    def scores(self) -> dict[int, tuple[float, ...]]:
        """Importance per root channel of every group that may be pruned; heads share theirs."""
        return {c.id: tuple(c.scores.repeat(c.group.heads).tolist()) for c in self._candidates}

    # --- which channels ----------------------------------------------------------------------------

    def _ranked(self) -> Iterator[_Candidate]:
        scores = importance(self.trace, self.options.criterion)
        for index, (group, raw) in enumerate(zip(self.trace.structure.groups, scores, strict=True)):
            if raw is None or not self._may_shrink(group):
                continue
            averaged = raw.view(group.heads, -1).mean(dim=0) if group.heads > 1 else raw
            stored = tuple(item for item in group.items if item.width is not None)
            yield _Candidate(index, group, averaged, averaged.sort().values, stored)

    def _may_shrink(self, group: TracedGroup) -> bool:
        """The library leaves out groups with a kept layer, and those with an axis of a single channel."""
        kept = any(item.axis is Axis.OUT and self._names[item.node] in self.keep for item in group.items)
        return not kept and all(item.width != 1 for item in group.items if item.pruning_fn not in _BARE)

    def _remove(self, ratio: float) -> Removal:
        """Walk the groups in the library's order; it skips one that would empty a layer."""
        widths: dict[AxisKey, int] = {}
        taken: dict[int, Indices] = {}
        spared = []
        for choice in self._choices(ratio):
            channels = choice.channels
            losses = _losses(choice.candidate, channels)
            if any(widths.get(axis, width) <= loss for axis, (width, loss) in losses.items()):
                spared.append(choice.candidate.id)
                continue
            for axis, (width, loss) in losses.items():
                widths[axis] = widths.get(axis, width) - loss
            taken[choice.candidate.id] = channels
        return Removal(taken, tuple(spared))

    def _choices(self, ratio: float) -> Iterator[_Choice]:
        threshold = self._threshold(ratio)
        for candidate in self._candidates:
            count = self._count(candidate, ratio, threshold)
            if count:
                yield _Choice(candidate, count, self._positions(candidate, count))

    def _threshold(self, ratio: float) -> Tensor | None:
        """Global scope: the score of the last channel that goes, over all groups together."""
        if self.options.scope is Scope.LOCAL:
            return None
        count = asked(len(self._together), ratio)
        return self._together[count - 1] if count else torch.tensor(-math.inf)

    def _count(self, candidate: _Candidate, ratio: float, threshold: Tensor | None) -> int:
        if threshold is None:
            count = asked(len(candidate.scores), ratio)
        else:
            count = int(torch.searchsorted(candidate.ascending, threshold, right=True))
        if count and self.options.round_to:
            count = min(len(candidate.scores), self._rounded(candidate, count))
        return count

    def _rounded(self, candidate: _Candidate, count: int) -> int:
        """The library rounds the channels that stay down to a multiple."""
        assert self.options.round_to
        width = candidate.group.items[0].width or candidate.group.channels
        kept = width - count
        return width - (kept - kept % self.options.round_to)

    def _positions(self, candidate: _Candidate, count: int) -> Tensor:
        """Equal scores are broken by the very function that the library breaks them with."""
        if self.options.round_to:
            return torch.argsort(candidate.scores)[:count]
        if self.options.scope is Scope.GLOBAL:
            return (candidate.scores <= candidate.ascending[count - 1]).nonzero().flatten()
        return torch.topk(candidate.scores, count, largest=False).indices

    # --- what that costs ---------------------------------------------------------------------------

    def cut(self, removal: Removal) -> dict[tuple[str, Axis], Indices]:
        """Channels that go from every (layer, axis), numbered as in the dense network."""
        gone: dict[tuple[str, Axis], NDArray[np.bool_]] = {}
        for candidate in self._candidates:
            if candidate.id not in removal.taken:
                continue
            taken = _mask(candidate.group.channels, removal.taken[candidate.id])
            for item in candidate.stored:
                if path := self._names[item.node]:
                    axis = gone.setdefault((path, item.axis), np.zeros(item.width or 0, dtype=bool))
                    axis[item.index[taken[item.root]]] = True
        return {key: channels for key, axis in gone.items() if len(channels := np.flatnonzero(axis))}

    def _priced(self, cut: dict[tuple[str, Axis], Indices]) -> tuple[tuple[LayerChange, ...], int]:
        """Every layer before and after, and the bytes that all of them store."""
        layers, stored = [], 0
        for name, cost in self.costs.items():
            out = cost.out_width - len(cut.get((name, Axis.OUT), ()))
            into = out if cost.tied else cost.in_width - len(cut.get((name, Axis.IN), ()))
            params, macs, size = cost.at(out, into)
            row = cost.row
            layers.append(
                LayerChange(name, row.type, cost.out_width, out, row.params, params, row.macs, macs)
            )
            stored += size
        return tuple(layers), stored

    def _group_changes(self, removal: Removal) -> Iterator[GroupChange]:
        for candidate in self._candidates:
            root = candidate.group.items[0]
            removed = len(removal.taken.get(candidate.id, ()))
            yield GroupChange(candidate.id, self._names[root.node] or "", candidate.group.channels, removed)

    def _warnings(self, removal: Removal, layers: Sequence[LayerChange]) -> Iterator[str]:
        for group_id in removal.spared:
            group = self.trace.structure.groups[group_id]
            yield (
                f"The group of '{self._names[group.items[0].node]}' would lose all its {group.channels} channels, so "
                "Torch-Pruning leaves it whole. Lower the ratio, or rank every layer by itself (local scope)."
            )
        for layer in layers:
            if layer.macs_before and layer.width_after == 1 < layer.width_before:
                yield f"'{layer.name}' keeps a single channel of {layer.width_before}: expect accuracy to collapse."


_BARE = ("prune_parameter_out_channels", "prune_parameter_in_channels")


def asked(total: int, ratio: float) -> int:
    """Channels that the library means by a ratio: what is left of the total, rounded down, stays."""
    return total - int(total * (1 - ratio))


def _losses(candidate: _Candidate, channels: Indices) -> dict[AxisKey, tuple[int, int]]:
    """For every axis that stores channels: its dense width, and how many it would lose."""
    losses = {}
    for item in candidate.stored:
        even = item.repeat is not None
        loss = len(channels) * (item.repeat or 0) if even else int(np.isin(item.root, channels).sum())
        losses[item.node, item.axis] = (item.width or 0, loss)
    return losses


def _mask(size: int, channels: Indices) -> NDArray[np.bool_]:
    """True at each of `channels`."""
    mask = np.zeros(size, dtype=bool)
    mask[channels] = True
    return mask


def parse_options(
    criterion: str = "l2", scope: str = "local", round_to: int | None = None, keep: Sequence[str] = ()
) -> PruningOptions:
    """Options from loose words; raises `UnknownNameError` for a word that is none of them."""
    return PruningOptions(_member(Criterion, criterion), _member(Scope, scope), round_to, tuple(keep))


def _member(kind: type[Any], word: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise UnknownNameError(f"Unknown {kind.__name__.lower()} {word!r}. Known: {known}.") from None


def check_ratio(ratio: float) -> float:
    """The ratio itself, if it is a fraction in [0, 1)."""
    if not isinstance(ratio, (int, float)) or isinstance(ratio, bool) or not 0 <= ratio < 1:
        raise PruningError(
            f"Pruning ratio must be a fraction in [0, 1), got {ratio!r}. Half of the channels is 0.5."
        )
    return float(ratio)


def check_options(net: Network, options: PruningOptions) -> None:
    """Refuse a rounding that is no positive whole number, and layers that do not exist."""
    if options.round_to is not None and (not isinstance(options.round_to, int) or options.round_to < 1):
        raise PruningError(
            f"round_to must be a whole number of at least 1, got {options.round_to!r}. 8 is a usual choice."
        )
    layers = dict(net.module.named_modules())
    for name in options.keep:
        if name not in layers or not name:
            known = ", ".join(name for name, m in layers.items() if name and next(m.children(), None) is None)
            raise UnknownNameError(
                f"Network '{net.name}' has no layer {name!r} to keep. Its layers: {known[:300]}."
            )
