"""Several parameters ranked together: what each of them loses, at any count, without ranking again."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from explorer.backends.masked_layers import Column
from explorer.backends.native.order import TopkOrder
from explorer.backends.native.scores import Places, Scores

STOPS = 100  # shares at which what goes is counted beforehand: those that a slider stops at


class Pool:
    """Scores of several parameters in the order in which the library takes them.

    Args:
        scores: of every parameter, in any shape; their signs do not count.
        largest: whether the largest go first, else the smallest.
    """

    def __init__(self, scores: Sequence[Tensor], largest: bool) -> None:
        self._scores = Scores(scores, largest)
        self.size = self._scores.size
        self._order = TopkOrder(self._scores)
        self._stops, self._table = [0], [np.zeros(len(scores), dtype=np.int64)]  # what goes at the stops
        self._counting = self._count()

    def rank(self) -> Iterator[float]:
        """Split at the stops and count what goes there, once; yields about which share of that is done."""
        yield from self._counting

    def knows(self, count: int) -> bool:
        """Whether it can tell which `count` values go, down to the last tie."""
        return self._order.knows(count)

    def knows_counts(self, count: int) -> bool:
        """Whether it can tell how many go from each parameter: which of its equal scores go does not matter."""
        if self.knows(count):
            return True
        equal = self._order.equal(count)
        return equal is not None and np.count_nonzero(self._scores.counts(equal)) == 1

    def counts(self, count: int, tied: Places | None = None) -> Column | None:
        """Values that go from each parameter when `count` go in all; None where only the library knows.

        Args:
            tied: places of those that go and score like the last one, where it does not know them.
        """
        for _ in self._counting:
            pass
        stop = bisect_right(self._stops, count) - 1
        rest = self._order.arranged(count, self._stops[stop])
        if rest is None:
            return None
        counts = self._table[stop] + self._scores.counts(rest)
        if tied is not None:
            counts += self._scores.counts(tied) - self._scores.counts(self._order.tied(count))
        return counts

    def last(self, count: int) -> tuple[int, int]:
        """Which parameter holds the last value that goes, and where."""
        return self._scores.lies(self._order.last(count))

    def tied(self, count: int) -> Places:
        """Where the values lie that go and score like the last one, through all parameters."""
        return self._order.tied(count)

    def places(self, positions: NDArray[np.int64]) -> Places:
        """Places of values that are counted through all parameters."""
        return self._scores.places(positions)

    def within(self, places: Places, parameter: int) -> NDArray[np.int64]:
        """Those of some places that lie in a parameter, counted from its start."""
        return self._scores.within(places, parameter)

    def _count(self) -> Iterator[float]:
        yield 0.0
        work = self.size * (math.log2(STOPS) + 3)
        stops = [round(stop / STOPS * self.size) for stop in range(1, STOPS + 1)]
        for share in self._order.prepare(stops):
            yield min(self._order.looked_at / work, share)
        for stop in stops:
            taken = self._order.arranged(stop, self._stops[-1])
            if taken is not None:
                self._table.append(self._table[-1] + self._scores.counts(taken))
                self._stops.append(stop)
