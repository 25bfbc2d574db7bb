"""Which weights SparseML zeroes at a sparsity: scores sorted once, ties broken as its mask creators break them.

A mask is made of units: single weights, blocks of four, whole filters or channels. SparseML scores a unit by the
mean of its absolute weights (filters and channels by their norm) and zeroes ``round(units * sparsity)`` of them.

Source: ``sparseml.pytorch.sparsification.pruning.mask_creator`` and ``modifier_pruning_structured``, 1.8.0.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from explorer.backends.sparseml.units import Units, units_of
from explorer.values import MaskType, WeightScope

SHUFFLE_SEED = 42  # SparseML's own, for weights that are all equally small


@dataclass(frozen=True)
class Loss:
    """What one weight tensor loses."""

    masked: int  # weights under a zero
    nonzero: int  # weights left that are not zero


class UnitPool:
    """Units of one layer, or of all layers, that are ranked together."""

    def __init__(self, members: Sequence[Units]) -> None:
        self._scores = [member.scores.reshape(-1) for member in members]
        self._sizes = [len(scores) for scores in self._scores]

    @cached_property
    def _sorted(self) -> list[Tensor]:
        return [scores.sort().values for scores in self._scores]

    @cached_property
    def _ascending(self) -> Tensor:
        return self._sorted[0] if len(self._sorted) == 1 else torch.cat(self._sorted).sort().values

    def count(self, sparsity: float) -> int:
        """Units that go."""
        return round(sum(self._sizes) * sparsity) if sparsity > 0 else 0

    def counts(self, sparsity: float) -> tuple[int, ...]:
        """Units that go, member by member."""
        count = self.count(sparsity)
        if len(self._sizes) == 1 or not count:
            return (count,) * len(self._sizes)
        return tuple(below + int(ties.sum()) for below, ties in self._parts(count))

    def gone(self, sparsity: float, member: int) -> Tensor:
        """True for each unit of one member that goes, flat."""
        count, scores = self.count(sparsity), self._scores[member]
        if not count:
            return torch.zeros(len(scores), dtype=torch.bool)
        threshold = self._ascending[count - 1]
        gone = scores < threshold
        gone[scores == threshold] = self._parts(count)[member][1]
        return gone

    def _parts(self, count: int) -> list[tuple[int, Tensor]]:
        """For each member how many units are below the threshold, and which of those that equal it go."""
        threshold = self._ascending[count - 1]
        below = [int(torch.searchsorted(scores, threshold)) for scores in self._sorted]
        upto = [int(torch.searchsorted(scores, threshold, right=True)) for scores in self._sorted]
        ties = [high - low for low, high in zip(below, upto, strict=True)]
        chosen = torch.zeros(sum(ties), dtype=torch.bool)
        chosen[self._chosen(torch.arange(sum(ties)), count - sum(below), threshold)] = True
        return list(zip(below, chosen.split(ties), strict=True))

    def _chosen(self, ties: Tensor, take: int, threshold: Tensor) -> Tensor:
        """Of equal scores the last ones go; of scores that are all the least, a shuffle's first."""
        if threshold > self._ascending[0] or take == len(ties):
            return ties[len(ties) - take :]
        order = list(range(len(ties)))
        random.Random(SHUFFLE_SEED).shuffle(order)
        return ties[order[:take]]


class MaskRanking:
    """The weights of one network, ready to be masked at any sparsity.

    Args:
        weights: by the layer's dotted path, in the network's order.
        mask_type: how weights are tied into units.
        scope: what is ranked together.
        groups: structured masks only: layers that lose the same units.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        mask_type: MaskType,
        scope: WeightScope,
        groups: Sequence[Sequence[str]] = (),
    ) -> None:
        self.weights = weights
        self._units = units_of(weights, mask_type, groups)
        names = [list(weights)] if scope is WeightScope.GLOBAL else [[name] for name in weights]
        self._pools = [(members, UnitPool([self._units[name] for name in members])) for members in names]
        self._nonzero = {name: int(weight.count_nonzero()) for name, weight in weights.items()}

    def masks(self, sparsity: float) -> dict[str, Tensor]:
        """Masks in the shape of each weight, True = kept, by the layer's dotted path."""
        return {
            name: self._units[name].mask(pool.gone(sparsity, number))
            for members, pool in self._pools
            for number, name in enumerate(members)
        }

    def losses(self, sparsity: float) -> dict[str, Loss]:
        """What every layer loses, by its dotted path."""
        if sparsity <= 0:
            return {name: Loss(0, nonzero) for name, nonzero in self._nonzero.items()}
        return {
            name: loss for members, pool in self._pools for name, loss in self._lost(members, pool, sparsity)
        }

    def exact_counts(self, layer: str) -> bool:
        """Whether the count of zeros follows from the sparsity alone, whichever units go."""
        return self._units[layer].size is not None

    def _lost(self, members: Sequence[str], pool: UnitPool, sparsity: float) -> Iterator[tuple[str, Loss]]:
        for number, (name, units) in enumerate(zip(members, pool.counts(sparsity), strict=True)):
            if self._is_plain(name):
                yield name, self._counted(name, units)
            else:
                yield name, self._looked_at(name, pool.gone(sparsity, number))

    def _is_plain(self, name: str) -> bool:
        """Whether counting units tells what is left: they are of one size, and zeros that were there do not matter."""
        units, whole = self._units[name], self._nonzero[name] == self.weights[name].numel()
        return units.zeros_first or (units.size is not None and whole)

    def _counted(self, name: str, units: int) -> Loss:
        masked = units * (self._units[name].size or 0)
        return Loss(masked, min(self._nonzero[name], self.weights[name].numel() - masked))

    def _looked_at(self, name: str, gone: Tensor) -> Loss:
        mask = self._units[name].mask(gone)
        return Loss(int((~mask).sum()), int((self.weights[name] * mask).count_nonzero()))
