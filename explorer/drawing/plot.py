"""Rows, lanes and tracks → pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.drawing.bands import together, within
from explorer.drawing.columns import BOX_WIDTH, LANE_WIDTH, Piece, Place
from explorer.drawing.fuse import SYMBOLS, Fused, UnitGraph
from explorer.drawing.routes import Board, Route, Way
from explorer.drawing.shapes import Band, Box, Layout, Line
from explorer.values import NodeKind

BOX_HEIGHT = 28.0
CIRCLE = 22.0  # diameter
_TRACK = 6.0  # between parallel lines
_PAD = 9.0  # between a band's edge and its boxes
_TITLE = 28.0  # the band's label, above its boxes
_SPACE = 12.0  # between bands


class Plot:
    """Rows, lanes and tracks turned into pixels."""

    def __init__(
        self, units: UnitGraph, folded: Sequence[Piece], places: dict[int, Place], board: Board
    ) -> None:
        self.units, self.folded, self.places = units.units, folded, places
        self.unrolled = units.unrolled
        self.count = 1 + max(place.column for place in places.values())
        self._number_tracks(board)
        self.top = 12 + (_SPACE + _TRACK * len(self.rail) if self.rail else 0)
        self._measure_columns()
        heights = self._row_heights()
        scopes = {number: piece.scope for piece in folded for number in piece.units}
        self.row_top: dict[tuple[int, int], float] = {}
        self.row_bottom: dict[tuple[int, int], float] = {}
        self.track_top: dict[tuple[int, int], float] = {}
        self.bottoms = [self._measure_rows(column, heights) for column in range(self.count)]
        self.boxes = [self._box(number, scopes[number]) for number in range(len(self.units))]

    def _number_tracks(self, board: Board) -> None:
        self.gaps = {key: tracks.numbers() for key, tracks in board.gaps.items()}
        self.channels = {key: tracks.numbers() for key, tracks in board.channels.items()}
        self.gutters = {key: tracks.numbers() for key, tracks in board.gutters.items()}
        self.rail = board.rail.numbers()

    def _measure_columns(self) -> None:
        self.left: list[float] = []
        self.first_lane: list[float] = []  # left edge of the first lane
        self.right: list[float] = []  # right edge of the last lane
        x = 12 + _TRACK * _height(self.gutters.get(-1, {}))
        for column in range(self.count):
            lanes = max(piece.lanes for piece in self.folded if piece.column == column)
            self.left.append(x)
            self.first_lane.append(x + 16 + _TRACK * _height(self.channels.get(column, {})))
            self.right.append(self.first_lane[-1] + (lanes - 1) * LANE_WIDTH + BOX_WIDTH)
            x = self.right[-1] + 30 + _TRACK * max(0, _height(self.gutters.get(column, {})) - 1)
        self.width = x - 6

    def _measure_rows(self, column: int, heights: Mapping[tuple[int, int], float]) -> float:
        """Place the rows of a column below each other; returns where it ends."""
        y = self.top
        for piece in (piece for piece in self.folded if piece.column == column):
            for row in range(piece.rows[0], piece.rows[1] + 1):
                self.track_top[column, row], y = self._after_gap(y, piece, row)
                self.row_top[column, row] = y
                y += heights[column, row]
                self.row_bottom[column, row] = y
        self.track_top[column, row + 1] = y + _PAD + 5
        return y + _PAD + 6 + _TRACK * self._tracks(column, row + 1)

    def _after_gap(self, y: float, piece: Piece, row: int) -> tuple[float, float]:
        """Where the tracks above a row start, and where the row itself does."""
        tracks = self._tracks(piece.column, row)
        title = _TITLE if piece.label else _PAD
        if row > piece.rows[0]:
            return y + 6, y + 15 + _TRACK * max(0, tracks - 1)
        if row > 0:
            return y + _PAD + 5, y + _PAD + _SPACE + _TRACK * tracks + title
        most = max(self._tracks(other, 0) for other in range(self.count))  # all columns start level
        return y, y + _TRACK * most + title

    def _tracks(self, column: int, row: int) -> int:
        return _height(self.gaps.get((column, row), {}))

    def _row_heights(self) -> dict[tuple[int, int], float]:
        heights: dict[tuple[int, int], float] = {}
        for unit, place in zip(self.units, self._in_order(), strict=True):
            key = place.column, place.row
            heights[key] = max(heights.get(key, 0), CIRCLE if unit.is_circle else BOX_HEIGHT)
        return heights

    def _in_order(self) -> list[Place]:
        return [self.places[number] for number in range(len(self.units))]

    def _box(self, number: int, scope: str) -> Box:
        place, unit = self.places[number], self.units[number]
        w, h = (CIRCLE, CIRCLE) if unit.is_circle else (BOX_WIDTH, BOX_HEIGHT)
        key = place.column, place.row
        middle = self.first_lane[place.column] + place.lane * LANE_WIDTH + BOX_WIDTH / 2
        y = (self.row_top[key] + self.row_bottom[key] - h) / 2
        nodes = tuple(node.id for node in unit.nodes)
        head = unit.head
        return Box(
            head.id, _label(unit, scope), _widths(unit), head.kind, middle - w / 2, y, w, h,
            place.column, unit.is_circle, nodes, len(unit.copies) or 1, unit.closed,
        )  # fmt: skip

    def drawn(self, routes: dict[tuple[int, int], Route], dense: set[tuple[int, int]]) -> Layout:
        """The finished layout."""
        lines = tuple(
            Line(
                self.boxes[a].id, self.boxes[b].id, self._points(a, b, route), route.is_skip, (a, b) in dense
            )
            for (a, b), route in routes.items()
        )
        bands = tuple(self._band(piece) for piece in self.folded)
        return Layout(tuple(self.boxes), lines, bands, self.width, max(self.bottoms) + 6)

    def _band(self, piece: Piece) -> Band:
        left, lanes = self.left[piece.column], self.first_lane[piece.column]
        top = self.row_top[piece.column, piece.rows[0]] - (_TITLE if piece.label else _PAD)
        right = lanes + (piece.lanes - 1) * LANE_WIDTH + BOX_WIDTH + 12
        bottom = self.row_bottom[piece.column, piece.rows[1]] + _PAD
        first = self.units[piece.units[0]]
        return Band(
            piece.label, lanes, piece.scope, left, top, right - left, bottom - top, piece.column,
            1 if first.closed else len(first.copies) or 1, self.unrolled.get(piece.scope, 0),
        )  # fmt: skip

    def _points(self, a: int, b: int, route: Route) -> tuple[tuple[float, float, int], ...]:
        source, target = self.boxes[a], self.boxes[b]
        sx, sy = source.x + source.w / 2, source.y + source.h
        tx, ty, middle = target.x + target.w / 2, target.y, target.y + target.h / 2
        c, d = source.column, target.column
        start = (sx, sy, c)
        if route.way is Way.STRAIGHT:
            return start, (tx, ty, d)
        below = self._gap_y(a, c, self.places[a].row + 1)
        above = self._gap_y(a, d, self.places[b].row)
        if route.way is Way.TARGET_LANE:
            return start, (sx, below, c), (tx, below, c), (tx, ty, d)
        x, lead = self._long_run(a, route, source, target, below)
        if route.sideways:
            return start, *lead, (x, middle, d), (target.x + (target.w if x > tx else 0), middle, d)
        return start, *lead, (x, above, d), (tx, above, d), (tx, ty, d)

    def _long_run(
        self, a: int, route: Route, source: Box, target: Box, below: float
    ) -> tuple[float, tuple[tuple[float, float, int], ...]]:
        """Where the last vertical run stands, and the points that lead to it."""
        sx, c = source.x + source.w / 2, source.column
        if route.way is Way.SOURCE_LANE:
            return sx, ()
        if route.way is Way.CHANNEL:
            x = self.first_lane[c] - 10 - _TRACK * self.channels.get(c, {}).get(a, 0)
            return x, ((sx, below, c), (x, below, c))
        x = self._gutter_x(a, c)
        if route.way is Way.GUTTER:
            return x, ((sx, below, c), (x, below, c))
        rail = 12 + _TRACK * self.rail.get(a, 0)
        last = self._gutter_x(a, target.column - 1)
        return last, ((sx, below, c), (x, below, c), (x, rail, -1), (last, rail, -1))

    def _gap_y(self, source: int, column: int, row: int) -> float:
        return self.track_top[column, row] + _TRACK * self.gaps.get((column, row), {}).get(source, 0)

    def _gutter_x(self, source: int, column: int) -> float:
        edge = self.right[column] + 20 if column >= 0 else 6
        return edge + _TRACK * self.gutters.get(column, {}).get(source, 0)


def _height(tracks: dict[int, int]) -> int:
    return 1 + max(tracks.values(), default=-1)


def _label(unit: Fused, scope: str) -> str:
    """A module's path within its band; an operation's symbol or name."""
    head = unit.head
    if unit.closed:
        names = [within(name, scope) for name in unit.copies or (unit.closed,)]
        return together(names) if unit.copies else names[0]
    if unit.is_circle:
        return SYMBOLS[head.kind]
    if head.id.startswith(f"{scope}."):
        return within(head.id, scope)
    return head.id if head.is_layer else head.label


def _widths(unit: Fused) -> str:
    head = unit.head
    if unit.closed:
        layers = sum(node.is_layer for node in unit.nodes) // (len(unit.copies) or 1)
        return f"{layers} layer{'' if layers == 1 else 's'}"
    if head.in_channels is None or head.out_channels is None or unit.is_circle:
        return ""
    if head.in_channels == head.out_channels and head.kind not in (NodeKind.CONV, NodeKind.LINEAR):
        return f"{head.out_channels:,}"
    return f"{head.in_channels:,}→{head.out_channels:,}"
