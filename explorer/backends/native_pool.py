"""Several parameters ranked together: what each of them loses, at any count, without ranking again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.backends.masked_layers import Column
from explorer.backends.native_order import Positions, TopkOrder

STOPS = 100  # shares at which what goes is counted beforehand: those that a slider stops at
STRETCH = 1 << 16  # values between two such counts at most; a large pool has more of them
_SHIFT = 8  # a parameter is found by a table of one entry for 2^8 values, which fits into a core's cache


class Pool:
    """Scores of several parameters in the order in which the library takes them.

    Args:
        scores: of every parameter, flat, not below zero.
        largest: whether the largest go first, else the smallest.
    """

    def __init__(self, scores: Sequence[Tensor], largest: bool) -> None:
        self._ends = np.cumsum([len(piece) for piece in scores])
        self.size = int(self._ends[-1])
        self._nearby = self._at_every(1 << _SHIFT)
        self._order = TopkOrder(_whole_numbers(torch.cat(tuple(scores)), largest))

    def knows(self, count: int) -> bool:
        """Whether it can tell which `count` values go, down to the last tie."""
        return self._order.taken(count, count) is not None

    def counts(self, count: int) -> Column | None:
        """Values that go from each parameter when `count` go in all; None where only the library knows."""
        stops, table = self._counted
        stop = int(np.searchsorted(stops, count, "right")) - 1
        rest = self._order.taken(count, int(stops[stop]))
        return None if rest is None else table[stop] + self._owners(rest)

    def last(self, count: int) -> tuple[int, int]:
        """Which parameter holds the last value that goes, and where."""
        position = self._order.last(count)
        parameter = int(np.searchsorted(self._ends, position, "right"))
        return parameter, position - self._start(parameter)

    def tied(self, count: int, parameter: int) -> Positions:
        """Where that parameter's values lie that go and score like the last one."""
        start = self._start(parameter)
        positions = self._order.tied(count)
        return positions[(positions >= start) & (positions < self._ends[parameter])] - start

    def _start(self, parameter: int) -> int:
        return int(self._ends[parameter - 1]) if parameter else 0

    @cached_property
    def _counted(self) -> tuple[Column, NDArray[np.int64]]:
        """Counts at the stops, shape ``[stops, parameters]``."""
        parts = STOPS * -(-self.size // (STOPS * STRETCH))
        stops, table = [0], [np.zeros(len(self._ends), dtype=np.int64)]
        for part in range(1, parts + 1):
            stop = round(part / parts * self.size)
            taken = self._order.arranged(stop, stops[-1])
            if taken is None:
                continue
            table.append(table[-1] + self._owners(taken))
            stops.append(stop)
        return np.array(stops), np.array(table)

    def _owners(self, positions: Positions) -> Column:
        """How many of some positions lie in each parameter."""
        owners = self._nearby[positions >> _SHIFT]
        while (late := positions >= self._ends[owners]).any():
            owners += late
        return np.bincount(owners, minlength=len(self._ends))

    def _at_every(self, step: int) -> NDArray[np.int32]:
        """Which parameter holds every `step`-th value."""
        return np.searchsorted(self._ends, np.arange(0, self.size, step), "right").astype(np.int32)


def _whole_numbers(scores: Tensor, largest: bool) -> NDArray[np.int32]:
    """Numbers that are ordered like the scores and equal where they are; the lowest are to go first."""
    if scores.dtype is torch.float64:
        ranks = torch.unique(scores, return_inverse=True)[1].int().numpy()
    else:
        ranks = scores.float().numpy().view(np.int32)  # floats not below zero are ordered like their bits
    return np.iinfo(np.int32).max - ranks if largest else ranks
