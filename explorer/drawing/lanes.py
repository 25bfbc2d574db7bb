"""Rows and lanes inside one band: the longest path is the spine, other branches stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TALL = 10  # rows; a longer band may be broken between two columns


@dataclass(frozen=True, slots=True)
class LaneCell:
    """Where a unit stands within its band."""

    row: int
    lane: int


def cells(units: Sequence[int], edges: Sequence[tuple[int, int]]) -> dict[int, LaneCell]:
    """A row and a lane for each unit of a band; no two share both.

    Args:
        units: positions of the band's units in drawing order.
        edges: data flow of the whole drawing, from lower to higher positions.
    """
    members = set(units)
    into: dict[int, list[int]] = {unit: [] for unit in units}
    last_reader = dict.fromkeys(units, -1)
    for source, target in edges:
        if source in members and target in members and source < target:
            into[target].append(source)
    rows: dict[int, int] = {}
    for unit in units:
        rows[unit] = 1 + max((rows[source] for source in into[unit]), default=-1)
    end = max(rows.values(), default=0)
    for source, target in edges:
        if source in members:
            last_reader[source] = max(last_reader[source], rows[target] - 1 if target in members else end)
    return _assign_lanes(rows, into, last_reader)


def _assign_lanes(
    rows: dict[int, int], into: dict[int, list[int]], last_reader: dict[int, int]
) -> dict[int, LaneCell]:
    """Longest chain first; each takes the first lane that is free from its start to its last reader."""
    lanes: list[list[tuple[int, int]]] = []
    placed: dict[int, LaneCell] = {}
    left = set(rows)
    while left:
        chain = _longest_chain(left, into)
        left -= set(chain)
        start, stop = rows[chain[0]], max(rows[chain[-1]], last_reader[chain[-1]])
        lane = next((i for i, taken in enumerate(lanes) if _free(taken, start, stop)), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((start, stop))
        placed |= {unit: LaneCell(rows[unit], lane) for unit in chain}
    return placed


def _free(taken: list[tuple[int, int]], start: int, stop: int) -> bool:
    return all(stop < a or b < start for a, b in taken)


def _longest_chain(left: set[int], into: dict[int, list[int]]) -> list[int]:
    length: dict[int, int] = {}
    before: dict[int, int] = {}
    for unit in sorted(left):
        sources = [source for source in into[unit] if source in left]
        best = max(sources, key=lambda source: (length[source], -source), default=-1)
        before[unit] = best
        length[unit] = 1 + length.get(best, 0)
    unit = max(sorted(left), key=lambda u: length[u])
    chain = [unit]
    while before[chain[-1]] >= 0:
        chain.append(before[chain[-1]])
    return chain[::-1]


def pieces(placed: dict[int, LaneCell]) -> list[list[int]]:
    """A band's units, broken where only the spine runs if the band is too long for one column."""
    count = 1 + max(cell.row for cell in placed.values())
    bounds = [0, *_cuts(placed, count), count]
    return [
        [unit for unit, cell in placed.items() if start <= cell.row < stop]
        for start, stop in pairwise(bounds)
    ]


def _cuts(placed: dict[int, LaneCell], count: int) -> list[int]:
    """Rows that start a new piece, about equally far apart."""
    wanted = -(-count // _TALL)
    crowded = {cell.row for cell in placed.values() if cell.lane}
    possible = [row for row in range(1, count) if row not in crowded and row - 1 not in crowded]
    ideal = [part * count / wanted for part in range(1, wanted)] if possible else []
    return sorted({possible[_nearest(possible, place)] for place in ideal})


def _nearest(rows: list[int], place: float) -> int:
    return min(range(len(rows)), key=lambda i: abs(rows[i] - place))
