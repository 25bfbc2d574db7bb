"""Where the labels of a scatter plot's points stand, so that none lies on another or on a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_POINT = 8  # radius of a point, in pixels
_LETTER = 8  # width of a bold letter
_HEIGHT = 12  # of a line of text
_GAP = 11  # between a point's middle and the near edge of its label


@dataclass(frozen=True)
class Side:
    """Where a label stands beside its point: pixels to the right and down, and which end of it is there."""

    dx: int
    dy: int
    align: Literal["left", "center", "right"]


_FAR = _GAP + _HEIGHT // 2
SIDES = (  # the first that is free is taken
    Side(0, -_FAR, "center"),
    Side(_GAP, 0, "left"),
    Side(0, _FAR, "center"),
    Side(-_GAP, 0, "right"),
    Side(_GAP, -_GAP, "left"),
    Side(-_GAP, -_GAP, "right"),
    Side(_GAP, _GAP, "left"),
    Side(-_GAP, _GAP, "right"),
)
_Box = tuple[float, float, float, float]  # left, top, right, bottom


def sides(points: Sequence[tuple[float, float]], texts: Sequence[str], width: float) -> list[int]:
    """The side of each label, as a place in `SIDES`.

    Args:
        points: in pixels, to the right and down.
        texts: the labels; where no side is free, the one that covers and is cut off least is taken.
        width: of the chart in pixels: what stands out of it is cut off.
    """
    taken = [_around(point) for point in points]
    chosen = []
    for point, text in zip(points, texts, strict=True):
        boxes = [_box(point, text, side) for side in SIDES]
        covered = [_cut_off(box, width) + sum(_shared(box, other) for other in taken) for box in boxes]
        best = covered.index(min(covered))
        taken.append(boxes[best])
        chosen.append(best)
    return chosen


def _around(point: tuple[float, float]) -> _Box:
    x, y = point
    return x - _POINT, y - _POINT, x + _POINT, y + _POINT


def _box(point: tuple[float, float], text: str, side: Side) -> _Box:
    x, y = point[0] + side.dx, point[1] + side.dy
    width = _LETTER * len(text)
    left = x - width * {"left": 0.0, "center": 0.5, "right": 1.0}[side.align]
    return left, y - _HEIGHT / 2, left + width, y + _HEIGHT / 2


def _cut_off(box: _Box, width: float) -> float:
    """The area that stands out of the chart on the left or right, in square pixels."""
    return (max(-box[0], 0.0) + max(box[2] - width, 0.0)) * (box[3] - box[1])


def _shared(one: _Box, other: _Box) -> float:
    """The area that two boxes have in common, in square pixels."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)
