"""In which order torch.topk takes values, ties included: found once, then read off for every count.

On a CPU ``topk`` runs ``std::nth_element`` on (value, position) pairs unless few of them are wanted. That is
quickselect with the median of three as pivot. How it splits a stretch does not depend on how many are wanted: the
count only says into which half it goes on. So one array that is split further and further holds the answer for
every count: its first k entries are those that ``topk(k)`` takes. Splitting it at 100 counts costs less than
sorting it.

Source: ATen/native/TopKImpl.h; libstdc++ stl_algo.h, ``__introselect``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import takewhile

import numpy as np
import torch

from explorer.backends.native.scores import Keys, Places, Scores
from explorer.backends.native.stretches import Stretches

BY_HEAP = 64  # topk of n / 64 values or fewer goes another way
SMALL = 3  # nth_element sorts what is left by insertion
_LOW = 0xFFFFFFFF


class TopkOrder:
    """Scores of one pool, fewer than 2^32, as ``topk`` arranges them: split only as far as somebody asked."""

    def __init__(self, scores: Scores) -> None:
        self.looked_at = 0  # entries, by all splits together
        self._size = scores.size
        self._stretches = Stretches(scores)
        self._depth = {0: 0}  # how many splits made the stretch that starts there
        self._deepest = 2 * (self._size.bit_length() - 1)  # nth_element then goes another way

    def prepare(self, counts: Sequence[int]) -> Iterator[float]:
        """Split at many counts, the larger side of the first split before the other, which takes the least memory.

        Yields:
            The share of the counts that is done.
        """
        self.knows(self._size // 2)
        middle = self._stretches.middle
        ordered = sorted(counts, key=lambda count: (count <= middle) != (self._size // 2 <= middle))
        for done, count in enumerate(ordered, 1):
            self.knows(count)
            yield done / len(counts)
        self._stretches.pack()

    def knows(self, count: int) -> bool:
        """Whether those that are arranged first are those that go when `count` go.

        Not so where only ``topk`` itself can tell which of equal scores go: among so few that it sorts them, or on
        another C++ library.
        """
        size = self._size
        if count and not (self._settle(count) and self._settle(min(count + 1, size))):
            return False
        cuts_a_tie = 0 < count < size and self._score(count - 1) == self._score(count)
        return not cuts_a_tie or (count * BY_HEAP > size and topk_splits_like_this())

    def arranged(self, count: int, start: int = 0) -> Places | None:
        """Places of the first `count` but for the first `start` of them; None where splitting would take too long.

        They go when `count` go, but for equal scores, of which others may go unless it `knows`.
        """
        return self._stretches.places(start, count) if self._settle(count) else None

    def last(self, count: int) -> int:
        """Place of the last one that goes."""
        return self._key(count - 1) & _LOW

    def tied(self, count: int) -> Places:
        """Places of those of ``arranged(count)`` that score like the last one."""
        return np.concatenate(_alike(self._before(count), self._score(count - 1)))

    def equal(self, count: int) -> Places | None:
        """The same with those that stay; None where splitting would take too long."""
        if not self._settle(count):
            return None
        stays = _alike(self._behind(count), self._score(count - 1))
        return np.concatenate([self.tied(count), *stays])

    def _before(self, end: int) -> Iterator[Keys]:
        """The stretches up to there, the last first."""
        while end:
            at = self._stretches.around(end - 1)
            start = self._stretches.cuts[at]
            yield self._stretches.keys(at)[: end - start]
            end = start

    def _behind(self, start: int) -> Iterator[Keys]:
        """The stretches from there on."""
        while start < self._size:
            at = self._stretches.around(start)
            yield self._stretches.keys(at)[start - self._stretches.cuts[at] :]
            start = self._stretches.cuts[at + 1]

    def _key(self, position: int) -> int:
        at = self._stretches.around(position)
        return int(self._stretches.keys(at)[position - self._stretches.cuts[at]])

    def _score(self, position: int) -> int:
        return self._key(position) >> 32

    def _settle(self, count: int) -> bool:
        """Split until the entries before `count` are those that go; False where the library gives up splitting."""
        while count:
            at = self._stretches.around(count - 1)
            first, last = self._stretches.cuts[at : at + 2]
            if last - first <= SMALL:
                stretch = self._stretches.opened(at)
                stretch[:] = stretch[np.argsort(stretch >> 32, kind="stable")]
                break
            depth = self._depth[first]
            if depth == self._deepest:
                return False
            cut = self._stretches.split(at, count)
            self.looked_at += last - first
            self._depth[first] = self._depth[cut] = depth + 1
        return True


def _alike(stretches: Iterable[Keys], score: int) -> list[Places]:
    """Places that score so: where a stretch holds none, nor does any beyond it."""
    found = ((stretch[(stretch >> 32) == score] & _LOW).astype(np.uint32) for stretch in stretches)
    return list(takewhile(len, found))


@cache
def topk_splits_like_this() -> bool:
    """Whether this machine's ``topk`` breaks ties as `TopkOrder` does; other C++ libraries may not."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 50, (5000,), generator=generator, dtype=torch.int32)
    order = TopkOrder(Scores([scores.float()], largest=False))
    return all(_agrees(order, scores.float(), count) for count in range(100, 5000, 700))


def _agrees(order: TopkOrder, scores: torch.Tensor, count: int) -> bool:
    found = torch.topk(scores, count, largest=False, sorted=False).indices
    arranged = order.arranged(count)
    return arranged is not None and set(found.tolist()) == set(arranged.tolist())
