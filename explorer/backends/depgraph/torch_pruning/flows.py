"""How channels are renumbered on their way from one node to the next, on index arrays.

Torch-Pruning's own lists hold one Python tuple for each feature; a linear layer behind a flatten of 800,000 hangs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.anatomy.structure import Indices

Size = Callable[[], int]  # read anew each time: pruning changes it


class Channels:
    """Channels of one axis, and for each of them the root's channel that it goes with.

    Args:
        low: smallest of them.
        high: largest; below `low` where there are none.
        ahead: where they are all from `low` to `high`, how far their roots are ahead of them.
        at: their numbers, shape ``[n]``, where they are not.
        root: the root's channels, likewise.
    """

    __slots__ = ("_at", "_root", "ahead", "high", "low")

    def __init__(
        self, low: int, high: int, ahead: int | None, at: Indices | None = None, root: Indices | None = None
    ) -> None:
        self.low, self.high, self.ahead = low, high, ahead
        self._at, self._root = at, root

    @classmethod
    def of(cls, at: Indices, root: Indices) -> Channels:
        """Two arrays of the same length."""
        if not len(at):
            return NONE
        return cls(int(at.min()), int(at.max()), None, at, root)

    @property
    def at(self) -> Indices:
        """Their numbers."""
        if self._at is None:
            self._at = np.arange(self.low, self.high + 1, dtype=np.int64)
        return self._at

    @property
    def root(self) -> Indices:
        """The root's channels, parallel to them."""
        if self._root is None:
            self._root = np.arange(self.low, self.high + 1, dtype=np.int64) + (self.ahead or 0)
        return self._root

    def __bool__(self) -> bool:
        return self.high >= self.low

    def shifted(self, offset: int) -> Channels:
        """The same channels, numbered from elsewhere."""
        if not offset or not self:
            return self
        if self.ahead is not None:
            return Channels(self.low + offset, self.high + offset, self.ahead - offset)
        return Channels(self.low + offset, self.high + offset, None, self.at + offset, self.root)

    def within(self, start: int, stop: int) -> Channels:
        """Those of a range."""
        if self.low >= start and self.high < stop:
            return self
        if self.low >= stop or self.high < start:
            return NONE
        if self.ahead is not None:
            return Channels(max(self.low, start), min(self.high, stop - 1), self.ahead)
        return self.chosen((self.at >= start) & (self.at < stop))

    def chosen(self, mask: NDArray[np.bool_]) -> Channels:
        """Some of them."""
        return Channels.of(self.at[mask], self.root[mask])

    def spread(self, each: Indices) -> Channels:
        """Several channels in the place of each.

        Args:
            each: shape ``[channels, times]``.
        """
        return Channels.of(each.ravel(), np.repeat(self.root, each.shape[1]))


def numbered(index: Indices) -> Channels:
    """The root's own channels."""
    if len(index) and index[-1] - index[0] == len(index) - 1 and (np.diff(index) == 1).all():
        return Channels(int(index[0]), int(index[-1]), 0)
    return Channels.of(index, index)


NONE = Channels(0, -1, None, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


class Flow:
    """Channels pass on as they are numbered; the flows below renumber them."""

    def along(self, channels: Channels) -> Channels:
        """With the data."""
        return channels

    def against(self, channels: Channels) -> Channels:
        """From the reader back to the producer."""
        return channels

    def width(self, before: int) -> int:
        """How many there are behind it."""
        return before


SAME = Flow()


@dataclass(frozen=True)
class Shift(Flow):
    """One part of a concatenation."""

    start: Size
    size: Size

    def along(self, channels: Channels) -> Channels:
        return channels.shifted(self.start())

    def against(self, channels: Channels) -> Channels:
        start = self.start()
        return channels.within(start, start + self.size()).shifted(-start)


@dataclass(frozen=True)
class Part(Flow):
    """One of several equal parts of a split. All must lose the same positions, or the next split cuts elsewhere."""

    number: int
    parts: int
    whole: Size

    def along(self, channels: Channels) -> Channels:
        size = self.whole() // self.parts
        return channels.within(self.number * size, (self.number + 1) * size).shifted(-self.number * size)

    def against(self, channels: Channels) -> Channels:
        return channels.spread(channels.at[:, None] + np.arange(self.parts) * (self.whole() // self.parts))

    def width(self, before: int) -> int:
        return before // self.parts


@dataclass(frozen=True)
class Stretch(Flow):
    """A slice, or one of several parts whose sizes the network's code holds."""

    start: int
    stop: int
    step: int = 1

    def along(self, channels: Channels) -> Channels:
        inside = channels.within(self.start, self.stop)
        if self.step == 1:
            return inside.shifted(-self.start)
        chosen = (inside.at - self.start) % self.step == 0
        return Channels.of((inside.at[chosen] - self.start) // self.step, inside.root[chosen])

    def against(self, channels: Channels) -> Channels:
        return Channels.of(channels.at * self.step + self.start, channels.root)

    def width(self, before: int) -> int:
        return len(range(self.start, min(self.stop, before), self.step))


@dataclass(frozen=True)
class Merge(Flow):
    """A flatten: axes before the channels (`outer`) and behind them (`inner`) become one with theirs."""

    outer: int
    inner: int
    channels: Size

    def along(self, channels: Channels) -> Channels:
        starts = np.arange(self.outer) * (self.channels() * self.inner)
        within = (starts[:, None] + np.arange(self.inner)).ravel()
        return channels.spread(channels.at[:, None] * self.inner + within)

    def against(self, channels: Channels) -> Channels:
        return _once(channels.at // self.inner % self.channels(), channels.root)

    def width(self, before: int) -> int:
        return before * self.outer * self.inner


def _once(at: Indices, root: Indices) -> Channels:
    """Each channel once with each of its roots."""
    pairs = np.stack([at, root])
    at, root = pairs[:, np.sort(np.unique(pairs, axis=1, return_index=True)[1])]
    return Channels.of(at, root)


@dataclass(frozen=True)
class Fused(Flow):
    """Several results of one layer, side by side, that are used channel by channel together.

    Args:
        parts: so many equal ones.
        size: channels of one.
        inner: so many beside each other become one channel, as in a pixel shuffle.
    """

    parts: int
    size: Size
    inner: int = 1

    def along(self, channels: Channels) -> Channels:
        return _once(channels.at // self.inner % self.size(), channels.root)

    def against(self, channels: Channels) -> Channels:
        starts = np.arange(self.parts) * (self.size() * self.inner)
        within = (starts[:, None] + np.arange(self.inner)).ravel()
        return channels.spread(channels.at[:, None] * self.inner + within)

    def width(self, before: int) -> int:
        return before // (self.parts * self.inner)


@dataclass(frozen=True)
class Shared(Flow):
    """Keys or values that several heads of queries read.

    Args:
        size: channels of a head.
        readers: heads that read each.
    """

    size: int
    readers: int

    def along(self, channels: Channels) -> Channels:
        first = channels.at // self.size * self.readers * self.size + channels.at % self.size
        return channels.spread(first[:, None] + np.arange(self.readers) * self.size)

    def against(self, channels: Channels) -> Channels:
        at = channels.at // (self.size * self.readers) * self.size + channels.at % self.size
        return _once(at, channels.root)

    def width(self, before: int) -> int:
        return before * self.readers


@dataclass(frozen=True)
class ByHead(Flow):
    """Queries, keys and values of one layer that lie head by head, and are used channel by channel together."""

    parts: int
    size: Size  # channels of one of them, of one head

    def along(self, channels: Channels) -> Channels:
        size = self.size()
        at = channels.at // (self.parts * size) * size + channels.at % size
        return Channels.of(at, channels.root)

    def against(self, channels: Channels) -> Channels:
        size = self.size()
        first = channels.at // size * self.parts * size + channels.at % size
        return channels.spread(first[:, None] + np.arange(self.parts) * size)

    def width(self, before: int) -> int:
        return before // self.parts
