"""How much of each box a plan leaves: as the plan says, layer by layer."""

from __future__ import annotations

import pytest

from explorer.drawing.layout import layout
from explorer.drawing.widths_left import counted_boxes, widths_left
from explorer.engine import calls
from explorer.values import ChannelOptions, ChannelScope, NetworkSpec, Weights
from tests.helpers.plans import channel_plan

pytestmark = pytest.mark.large

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)
GLOBAL = ChannelOptions(scope=ChannelScope.GLOBAL)


def test_each_box_with_a_layer_keeps_what_the_plan_leaves_of_that_layer() -> None:
    graph, plan = calls.graph(RESNET), channel_plan(RESNET, GLOBAL, 0.5)
    drawing = layout(graph)
    boxes = counted_boxes(graph, drawing, plan)
    widths = {row.name: (row.width, row.width_before) for row in plan.layers}
    layers = [one.layer for one in boxes]
    assert layers == [
        box.id for box in drawing.boxes if box.id in widths
    ]  # norms stand in their convolution's box
    assert [(left, before) for _, left, before, _ in widths_left(boxes, plan)] == [
        widths[layer] for layer in layers
    ]


def test_groups_that_lose_nothing_though_channels_are_asked_for_are_marked() -> None:
    graph, plan = calls.graph(RESNET), channel_plan(RESNET, GLOBAL, 0.95)
    boxes = counted_boxes(graph, layout(graph), plan)
    marked = [one for one, found in zip(boxes, widths_left(boxes, plan), strict=True) if found[3]]
    assert len({one.group for one in marked}) == plan.lost.count(0) > 0
    dense = channel_plan(RESNET, GLOBAL, 0.0)
    assert not any(whole for *_, whole in widths_left(boxes, dense))
