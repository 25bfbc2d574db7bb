"""What removing some channels of some groups does to every axis, and which groups the library spares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.anatomy.structure import Indices, TracedItem
from explorer.backends.depgraph.ranking import Candidate, Positions
from explorer.values import Axis

AxisKey = tuple[int, Axis]  # (node key, axis)
Chosen = Callable[[int, int], Indices]  # (place of a candidate, positions that go) -> root channels that go


@dataclass(frozen=True)
class Removal:
    """Positions that go from each candidate, and the candidates that the library leaves as they are."""

    counts: Positions
    spared: tuple[int, ...]  # places of candidates that would have lost every channel of some layer


@dataclass(frozen=True)
class _Reach:
    """The axes that one candidate takes channels from."""

    axes: NDArray[np.int64]
    each: NDArray[np.int64]  # channels that go with each position; 0 where that varies
    varying: tuple[tuple[int, TracedItem], ...]  # (index into `axes`, item) where it does

    def losses(self, place: int, count: int, chosen: Chosen) -> NDArray[np.int64]:
        """Channels that go from each of `axes`."""
        losses = self.each * count
        for at, item in self.varying if count else ():
            losses[at] = np.isin(item.root, chosen(place, count)).sum()
        return losses


class Axes:
    """Every axis that stores channels of a candidate.

    Args:
        candidates: in the planner's order.
        walk: places of the candidates in the order in which the library prunes them.
    """

    def __init__(self, candidates: Sequence[Candidate], walk: NDArray[np.int64]) -> None:
        self._walk = walk
        self.places: dict[AxisKey, int] = {}
        widths: list[int] = []
        for candidate in candidates:
            for item in candidate.stored:
                if self.places.setdefault((item.node, item.axis), len(widths)) == len(widths):
                    widths.append(item.width or 0)
        self._widths = np.array(widths, dtype=np.int64)
        self._reach = [self._reach_of(candidate) for candidate in candidates]
        self._owner = np.repeat(np.arange(len(candidates)), [len(reach.axes) for reach in self._reach])
        self._axis = np.concatenate([reach.axes for reach in self._reach])
        self._each = np.concatenate([reach.each for reach in self._reach]).astype(float)
        self._varying = [place for place, reach in enumerate(self._reach) if reach.varying]

    def losses(self, counts: Positions, chosen: Chosen) -> NDArray[np.int64]:
        """Channels that every axis loses."""
        # Weights are floats here, and whole numbers below 2**53 all the same.
        total = np.bincount(self._axis, self._each * counts[self._owner], minlength=len(self._widths))
        losses = total.astype(np.int64)
        for place in self._varying:
            reach = self._reach[place]
            extra = reach.losses(place, int(counts[place]), chosen) - reach.each * counts[place]
            np.add.at(losses, reach.axes, extra)
        return losses

    def emptied(self, counts: Positions, chosen: Chosen) -> list[AxisKey]:
        """Axes that would lose every channel."""
        empty = self._widths <= self.losses(counts, chosen)
        return [key for key, place in self.places.items() if empty[place]]

    def spare(self, counts: Positions, before: Positions, chosen: Chosen) -> Removal:
        """Walk the groups in the library's order; it skips one that would empty a layer.

        Args:
            counts: positions that are to go from each candidate.
            before: those that went in earlier steps, which a skipped group stays at.
            chosen: which channels that means.
        """
        if not len(self._widths) or (self._widths > self.losses(counts, chosen)).all():
            return Removal(counts, ())
        left, spared, kept = self._widths.copy(), [], counts.copy()
        for place in self._walk:
            reach = self._reach[place]
            losses = reach.losses(place, int(counts[place]), chosen)
            if (losses[losses > 0] >= left[reach.axes][losses > 0]).any():
                spared.append(int(place))
                kept[place] = before[place]
                losses = reach.losses(place, int(before[place]), chosen)
            np.subtract.at(left, reach.axes, losses)
        return Removal(kept, tuple(spared))

    def _reach_of(self, candidate: Candidate) -> _Reach:
        items = {self.places[item.node, item.axis]: item for item in candidate.stored}
        each = [candidate.each * (item.repeat or 0) for item in items.values()]
        varying = tuple((at, item) for at, item in enumerate(items.values()) if item.repeat is None)
        return _Reach(np.array(list(items), dtype=np.int64), np.array(each, dtype=np.int64), varying)
