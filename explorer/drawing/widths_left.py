"""How much of each box a plan leaves. Values only; joined to the drawing by the box's place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.drawing.heat import handed_on
from explorer.drawing.shapes import Box, Layout
from explorer.values import ChannelPlan, LayerGraph

Widths = Mapping[str, int]  # layer -> its output channels
Filled = tuple[int, float, str, str, bool]  # box, share left, words in it, words about it, whether left whole


@dataclass(frozen=True, slots=True)
class BoxWidth:
    """A box whose channels are counted: a layer, those of equal blocks, or all of a closed module."""

    box: int  # its place among the drawing's boxes
    name: str
    layers: tuple[str, ...]
    groups: tuple[int, ...]  # that may lose channels of these layers, where all of them may
    closed: bool  # a module


def counted_boxes(graph: LayerGraph, drawing: Layout, plan: ChannelPlan) -> tuple[BoxWidth, ...]:
    """The boxes that hold a layer with a width of its own; the same for every ratio."""
    widths = dense_widths(plan)
    prunable, group_of = {group.id for group in plan.dense_groups}, handed_on(graph)
    found = []
    for number, box in enumerate(drawing.boxes):
        if not box.circle and (layers := _counted(box, widths)):
            groups = {group_of.get(layer, -1) for layer in layers}
            free = tuple(sorted(groups)) if groups <= prunable else ()
            found.append(BoxWidth(number, box.closed or box.id, layers, free, bool(box.closed)))
    return tuple(found)


def _counted(box: Box, widths: Widths) -> tuple[str, ...]:
    """All layers of a closed module; else the first one of each of the equal blocks that the box is drawn for."""
    if box.closed:
        return tuple(node for node in box.nodes if widths.get(node))
    each = len(box.nodes) // box.copies
    copies = (box.nodes[start : start + each] for start in range(0, len(box.nodes), each))
    firsts = (next((node for node in nodes if widths.get(node)), "") for nodes in copies)
    return tuple(filter(None, firsts))


def dense_widths(plan: ChannelPlan) -> Widths:
    """Of every layer before pruning."""
    return dict(zip(plan.dense.names, plan.dense.widths, strict=True))


def planned_widths(plan: ChannelPlan) -> Widths:
    """Of every layer as the plan leaves it."""
    return dict(zip(plan.dense.names, plan.widths, strict=True))


def widths_left(boxes: Sequence[BoxWidth], plan: ChannelPlan, left: Widths | None = None) -> list[Filled]:
    """How full each box is, in numbers and words.

    A group was left whole where it could lose channels, the ratio asks for some, and it loses none.

    Args:
        boxes: those that are counted.
        plan: what was asked for.
        left: what came of it; None: what the plan leaves.
    """
    after, before = planned_widths(plan) if left is None else left, dense_widths(plan)
    kept = {group.id for group in plan.groups if plan.ratio and not group.removed}
    return [_filled(one, [(after[layer], before[layer]) for layer in one.layers], kept) for one in boxes]


def _filled(one: BoxWidth, each: Sequence[tuple[int, int]], kept: set[int]) -> Filled:
    left, before = (sum(column) for column in zip(*each, strict=True))
    of_layers = f" in {len(each)} layers" if len(each) > 1 else ""
    told = f"{one.name}: {left:,} of {before:,} channels left{of_layers}"
    whole = bool(one.groups) and kept.issuperset(one.groups)
    return one.box, left / before, _words(one, each), told, whole


def _words(one: BoxWidth, each: Sequence[tuple[int, int]]) -> str:
    """ "8/16", "6–8/16" where equal blocks keep differently many, a share where they cannot be compared."""
    lefts, befores = ({column[place] for column in each} for place in (0, 1))
    if one.closed or len(befores) > 1:
        return f"{100 * sum(left for left, _ in each) / sum(before for _, before in each):.0f} %"
    low, high, before = min(lefts), max(lefts), befores.pop()
    if low == before:
        return f"{before:,}"
    return f"{low:,}/{before:,}" if low == high else f"{low:,}–{high:,}/{before:,}"
