"""What is drawn, with its place. Units are pixels at zoom 1; the origin is the top left corner."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values import NodeKind


@dataclass(frozen=True, slots=True)
class Box:
    """One box or circle; ``x, y`` is its top left corner."""

    id: str  # id of its first node
    label: str
    sublabel: str  # "64→256"
    kind: NodeKind
    x: float
    y: float
    w: float
    h: float
    column: int
    circle: bool
    nodes: tuple[str, ...]  # ids of the nodes in it, in order of the data flow; those of the first copy first
    copies: int = 1  # equal blocks that it is drawn for
    closed: str = ""  # the module that it stands for


@dataclass(frozen=True, slots=True)
class Line:
    """Data flow between two boxes, as a polyline of ``(x, y, column)``.

    A point moves down with its column when a box above it expands; column -1 never moves.
    """

    source: str  # box ids
    target: str
    points: tuple[tuple[float, float, int], ...]
    shortcut: bool  # an identity shortcut
    dense: bool  # drawn only while its group is selected


@dataclass(frozen=True, slots=True)
class Band:
    """The background of one block of the network."""

    label: str
    label_x: float  # right of the lines that run beside the boxes
    scope: str
    x: float
    y: float
    w: float
    h: float
    column: int
    copies: int = 1  # equal blocks that it is drawn for
    unrolled: int = 0  # equal blocks of which it is the first, each drawn


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything drawn, with its size."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]
    width: float
    height: float
