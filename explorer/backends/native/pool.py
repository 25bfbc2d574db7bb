"""Several parameters ranked together: what each of them loses, at any count, without ranking again."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.backends.masked_layers import Column
from explorer.backends.native.order import BLOCK, Positions, TopkOrder

STOPS = 100  # shares at which what goes is counted beforehand: those that a slider stops at
STRETCH = 1 << 16  # values between two such counts; a large pool has more of them
MOST_STRETCHES = 2  # between two stops: more would take a very large pool too long
_LAST = np.iinfo(np.int32).max


class Pool:
    """Scores of several parameters in the order in which the library takes them.

    Args:
        scores: of every parameter, in any shape; their signs do not count.
        largest: whether the largest go first, else the smallest.
    """

    def __init__(self, scores: Sequence[Tensor], largest: bool) -> None:
        self._ends = np.cumsum([piece.numel() for piece in scores])
        self.size = int(self._ends[-1])
        self._order = TopkOrder(_whole_numbers(scores, largest), self.size)
        self._stops, self._table = [0], [np.zeros(len(self._ends), dtype=np.int64)]  # what goes at the stops
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
        return equal is not None and np.count_nonzero(self._owners(equal)) == 1

    def counts(self, count: int, tied: Positions | None = None) -> Column | None:
        """Values that go from each parameter when `count` go in all; None where only the library knows.

        Args:
            tied: positions of those that go and score like the last one, where it does not know them.
        """
        for _ in self._counting:
            pass
        stop = bisect_right(self._stops, count) - 1
        rest = self._order.arranged(count, self._stops[stop])
        if rest is None:
            return None
        counts = self._table[stop] + self._owners(rest)
        if tied is not None:
            counts += self._owners(tied) - self._owners(self._order.tied(count))
        return counts

    def last(self, count: int) -> tuple[int, int]:
        """Which parameter holds the last value that goes, and where."""
        position = self._order.last(count)
        parameter = int(np.searchsorted(self._ends, position, "right"))
        return parameter, position - self._start(parameter)

    def tied(self, count: int) -> Positions:
        """Where the values lie that go and score like the last one, through all parameters."""
        return self._order.tied(count)

    def within(self, positions: Positions, parameter: int) -> Positions:
        """Those of some positions that lie in a parameter, counted from its start."""
        start = self._start(parameter)
        return positions[(positions >= start) & (positions < self._ends[parameter])] - start

    def _start(self, parameter: int) -> int:
        return int(self._ends[parameter - 1]) if parameter else 0

    def _count(self) -> Iterator[float]:
        yield 0.0
        parts = STOPS * min(-(-self.size // (STOPS * STRETCH)), MOST_STRETCHES)
        work = self.size * (math.log2(parts) + 2)
        for part in range(1, parts + 1):
            stop = round(part / parts * self.size)
            taken = self._order.arranged(stop, self._stops[-1])
            if taken is not None:
                self._table.append(self._table[-1] + self._owners(taken))
                self._stops.append(stop)
                yield min(self._order.looked_at / work, part / parts)

    def _owners(self, positions: Positions) -> Column:
        """How many of some positions lie in each parameter; NumPy sorts 32 bits faster than one looks them up."""
        before = np.searchsorted(np.sort(positions.astype(np.uint32)), self._ends)
        return np.diff(before, prepend=0)


def _whole_numbers(scores: Sequence[Tensor], largest: bool) -> Iterator[NDArray[np.int32]]:
    """Numbers that are ordered like the scores and equal where they are; the lowest are to go first."""
    if any(piece.dtype is torch.float64 for piece in scores):
        together = torch.cat([piece.abs().reshape(-1) for piece in scores])
        ranks = torch.unique(together, return_inverse=True)[1].int().numpy()
        yield _LAST - ranks if largest else ranks
        return
    for piece in scores:
        # In blocks, so that nothing as large as the pool is held beside its keys.
        for block in piece.reshape(-1).split(BLOCK):
            # Floats not below zero are ordered like their bits.
            bits = block.abs().float().numpy().view(np.int32)
            yield _LAST - bits if largest else bits
