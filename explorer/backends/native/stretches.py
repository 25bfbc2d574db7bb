"""A pool's keys between one cut and the next, and where they are held.

Scores and places together take eight bytes a value. Of a large pool they are held for one side of the first split at
a time: what has been split is packed, to its places alone, and scores are read again where somebody asks for them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np
import torch

from explorer.backends.native.memory import Memory
from explorer.backends.native.scores import BLOCK, Keys, Places, Scores
from explorer.backends.native.splitting import Part, split, split_unread

LARGE = 1 << 25  # keys that are not held together: a quarter of a gigabyte
KEPT = 1 << 12  # keys that are never packed: those around a count are asked for again and again


class Stretches:
    """One at first, all of the pool. Nothing in a stretch scores above what is in those behind it."""

    def __init__(self, scores: Scores) -> None:
        self.size = scores.size
        self.cuts = [0, self.size]
        self.middle = self.size  # where the first split of a large pool cuts it
        self._scores = scores
        self._keys: list[Keys | None] = [None]
        self._places: list[Places | None] = [None]  # instead of the keys; neither where it was not read yet
        self._memory = Memory(self.size)

    def around(self, position: int) -> int:
        """Which one an entry is in."""
        return bisect_right(self.cuts, position) - 1

    def split(self, at: int, count: int) -> int:
        """Put two in the place of one, and tell where the second starts; of all, `count` will be asked for."""
        if len(self._keys) == 1 and self.size > LARGE:
            self._keys, self._places = [None, None], [None, None]
            ahead = self._lies_ahead(count)
            cut = self.middle = self._read(ahead)
            self._memory.halve(cut, ahead)
        else:
            keys = self.opened(at)
            cut = self.cuts[at] + split(keys)
            self._keys[at : at + 1] = np.split(keys, [cut - self.cuts[at]])
            self._places.insert(at, None)
        self.cuts.insert(at + 1, cut)
        return cut

    def opened(self, at: int) -> Keys:
        """One to be changed; the large ones that were opened before are packed."""
        if (keys := self._keys[at]) is not None:
            return keys
        self.pack()
        if (places := self._places[at]) is None:
            self._read(self.cuts[at] < self.middle)
        else:
            self._keys[at], self._places[at] = self._unpacked(places), None
        return self.opened(at)

    def keys(self, at: int) -> Keys:
        """One to be looked at."""
        places = self._places[at]
        return self.opened(at) if places is None else self._unpacked(places)

    def places(self, start: int, end: int) -> Places:
        """Places of the entries from `start` to `end`."""
        pieces = [np.empty(0, dtype=np.uint32)]
        while start < end:
            at = self.around(start)
            places, first = self._places[at], self.cuts[at]
            held = self.opened(at) if places is None else places
            pieces.append(held[start - first : end - first].astype(np.uint32))
            start = self.cuts[at + 1]
        return np.concatenate(pieces)

    def pack(self) -> None:
        """Give back what takes much: of a large pool's long stretches the places alone are kept."""
        if self.middle == self.size:
            return
        for at in self._memory.in_order(range(len(self._keys))):
            if (keys := self._keys[at]) is None:
                continue
            if len(keys) > KEPT:
                self._keys[at], self._places[at] = None, self._packed(at, keys)
            elif keys.base is not None:  # else it is a copy already
                self._keys[at] = keys.copy()
        self._memory.packed(both=self._is_read(0) and self._is_read(-1))

    def _is_read(self, at: int) -> bool:
        return self._keys[at] is not None or self._places[at] is not None

    def _packed(self, at: int, keys: Keys) -> Places:
        places = self._memory.places(self.cuts[at], self.cuts[at + 1])
        for start in self._memory.in_order(range(0, len(keys), BLOCK)):
            places[start : start + BLOCK] = keys[start : start + BLOCK]
        return places

    def _unpacked(self, places: Places) -> Keys:
        # NumPy would ask for huge pages, and a system whose memory is in pieces takes seconds to find them.
        keys = torch.empty(len(places), dtype=torch.int64).numpy()
        for first in range(0, len(places), BLOCK):
            block, some = keys[first : first + BLOCK], places[first : first + BLOCK]
            block[:] = self._scores.at(some)
            block <<= 32
            block |= some
        return keys

    def _read(self, ahead: bool) -> int:
        """Hold the keys of one side of the first split, and tell where it cuts."""
        cut = 0
        for part in self._parts():
            cut = part.cut
            keys, start = (part.keys[: part.front], part.start) if ahead else (part.keys[part.front :], cut)
            self._memory.keys(start, start + len(keys))[:] = keys
        self._keys[0 if ahead else -1] = self._memory.keys(*((0, cut) if ahead else (cut, self.size)))
        return cut

    def _parts(self) -> Iterator[Part]:
        """All keys after the first split; of a small pool as they are, ahead of a cut behind them."""
        if len(self._keys) > 1:
            yield from split_unread(self._scores)
            return
        for start in range(0, self.size, BLOCK):
            keys = self._scores.keys(start, min(start + BLOCK, self.size))
            yield Part(start, keys, len(keys))

    def _lies_ahead(self, count: int) -> bool:
        """Whether so many entries end ahead of the first split: a guess from some blocks, since both sides do."""
        pivot = next(split_unread(self._scores)).keys
        starts = range(0, self.size, 64 * BLOCK)
        blocks = [self._scores.keys(start, min(start + BLOCK, self.size)) for start in starts]
        below = sum(int(np.count_nonzero(block < pivot)) for block in blocks)
        return count * sum(map(len, blocks)) <= below * self.size
