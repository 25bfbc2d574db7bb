"""Memory for the keys of a pool, or for those of one side of its first split beside the places of the other."""

from __future__ import annotations

from collections.abc import Iterable
from mmap import MADV_DONTNEED, MAP_ANONYMOUS, MAP_PRIVATE, PAGESIZE, mmap

import numpy as np

from explorer.backends.native.scores import Keys, Places


class Memory:
    """Keys and places by the entries that they are of.

    Where a side's keys lie, its places lie packed once they are all that is kept of it. The side that is held first
    is packed towards its outer end, so that the keys of the other take what it frees.
    """

    def __init__(self, size: int) -> None:
        # Only what is written takes memory, and of that some can be given back.
        self._bytes = mmap(-1, max(8 * size, 1), flags=MAP_PRIVATE | MAP_ANONYMOUS)
        self._keys = np.frombuffer(self._bytes, dtype=np.int64, count=size)
        self._size = self._cut = size
        self._ahead = True  # whether the front is held first
        self._backwards = False
        self._of_keys = self._of_places = 0, 0  # what is added to an entry's number, on each side

    def halve(self, cut: int, ahead: bool) -> None:
        """Lay out the other side as well, once the keys of one lie there: of that ahead of the cut, or behind it."""
        self._cut, self._ahead, self._backwards = cut, ahead, not ahead
        half = -(-cut // 2) if ahead else (self._size - cut) // 2  # what the places take, in keys
        self._of_keys = (0, half - cut) if ahead else (half, 0)
        self._of_places = (0, 2 * half - cut) if ahead else (2 * half, self._size)

    def keys(self, start: int, end: int) -> Keys:
        """Those of some entries of one side."""
        off = self._of_keys[start >= self._cut]
        return self._keys[start + off : end + off]

    def places(self, start: int, end: int) -> Places:
        """The same of places."""
        off = self._of_places[start >= self._cut]
        return self._keys.view(np.uint32)[start + off : end + off]

    def in_order(self, steps: range) -> Iterable[int]:
        """As keys can be packed: no place is written where a key is still to be read."""
        return reversed(steps) if self._backwards else steps

    def packed(self, both: bool) -> None:
        """Go on to the other side, or give back what is left once both are packed, in whole pages."""
        self._backwards = False
        front, back = self._of_places
        left = (0, front), (self._cut + front, self._cut + back), (self._size + back, 2 * self._size)
        for start, end in left if both else ():
            first, last = -(-4 * start // PAGESIZE) * PAGESIZE, 4 * end // PAGESIZE * PAGESIZE
            if first < last:
                self._bytes.madvise(MADV_DONTNEED, first, last - first)
