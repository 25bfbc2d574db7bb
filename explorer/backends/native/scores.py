"""Scores of several parameters as whole numbers, read where the parameters lie: a large network has very many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.backends.masked_layers import Column

Places = NDArray[np.uint32]
Keys = NDArray[np.int64]  # score above, place below

PAGE = 16  # bits; no page of places holds two parameters, so that a place tells its own
BLOCK = 1 << 15  # values looked at together: they stay in a core's cache
_COUNTED = np.arange(2 * BLOCK)
_LAST = np.iinfo(np.int32).max


class Scores:
    """Numbers from 0 to 2^31 - 1, ordered like the scores and equal where they are; the lowest are to go first.

    Args:
        scores: of every parameter, in any shape; their signs do not count.
        largest: whether the largest go first, else the smallest.
    """

    def __init__(self, scores: Sequence[Tensor], largest: bool) -> None:
        self._pieces = _comparable(scores)
        self._largest = largest
        sizes = np.array([len(piece) for piece in self._pieces])
        self.size = int(sizes.sum())
        self._starts, self._ends = np.cumsum(sizes) - sizes, np.cumsum(sizes)
        pages = np.maximum(-(-sizes >> PAGE), 1)
        self._first = (np.cumsum(pages) - pages) << PAGE  # place of each parameter's first value
        self._owners = np.repeat(np.arange(len(sizes)), pages)  # of each page

    def keys(self, start: int, end: int) -> Keys:
        """Scores and places of the values from `start` to `end`, counted through all parameters."""
        keys = np.empty(end - start, dtype=np.int64)
        for owner in range(self._owner(start), self._owner(end - 1) + 1):
            before = int(self._starts[owner])
            first, last = max(start, before), min(end, int(self._ends[owner]))
            stretch = keys[first - start : last - start]
            stretch[:] = self._whole(self._pieces[owner][first - before : last - before])
            stretch <<= 32
            stretch += _COUNTED[: last - first]
            stretch += int(self._first[owner]) + first - before
        return keys

    def at(self, places: Places) -> NDArray[np.int32]:
        """Scores at some places, read in the order in which they lie."""
        found = np.empty(len(places), dtype=np.int32)
        ordered = np.sort(places.astype(np.int64) << 31 | np.arange(len(places)))
        lying, asked = ordered >> 31, ordered & _LAST
        ends = np.append(np.searchsorted(lying, self._first), len(places))
        for owner in np.flatnonzero(np.diff(ends)):
            here = slice(ends[owner], ends[owner + 1])
            positions = torch.from_numpy(lying[here] - self._first[owner])
            found[asked[here]] = self._whole(self._pieces[owner].index_select(0, positions))
        return found

    def counts(self, places: Places) -> Column:
        """How many of some places lie in each parameter."""
        pages = torch.from_numpy((places >> PAGE).view(np.int32)).bincount(minlength=len(self._owners))
        return np.add.reduceat(pages.numpy(), self._first >> PAGE)

    def places(self, positions: NDArray[np.int64]) -> Places:
        """Places of values that are counted through all parameters."""
        owners = np.searchsorted(self._ends, positions, "right")
        return (positions + (self._first - self._starts)[owners]).astype(np.uint32)

    def within(self, places: Places, parameter: int) -> NDArray[np.int64]:
        """Those of some places that lie in a parameter, counted from its start."""
        here = places[self._owners[places >> PAGE] == parameter]
        return here - self._first[parameter]

    def lies(self, place: int) -> tuple[int, int]:
        """Which parameter a place is in, and where."""
        owner = int(self._owners[place >> PAGE])
        return owner, place - int(self._first[owner])

    def _owner(self, position: int) -> int:
        return int(np.searchsorted(self._ends, position, "right"))

    def _whole(self, values: Tensor) -> NDArray[np.int32]:
        # Floats not below zero are ordered like their bits.
        bits = (values if values.dtype is torch.int32 else values.abs().float().view(torch.int32)).numpy()
        return _LAST - bits if self._largest else bits


def _comparable(scores: Sequence[Tensor]) -> list[Tensor]:
    """All flat; ranks where their bits are too many."""
    pieces = [piece.reshape(-1) for piece in scores]
    if not any(piece.dtype is torch.float64 for piece in pieces):
        return pieces
    ranks = torch.unique(torch.cat(pieces).abs(), return_inverse=True)[1].int()
    return list(ranks.split([len(piece) for piece in pieces]))
