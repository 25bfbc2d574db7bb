"""What lights up for a group, and which groups have a colour of their own. Joined to the layout by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.drawing.shapes import Layout
from explorer.values import Axis, Group, LayerGraph

COLOURED = 8  # couplings with a colour of their own while nothing is selected
_NEARLY_ALL = 0.5  # share of the boxes; a group that covers more would colour everything


@dataclass(frozen=True, slots=True)
class Highlight:
    """One group in the drawing: node ids by axis (a depthwise layer is in both), positions of lit lines."""

    outputs: frozenset[str]
    inputs: frozenset[str]
    lines: tuple[int, ...]


def title(group: Group) -> str:
    """How a group is called wherever a person picks one."""
    count = len(group.layers)
    return f"group {group.id} · {group.channels:,} channels · {count} layer{'s' if count != 1 else ''}"


def highlights(graph: LayerGraph, drawing: Layout) -> dict[int, Highlight]:
    """Every group's highlight, by group id."""
    box_of = {node: box.id for box in drawing.boxes for node in box.nodes}
    return {group.id: _highlight(group, drawing, box_of) for group in graph.groups}


def _highlight(group: Group, drawing: Layout, box_of: Mapping[str, str]) -> Highlight:
    outputs = frozenset(m.node for m in group.members if m.axis is Axis.OUT and m.node in box_of)
    inputs = frozenset(m.node for m in group.members if m.axis is Axis.IN and m.node in box_of)
    sources = {box_of[node] for node in outputs}
    reached = sources | {box_of[node] for node in inputs}
    lit = (i for i, line in enumerate(drawing.lines) if line.source in sources and line.target in reached)
    return Highlight(outputs, inputs, tuple(lit))


def palette(graph: LayerGraph, drawing: Layout) -> dict[int, int]:
    """Group id → number of its colour, for the couplings that join most boxes."""
    box_of = {node: box.id for box in drawing.boxes for node in box.nodes}
    producers = {
        group.id: len({box_of[m.node] for m in group.members if m.axis is Axis.OUT and m.node in box_of})
        for group in graph.groups
    }
    limit = _NEARLY_ALL * len(drawing.boxes)
    wide = [group_id for group_id, count in producers.items() if 1 < count <= limit]
    widest = sorted(wide, key=lambda group_id: -producers[group_id])[:COLOURED]
    return {group_id: number for number, group_id in enumerate(sorted(widest))}


def colours(graph: LayerGraph, drawing: Layout) -> dict[str, int]:
    """Box id → number of its colour; boxes without one, and closed modules with several, are neutral."""
    numbers = palette(graph, drawing)
    number_of: dict[str, int] = {}
    for group in graph.groups:
        for member in group.members:
            if group.id in numbers and member.axis is Axis.OUT:
                number_of.setdefault(member.node, numbers[group.id])
    made = ((box, [number_of[node] for node in box.nodes if node in number_of]) for box in drawing.boxes)
    return {box.id: found[0] for box, found in made if found and not (box.closed and len(set(found)) > 1)}
