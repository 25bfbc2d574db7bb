"""How every line runs, in rows, lanes and tracks: never through a box.

Vertical runs use a lane without boxes between the two ends, a channel left of
the column's boxes, or a gutter between columns. Horizontal runs use the gap
above or below a row. Lines from one source share their tracks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum

from explorer.drawing.columns import Place


class Way(Enum):
    """Where the long vertical part of a line runs."""

    STRAIGHT = "straight"
    SOURCE_LANE = "source lane"
    TARGET_LANE = "target lane"
    CHANNEL = "channel"
    GUTTER = "gutter"  # between two columns
    RAIL = "rail"  # above all columns


@dataclass(frozen=True, slots=True)
class Route:
    """One line's way, and whether it enters its target from the side instead of from above."""

    way: Way
    sideways: bool

    @property
    def is_skip(self) -> bool:
        """Whether it goes round the boxes between its ends: an identity shortcut."""
        return self.way is Way.CHANNEL or (self.sideways and self.way in (Way.GUTTER, Way.RAIL))


@dataclass
class Tracks:
    """Parallel tracks of one gap, channel or gutter: which source runs from where to where."""

    spans: dict[int, tuple[int, int]] = field(default_factory=dict)

    def ask(self, source: int, start: int = 0, stop: int = 0) -> None:
        """Widen a source's span so that it holds both ends."""
        low, high = self.spans.get(source, (start, start))
        self.spans[source] = min(low, start, stop), max(high, start, stop)

    def numbers(self) -> dict[int, int]:
        """A track number for each source; two spans that touch never share one."""
        ends: list[int] = []
        chosen: dict[int, int] = {}
        for source, (low, high) in sorted(self.spans.items(), key=lambda item: item[1]):
            free = next((i for i, end in enumerate(ends) if end <= low < high), len(ends))
            ends[free : free + 1] = [high]
            chosen[source] = free
        return chosen


@dataclass
class Board:
    """All tracks of a drawing: gaps by (column, row below), channels and gutters by column."""

    gaps: defaultdict[tuple[int, int], Tracks] = field(default_factory=lambda: defaultdict(Tracks))
    channels: defaultdict[int, Tracks] = field(default_factory=lambda: defaultdict(Tracks))
    gutters: defaultdict[int, Tracks] = field(default_factory=lambda: defaultdict(Tracks))  # right of it
    rail: Tracks = field(default_factory=Tracks)

    def reserve(self, source: int, route: Route, a: Place, b: Place) -> None:
        """Ask for the tracks that a line from ``a`` to ``b`` needs."""
        if route.way is Way.STRAIGHT:
            return
        if route.way is not Way.SOURCE_LANE:
            self.gaps[a.column, a.row + 1].ask(source)
        if route.way is not Way.TARGET_LANE and not route.sideways:
            self.gaps[b.column, b.row].ask(source)
        if route.way is Way.CHANNEL:
            self.channels[a.column].ask(source, a.row, b.row)
        if route.way in (Way.GUTTER, Way.RAIL):
            self.gutters[a.column].ask(source)
        if route.way is Way.RAIL:
            self.rail.ask(source)
            self.gutters[b.column - 1].ask(source)


class Router:
    """Chooses the way of each line from where all the boxes stand."""

    def __init__(self, places: dict[int, Place], circles: set[int]) -> None:
        self._places, self._circles = places, circles
        self._full = {(place.column, place.lane, place.row) for place in places.values()}

    def route(self, source: int, target: int) -> Route:
        """The way of one line between two units, by their positions in drawing order."""
        a, b = self._places[source], self._places[target]
        if a.column != b.column or a.row >= b.row:
            near = b.column == a.column + 1
            return Route(Way.GUTTER if near else Way.RAIL, target != source + 1 and self._open(target, -1))
        if a.lane == b.lane and self._free(a.column, a.lane, a.row + 1, b.row):
            return Route(Way.STRAIGHT, False)
        if a.lane != b.lane and self._free(b.column, b.lane, a.row + 1, b.row):
            return Route(Way.TARGET_LANE, False)
        if a.lane != b.lane and self._free(a.column, a.lane, a.row + 1, b.row + 1):
            return Route(Way.SOURCE_LANE, self._open(target, a.lane))
        return Route(Way.CHANNEL, self._open(target, -1))

    def _free(self, column: int, lane: int, start: int, stop: int) -> bool:
        return all((column, lane, row) not in self._full for row in range(start, stop))

    def _open(self, target: int, lane: int) -> bool:
        """Whether a circle can be entered along its row from that lane (-1: the left edge)."""
        place = self._places[target]
        low, high = sorted((place.lane, lane))
        return target in self._circles and all(
            (place.column, between, place.row) not in self._full for between in range(low + 1, high)
        )
