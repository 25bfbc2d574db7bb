"""What to expect of one group at every number of channels, between those that were measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.backends.depgraph.ranking import asked
from explorer.values import (
    Evaluation,
    GroupSensitivity,
)

HUNDREDTHS = [step / 100 for step in range(96)]


@dataclass(frozen=True)
class Curve:
    """What to expect of one group, by how many positions it loses."""

    levels: NDArray[np.int64]  # numbers of positions that a ratio with two digits can mean, from 0
    ratios: tuple[float, ...]  # the lowest such ratio of each
    slopes: NDArray[np.float64]  # added loss per position towards the next level, on the lower convex hull
    positions: NDArray[np.int64]  # numbers of positions that were measured, from 0
    losses: NDArray[np.float64]  # loss that each of these added
    lost: NDArray[np.float64]  # what each of these took: of a share the part of it, else in its own unit

    def reaches(self, count: int) -> bool:
        """Whether so many positions lie within what was measured."""
        return bool(count <= self.positions[-1])

    def added(self, count: int) -> float:
        """Expected loss that so many positions add; only where the curve reaches."""
        return float(np.interp(count, self.positions, self.losses))

    def took(self, count: int) -> float:
        """What so many positions are expected to take, in the same way; only where the curve reaches."""
        return float(np.interp(count, self.positions, self.lost))


def curve(group: GroupSensitivity, size: int, heads: int, dense: Evaluation) -> Curve:
    """What a group's measured points say at every number of positions between them.

    Args:
        group: its sensitivity.
        size: positions that it has; each is one channel, or one of every head.
        heads: channels per position.
        dense: of the whole network on the same images.
    """
    whole = dense.value if dense.by.is_share else 1.0
    measured = [(0, dense.loss, 0.0)]
    measured += [
        (p.removed // heads, p.loss, dense.by.lost(dense.value, p.value) / whole) for p in group.points
    ]
    positions, losses, lost = (np.array(column) for column in zip(*sorted(measured), strict=True))
    reachable: dict[int, float] = {}
    for ratio in HUNDREDTHS if group.nameable else [0.0]:
        if (count := asked(size, ratio)) <= positions[-1] and count < size:
            reachable.setdefault(count, ratio)
    levels = np.array(sorted(reachable), dtype=np.int64)
    added = losses - dense.loss
    return Curve(
        levels,
        tuple(reachable[int(level)] for level in levels),
        _hull_slopes(levels, np.interp(levels, positions, added)),
        positions,
        added,
        lost,
    )


def _hull_slopes(x: NDArray[np.int64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope of the lower convex hull towards each next point: behind a cliff there may be a plain."""
    hull: list[int] = []
    for at in range(len(x)):
        while len(hull) > 1 and _above(x, y, hull[-2], hull[-1], at):
            hull.pop()
        hull.append(at)
    on_hull = np.interp(x, x[hull], y[hull])
    slopes: NDArray[np.float64] = np.diff(on_hull) / np.diff(x)
    return slopes


def _above(x: NDArray[np.int64], y: NDArray[np.float64], first: int, middle: int, last: int) -> bool:
    """Whether the middle point lies on or above the line between the others."""
    return bool(
        (y[middle] - y[first]) * (x[last] - x[first]) >= (y[last] - y[first]) * (x[middle] - x[first])
    )
