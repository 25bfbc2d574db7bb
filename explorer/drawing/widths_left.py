"""How much of each box a plan leaves. Values only; joined to the drawing by the box's place in it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.drawing.heat import handed_on
from explorer.drawing.shapes import Layout
from explorer.values import ChannelPlan, LayerGraph


@dataclass(frozen=True, slots=True)
class BoxWidth:
    """A box whose channels are counted."""

    box: int  # its place among the drawing's boxes
    layer: str  # the first of its layers that has a width
    group: int | None  # that may lose these channels; None: they stay


def counted_boxes(graph: LayerGraph, drawing: Layout, plan: ChannelPlan) -> tuple[BoxWidth, ...]:
    """The boxes that hold a layer with a width of its own; the same for every ratio."""
    widths = dict(zip(plan.dense.names, plan.dense.widths, strict=True))
    prunable, group_of = {group.id for group in plan.dense_groups}, handed_on(graph)
    found = []
    for number, box in enumerate(drawing.boxes):
        layer = next((node for node in box.nodes if widths.get(node)), None)
        if layer is not None and not box.circle:
            group = group_of.get(layer)
            found.append(BoxWidth(number, layer, group if group in prunable else None))
    return tuple(found)


def widths_left(boxes: tuple[BoxWidth, ...], plan: ChannelPlan) -> list[tuple[int, int, int, bool]]:
    """``(box, channels left, channels before, whether its group was left whole)`` of each.

    A group was left whole where it could lose channels, the ratio asks for some, and it loses none.
    """
    left = dict(zip(plan.dense.names, zip(plan.widths, plan.dense.widths, strict=True), strict=True))
    whole = {group.id for group in plan.groups if plan.ratio and not group.removed}
    return [(one.box, *left[one.layer], one.group in whole) for one in boxes]
