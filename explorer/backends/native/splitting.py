"""One step of ``std::nth_element``: small scores to the front, large ones to the back.

Two pointers run towards each other and swap what is on the wrong side. Which entries they stop at is known
beforehand, so whole blocks are swapped at once.

Source: libstdc++ stl_algo.h, ``__unguarded_partition_pivot``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.backends.native.scores import BLOCK, Keys, Scores

_NONE = np.empty(0, dtype=np.intp)


class Part(NamedTuple):
    """Entries that have found their sides."""

    start: int
    keys: Keys
    front: int  # how many of them belong to the front

    @property
    def cut(self) -> int:
        """Where those of the back start, or would."""
        return self.start + self.front


def split(keys: Keys) -> int:
    """Split some keys where they lie, and tell where the back starts."""

    def read(start: int, end: int) -> Keys:
        return keys[start:end]

    chosen = _median(read, len(keys))
    keys[0], keys[chosen] = int(keys[chosen]), int(keys[0])
    (last,) = deque(_parts(read, len(keys), int(keys[0]) >> 32), maxlen=1)
    keys[last.start : last.start + len(last.keys)] = last.keys  # those before were swapped where they lie
    return last.cut


def split_unread(scores: Scores) -> Iterator[Part]:
    """The same for all keys of a pool, of which two blocks are held at a time; the last part tells where."""
    chosen = _median(scores.keys, scores.size)
    first, pivot = int(scores.keys(0, 1)[0]), scores.keys(chosen, chosen + 1)

    def read(start: int, end: int) -> Keys:
        keys = scores.keys(start, end)
        if start <= chosen < end:
            keys[chosen - start] = first
        return keys

    yield Part(0, pivot, 1)
    yield from _parts(read, scores.size, int(pivot[0]) >> 32)


def _parts(read: Callable[[int, int], Keys], size: int, pivot: int) -> Iterator[Part]:
    """Split all but the first entry, which is the pivot; the last part is a copy."""
    at_least, at_most = pivot << 32, (pivot + 1) << 32
    low, high = 1, size
    front, back = read(low, low), read(high, high)
    left = right = _NONE  # entries on the wrong side, each in the order in which the pointers meet them
    while high - low >= 2 * BLOCK:
        if not len(left):
            yield Part(low - len(front), front, len(front))
            front, low = read(low, low + BLOCK), low + BLOCK
            left = np.flatnonzero(front >= at_least)
        if not len(right):
            yield Part(high, back, 0)
            back, high = read(high - BLOCK, high), high - BLOCK
            right = np.flatnonzero(back < at_most)[::-1].copy()  # `take` is slower where they run backwards
        pairs = min(len(left), len(right))
        _swap(front, left[:pairs], back, right[:pairs])
        left, right = left[pairs:], right[pairs:]
    ahead = int(left[0]) if len(left) else len(front)
    behind = int(right[0]) + 1 if len(right) else 0
    yield Part(low - len(front), front[:ahead], ahead)
    yield Part(high + behind, back[behind:], 0)
    middle = np.concatenate([front[ahead:], read(low, high), back[:behind]])
    yield Part(low - len(front) + ahead, middle, _meet(middle, at_least, at_most))


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


def _median(read: Callable[[int, int], Keys], size: int) -> int:
    """Which entry the library takes for a pivot."""
    places = 1, size // 2, size - 1
    return places[_middle(*(int(read(place, place + 1)[0]) >> 32 for place in places))]


def _middle(a: int, b: int, c: int) -> int:
    """Which of three is in the middle, with ties as ``std::__move_median_to_first`` sees them."""
    if a < b:
        return 1 if b < c else 2 if a < c else 0
    return 0 if a < c else 2 if b < c else 1
