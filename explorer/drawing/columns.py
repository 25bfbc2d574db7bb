"""Bands → columns: the chain of blocks is folded until it has about the shape of the canvas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from explorer.drawing.bands import Section, sections
from explorer.drawing.fuse import UnitGraph
from explorer.drawing.lanes import LaneCell, cells, pieces

BOX_WIDTH = 152.0
LANE_WIDTH = BOX_WIDTH + 18
ROW_HEIGHT = 42.0  # a box and the gap below it, for choosing the number of columns
BAND_EXTRA = 48.0  # title, padding and space below
COLUMN_EXTRA = 54.0  # channel on the left, gutter on the right
_LARGEST_ZOOM = 1.15  # boxes are not drawn larger than this to fill the canvas


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands: column, row within the column, lane within the row."""

    column: int
    row: int
    lane: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A band, or the part of a long one that stands in one column."""

    label: str
    scope: str
    column: int
    rows: tuple[int, int]  # first and last, within the column
    lanes: int
    units: tuple[int, ...]


@dataclass(frozen=True)
class _Loose:
    """A piece that has no column yet."""

    section: Section
    label: str
    placed: dict[int, LaneCell]

    @cached_property
    def rows(self) -> int:
        return 1 + max(cell.row for cell in self.placed.values())

    @cached_property
    def lanes(self) -> int:
        return 1 + max(cell.lane for cell in self.placed.values())

    @cached_property
    def height(self) -> float:
        return self.rows * ROW_HEIGHT + BAND_EXTRA


def fold(graph: UnitGraph, canvas: tuple[float, float]) -> tuple[list[Piece], dict[int, Place]]:
    """Every band's column, and every unit's place, for a canvas of that width and height."""
    folded: list[Piece] = []
    places: dict[int, Place] = {}
    for column, stack in enumerate(_best_columns(_loose(graph), canvas)):
        row = 0
        for piece in stack:
            last = row + piece.rows - 1
            units = tuple(piece.placed)
            folded.append(Piece(piece.label, piece.section.scope, column, (row, last), piece.lanes, units))
            places |= {u: Place(column, row + cell.row, cell.lane) for u, cell in piece.placed.items()}
            row = last + 1
    return folded, places


def zoom_at_fit(graph: UnitGraph, canvas: tuple[float, float]) -> float:
    """How large all of it can be drawn on the canvas, about."""
    return _zoom(_best_columns(_loose(graph), canvas), canvas)


def _loose(graph: UnitGraph) -> list[_Loose]:
    return [piece for section in sections(graph) for piece in _pieces(section, graph)]


def _pieces(section: Section, graph: UnitGraph) -> list[_Loose]:
    placed = cells(section.units, graph.edges)
    parts = pieces(placed)
    loose = []
    for number, part in enumerate(parts):
        top = min(placed[unit].row for unit in part)
        label = f"{section.label} …" if number and section.label else section.label
        loose.append(_Loose(section, label, {u: LaneCell(placed[u].row - top, placed[u].lane) for u in part}))
    return loose


def _best_columns(loose: list[_Loose], canvas: tuple[float, float]) -> list[list[_Loose]]:
    """The fewest columns that show the whole network as large as it can be on the canvas."""
    best: list[list[_Loose]] = []
    best_zoom = 0.0
    for count in range(1, len(loose) + 1):
        columns = _balanced(loose, count)
        zoom = _zoom(columns, canvas)
        if zoom > best_zoom * 1.02:
            best, best_zoom = columns, zoom
        elif canvas[0] / _width(columns) < 0.7 * best_zoom:
            break
    return best


def _zoom(columns: list[list[_Loose]], canvas: tuple[float, float]) -> float:
    return min(_LARGEST_ZOOM, canvas[0] / _width(columns), canvas[1] / _height(columns))


def _balanced(loose: list[_Loose], count: int) -> list[list[_Loose]]:
    """Consecutive pieces in at most ``count`` columns, the tallest as low as possible."""
    low, high = max(piece.height for piece in loose), sum(piece.height for piece in loose)
    while high - low > ROW_HEIGHT / 2:
        middle = (low + high) / 2
        low, high = (low, middle) if len(_packed(loose, middle)) <= count else (middle, high)
    return _packed(loose, high)


def _packed(loose: Iterable[_Loose], limit: float) -> list[list[_Loose]]:
    columns: list[list[_Loose]] = [[]]
    filled = 0.0
    for piece in loose:
        if columns[-1] and filled + piece.height > limit:
            columns.append([])
            filled = 0.0
        columns[-1].append(piece)
        filled += piece.height
    return columns


def _width(columns: list[list[_Loose]]) -> float:
    return sum(max(piece.lanes for piece in stack) * LANE_WIDTH + COLUMN_EXTRA for stack in columns)


def _height(columns: list[list[_Loose]]) -> float:
    return max(sum(piece.height for piece in stack) for stack in columns)
