"""The groups of one network, scored and ranked: every plan is arithmetic on what is known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.anatomy.counting import effective, state_bytes
from explorer.anatomy.network import Network
from explorer.anatomy.propagation import CostTable, LayerCost, Sums, Widths
from explorer.anatomy.structure import TracedItem
from explorer.anatomy.zeros import Zeros, weights_of
from explorer.backends.depgraph.candidates import Candidates
from explorer.backends.depgraph.couplings import Stays
from explorer.backends.depgraph.cutting import Cutter
from explorer.backends.depgraph.products import Products
from explorer.backends.depgraph.ranking import Candidate, Positions, Ranking
from explorer.backends.depgraph.removal import Axes, Chosen, Removal
from explorer.backends.depgraph.torch_pruning import Gradients, Order, Removed, Trace
from explorer.values import Axis, ChannelOptions, DenseGroup, DenseLayers, RankingClass

MOST_KINDS = 4  # of layers that the name of a set of groups lists


@dataclass(frozen=True)
class Left:
    """Widths and costs of every layer that is left, parallel to the columns of `DenseLayers`, and bytes in all."""

    out: Widths
    into: Widths
    params: Widths
    macs: Widths
    bytes: int


class RankedGroups:
    """Which channels go at any ratio, and what that leaves.

    Args:
        net: left untouched.
        options: what is scored how, ranked with what, and what stays.
        traced: a trace of the network.
        stays: why each of its groups has to stay whole, '' where it need not.
        costs: closed-form costs of its layers.
        gradients: what the criterion wants of it.

    Raises:
        PruningError: if no group can be pruned, or the criterion does not suit the network.
    """

    def __init__(
        self,
        net: Network,
        options: ChannelOptions,
        traced: Trace,
        stays: Stays,
        costs: Mapping[str, LayerCost],
        gradients: Gradients,
    ) -> None:
        self.net = net
        self.options = options
        self._costs = costs
        self._table = CostTable(costs)
        self._found = Candidates(net, options, traced, stays, gradients)
        self.candidates = self._found.scored
        self.left_whole = self._found.left_whole
        self.ranking = Ranking(self.candidates, options, self._found.own_ratios)
        self._axes = Axes(self.candidates, self.ranking.walk)
        self._cutter = Cutter(self.candidates, self._found.names)
        self._products = Products(self.candidates, traced, self._table.names)
        self._out, self._in = self._axes_of_layers(Axis.OUT), self._axes_of_layers(Axis.IN)
        self._each = np.array([candidate.each for candidate in self.candidates], dtype=np.int64)
        self._other_bytes = state_bytes(net.module) - int(
            self._table.at(self._table.out, self._table.into)[2].sum()
        )
        self.groups = tuple(
            DenseGroup(c.id, self.root(n), c.group.channels) for n, c in enumerate(self.candidates)
        )

    def removal(self, ratio: float) -> Removal:
        """What goes after all steps; between two, iterative pruning raises the ratio by as much each time."""
        removal = Removal(np.zeros(len(self.candidates), dtype=np.int64), ())
        for step in range(1, self.options.steps + 1):
            counts = self.ranking.counts(step / self.options.steps * ratio)
            removal = self._axes.spare(
                np.maximum(counts, removal.counts), removal.counts, self.ranking.channels
            )
        return removal

    def left(self, counts: Positions, chosen: Chosen | None = None) -> Left:
        """What is left when so many positions of every candidate go, in closed form.

        Args:
            counts: parallel to `candidates`; none may empty its group.
            chosen: which channels that means; None: the weakest.
        """
        chosen = chosen or self.ranking.channels
        lost = np.append(self._axes.losses(counts, chosen), 0)
        out, into = self._table.settled(self._table.out - lost[self._out], self._table.into - lost[self._in])
        params, macs, size = self._table.at(out, into)
        macs = macs - self._products.spared(counts, chosen)
        return Left(out, into, params, macs, self._other_bytes + int(size.sum()))

    def not_zero(self, left: Left, counts: Positions, chosen: Chosen | None = None) -> tuple[Widths, Widths]:
        """Parameters that are not zero, and MACs whose weight is not, of every layer."""
        channels = chosen or self.ranking.channels
        zeros, of_weights = self._zeros.left(
            left.out,
            left.into,
            lambda layers: self._cutter.gone(counts, channels, lambda where: where[0] in layers),
        )
        weights = self._weights.at(left.out, left.into)
        has_weight = weights > 0
        nonzero = np.where(has_weight, weights - of_weights, 1)
        return left.params - zeros, effective(left.macs, nonzero, np.where(has_weight, weights, 1))

    def lost(self, counts: Positions) -> tuple[int, ...]:
        """Channels that every group loses."""
        return tuple((counts * self._each).tolist())

    def cut_of(self, counts: Positions, only: Axis | None = None, chosen: Chosen | None = None) -> Removed:
        """Channels that then go from every (layer, axis), or from one kind of axis only."""
        return self._cutter.cut(counts, chosen or self.ranking.channels, only)

    def emptied(self, counts: Positions, chosen: Chosen) -> list[str]:
        """Layers that would lose every channel of an axis."""
        nodes = self._axes.emptied(counts, chosen)
        return list(dict.fromkeys(filter(None, (self._found.names[node] for node, _ in nodes))))

    def holding(self, layer: str) -> tuple[tuple[int, TracedItem], ...]:
        """Every group that holds output channels of a layer: its number, and where they lie in it."""
        return self._found.holding(layer)

    def order(self, ratio: float) -> Order:
        """What the library is asked to do."""
        whole = {one.group for one in self.left_whole}
        own = self._found.own_ratio_of_roots()
        by_head = (self.root(place) for place, one in enumerate(self.candidates) if one.by_head)
        return Order(self.options, ratio, whole, own, tuple(root for root in by_head if root not in own))

    @cached_property
    def dense(self) -> DenseLayers:
        """What all plans start from."""
        nothing = np.zeros(len(self.candidates), dtype=np.int64)
        rows = self._table.rows
        nonzero, effective_macs = self.not_zero(self.left(nothing), nothing)
        return DenseLayers(
            names=tuple(row.name for row in rows),
            types=tuple(row.type for row in rows),
            widths=tuple(self._table.out.tolist()),
            params=tuple(row.params for row in rows),
            nonzero=tuple(nonzero.tolist()),
            macs=tuple(row.macs for row in rows),
            bytes=state_bytes(self.net.module),
            effective_macs=tuple(effective_macs.tolist()),
        )

    def scores(self) -> dict[int, tuple[float, ...]]:
        """Importance per root channel of every group that may be pruned; heads share theirs."""
        return {c.id: tuple(c.score_by_channel.tolist()) for c in self.candidates}

    def classes(self) -> tuple[RankingClass, ...]:
        """The sets of groups that are ranked together, in the library's order."""
        return tuple(
            RankingClass(
                name=self._makeup(self.candidates[together.members[0]]),
                groups=tuple(self.candidates[place].id for place in together.members),
                roots=tuple(self.root(place) for place in together.members),
                ratio=together.own_ratio,
                scores=tuple(together.ascending.tolist()),
                of_heads=self.candidates[together.members[0]].by_head,
            )
            for together in self.ranking.sets
        )

    def root(self, place: int) -> str:
        """The layer that numbers a candidate's channels."""
        return self._found.roots[place]

    @cached_property
    def _zeros(self) -> Zeros:
        return Zeros(self.net.module, self._costs)

    @cached_property
    def _weights(self) -> Sums:
        return weights_of(self._costs, self.net.module)

    def _axes_of_layers(self, axis: Axis) -> NDArray[np.int64]:
        """For every layer the place of that axis; the place behind the last where it loses nothing."""
        places = {(self._found.names[node], which): at for (node, which), at in self._axes.places.items()}
        nowhere = len(self._axes.places)
        keys = [
            (followed, Axis.IN) if followed else (name, axis)
            for name, followed in zip(self._table.names, self._table.follows, strict=True)
        ]
        return np.array([places.get(key, nowhere) for key in keys], dtype=np.int64)

    def _makeup(self, candidate: Candidate) -> str:
        """What a group is made of, in words."""
        kinds = {row.name: row.type for row in self._table.rows}
        found = [kinds[path] for item in candidate.stored if (path := self._found.names[item.node]) in kinds]
        changes = [kind for n, kind in enumerate(found) if n == 0 or found[n - 1] != kind]
        shown = changes if len(changes) <= MOST_KINDS else [*changes[:MOST_KINDS], "…"]
        return " → ".join(shown)
