"""How much of each box a plan leaves: as the plan says, layer by layer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.drawing.folding import Folds
from explorer.drawing.layout import layout
from explorer.drawing.widths_left import BoxWidth, counted_boxes, widths_left
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
    layers = [layer for one in boxes for layer in one.layers]
    assert layers == [
        box.id for box in drawing.boxes if box.id in widths
    ]  # norms stand in their convolution's box
    assert [share for _, share, *_ in widths_left(boxes, plan)] == [
        widths[layer][0] / widths[layer][1] for layer in layers
    ]
    after = dict.fromkeys(widths, 1)  # what came of it goes before what was planned
    assert {words for _, _, words, *_ in widths_left(boxes, plan, after)} == {
        f"1/{widths[layer][1]}" for layer in layers
    }


def test_groups_that_lose_nothing_though_channels_are_asked_for_are_marked() -> None:
    graph, plan = calls.graph(RESNET), channel_plan(RESNET, GLOBAL, 0.95)
    boxes = counted_boxes(graph, layout(graph), plan)
    marked = [one for one, found in zip(boxes, widths_left(boxes, plan), strict=True) if found[4]]
    assert len({one.groups for one in marked}) == plan.lost.count(0) > 0
    dense = channel_plan(RESNET, GLOBAL, 0.0)
    assert not any(whole for *_, whole in widths_left(boxes, dense))


SEVERAL = BoxWidth(0, "a", ("a.conv", "b.conv"), (1,), closed=False)


@pytest.mark.parametrize(
    ("after", "before", "closed", "words"),
    [
        ((8, 8), (16, 16), False, "8/16"),
        ((6, 8), (16, 16), False, "6–8/16"),
        ((16, 16), (16, 16), False, "16"),
        ((2048, 2048), (2048, 2048), False, "2,048"),
        ((900, 1024), (2048, 2048), False, "900–1,024/2,048"),
        ((8, 24), (16, 32), False, "67 %"),  # 32 of 48
        ((4, 8), (16, 16), True, "38 %"),  # 12 of 32
    ],
)
def test_a_box_for_several_layers_is_as_full_as_all_of_them(
    after: tuple[int, int], before: tuple[int, int], closed: bool, words: str
) -> None:
    plan = channel_plan(RESNET, GLOBAL, 0.0)
    names, widths = SEVERAL.layers, before
    plan = replace(plan, dense=replace(plan.dense, names=names, widths=widths), widths=widths)
    ((_, share, told, about, _),) = widths_left(
        [replace(SEVERAL, closed=closed)], plan, dict(zip(names, after, strict=True))
    )
    assert share == sum(after) / sum(before)
    assert told == words
    assert about == f"a: {sum(after):,} of {sum(before):,} channels left in 2 layers"


def test_equal_blocks_and_closed_modules_count_all_their_layers() -> None:
    graph, plan = calls.graph(RESNET), channel_plan(RESNET, GLOBAL, 0.5)
    drawing = layout(graph, canvas=(120.0, 90.0), folds=Folds())
    counted = [layer for one in counted_boxes(graph, drawing, plan) for layer in one.layers]
    assert any(box.closed for box in drawing.boxes)
    assert set(counted) == {row.name for row in plan.layers if row.width_before} - {
        node for box in drawing.boxes if not box.closed for node in box.nodes[1:]
    }
