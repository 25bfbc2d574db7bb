"""In which order torch.topk takes values, ties included: found once, then read off for every count.

On a CPU ``topk`` runs ``std::nth_element`` on (value, position) pairs unless few of them are wanted. That is
quickselect with the median of three as pivot. How it splits a stretch does not depend on how many are wanted: the
count only says into which half it goes on. So one array that is split further and further holds the answer for
every count: its first k entries are those that ``topk(k)`` takes. Splitting it at 100 counts costs less than
sorting it.

Source: ATen/native/TopKImpl.h; libstdc++ stl_algo.h, ``__introselect``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import takewhile

import numpy as np
import torch
from numpy.typing import NDArray

Keys = NDArray[np.int64]
Positions = NDArray[np.int64]

BLOCK = 1 << 15  # entries looked at together: they stay in a core's cache
BY_HEAP = 64  # topk of n / 64 values or fewer goes another way
SMALL = 3  # nth_element sorts what is left by insertion
_LOW = 0xFFFFFFFF


class TopkOrder:
    """Scores of one pool as ``topk`` arranges them, split only as far as somebody asked.

    Args:
        scores: whole numbers from 0 to 2^31 - 1, the lowest going first, in pieces.
        size: how many they are in all, less than 2^32.
    """

    def __init__(self, scores: Iterable[NDArray[np.int32]], size: int) -> None:
        self.looked_at = 0  # entries, by all splits together
        self._keys = _keys(scores, size)
        self._cuts = [0, size]  # nothing before a cut scores above what is behind it
        self._depth = {0: 0}  # how many splits made the stretch that starts there
        self._deepest = 2 * (size.bit_length() - 1)  # nth_element then goes another way

    def knows(self, count: int) -> bool:
        """Whether those that are arranged first are those that go when `count` go.

        Not so where only ``topk`` itself can tell which of equal scores go: among so few that it sorts them, or on
        another C++ library.
        """
        size = len(self._keys)
        if count and not (self._settle(count) and self._settle(min(count + 1, size))):
            return False
        cuts_a_tie = 0 < count < size and self._score(count - 1) == self._score(count)
        return not cuts_a_tie or (count * BY_HEAP > size and topk_splits_like_this())

    def arranged(self, count: int, start: int = 0) -> Positions | None:
        """Positions of the first `count` but for the first `start` of them; None where splitting would take too long.

        They go when `count` go, but for equal scores, of which others may go unless it `knows`.
        """
        return self._keys[start:count] & _LOW if self._settle(count) else None

    def last(self, count: int) -> int:
        """Position of the last one that goes."""
        return int(self._keys[count - 1]) & _LOW

    def tied(self, count: int) -> Positions:
        """Positions of those of ``arranged(count)`` that score like the last one."""
        return np.concatenate(self._alike(self._before(count), self._score(count - 1)))

    def equal(self, count: int) -> Positions | None:
        """The same with those that stay; None where splitting would take too long."""
        if not self._settle(count):
            return None
        stays = self._alike(self._behind(count), self._score(count - 1))
        return np.concatenate([self.tied(count), *stays])

    def _before(self, end: int) -> Iterator[Positions]:
        """The stretches up to there, the last first."""
        while end:
            start = self._cuts[bisect_right(self._cuts, end - 1) - 1]
            yield self._keys[start:end]
            end = start

    def _behind(self, start: int) -> Iterator[Positions]:
        """The stretches from there on."""
        while start < len(self._keys):
            end = self._cuts[bisect_right(self._cuts, start)]
            yield self._keys[start:end]
            start = end

    def _alike(self, stretches: Iterable[Positions], score: int) -> list[Positions]:
        """Positions that score so: where a stretch holds none, nor does any beyond it."""
        found = (stretch[(stretch >> 32) == score] & _LOW for stretch in stretches)
        return list(takewhile(len, found))

    def _score(self, position: int) -> int:
        return int(self._keys[position]) >> 32

    def _settle(self, count: int) -> bool:
        """Split until the entries before `count` are those that go; False where the library gives up splitting."""
        while count:
            at = bisect_right(self._cuts, count - 1)
            first, last = self._cuts[at - 1], self._cuts[at]
            if last - first <= SMALL:
                stretch = self._keys[first:last]
                stretch[:] = stretch[np.argsort(stretch >> 32, kind="stable")]
                break
            depth = self._depth[first]
            if depth == self._deepest:
                return False
            cut = _split(self._keys, first, last)
            self.looked_at += last - first
            self._cuts.insert(at, cut)
            self._depth[first] = self._depth[cut] = depth + 1
        return True


def _keys(scores: Iterable[NDArray[np.int32]], size: int) -> Keys:
    """Score above, position below."""
    # NumPy would ask for huge pages, and a system whose memory is in pieces takes seconds to find them.
    keys, start = torch.empty(size, dtype=torch.int64).numpy(), 0
    for piece in scores:
        stretch = keys[start : start + len(piece)]
        stretch[:] = piece
        stretch <<= 32
        stretch |= np.arange(start, start + len(piece))
        start += len(piece)
    return keys


def _split(keys: Keys, first: int, last: int) -> int:
    """One step of ``std::nth_element`` on ``keys[first:last]``: small scores to the front.

    Two pointers run towards each other and swap what is on the wrong side. Which entries they stop at is known
    beforehand, so whole blocks are swapped at once.

    Returns:
        Where the back part starts.
    """
    pivot = _median_to_front(keys, first, last)
    at_least, at_most = pivot << 32, (pivot + 1) << 32
    low, high = first + 1, last
    while high - low > 2 * BLOCK:
        front, back = keys[low : low + BLOCK], keys[high - BLOCK : high][::-1]
        left, right = np.flatnonzero(front >= at_least), np.flatnonzero(back < at_most)
        pairs = min(len(left), len(right))
        _swap(front, left[:pairs], back, right[:pairs])
        low += int(left[pairs]) if pairs < len(left) else BLOCK
        high -= int(right[pairs]) if pairs < len(right) else BLOCK
    return low + _meet(keys[low:high], at_least, at_most)


def _meet(stretch: Keys, at_least: int, at_most: int) -> int:
    """The last swaps of the two pointers, and where they meet."""
    left = np.flatnonzero(stretch >= at_least)
    right = np.flatnonzero(stretch < at_most)[::-1]
    both = min(len(left), len(right))
    pairs = int((left[:both] < right[:both]).sum())
    _swap(stretch, left[:pairs], stretch, right[:pairs])
    meeting = int(left[pairs]) if pairs < len(left) else len(stretch)
    return min(meeting, int(right[pairs - 1])) if pairs else meeting


def _swap(front: Keys, left: NDArray[np.intp], back: Keys, right: NDArray[np.intp]) -> None:
    kept = front[left]
    front[left] = back[right]
    back[right] = kept


def _median_to_front(keys: Keys, first: int, last: int) -> int:
    """Put the pivot where the library puts it, and return its score."""
    places = first + 1, first + (last - first) // 2, last - 1
    scores = [int(keys[place]) >> 32 for place in places]
    chosen = places[_median(*scores)]
    keys[first], keys[chosen] = int(keys[chosen]), int(keys[first])
    return int(keys[first]) >> 32


def _median(a: int, b: int, c: int) -> int:
    """Which of three is in the middle, with ties as ``std::__move_median_to_first`` sees them."""
    if a < b:
        return 1 if b < c else 2 if a < c else 0
    return 0 if a < c else 2 if b < c else 1


@cache
def topk_splits_like_this() -> bool:
    """Whether this machine's ``topk`` breaks ties as `TopkOrder` does; other C++ libraries may not."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 50, (5000,), generator=generator, dtype=torch.int32)
    order = TopkOrder([scores.numpy()], len(scores))
    return all(_agrees(order, scores.float(), count) for count in range(100, 5000, 700))


def _agrees(order: TopkOrder, scores: torch.Tensor, count: int) -> bool:
    found = torch.topk(scores, count, largest=False, sorted=False).indices
    arranged = order.arranged(count)
    return arranged is not None and set(found.tolist()) == set(arranged.tolist())
