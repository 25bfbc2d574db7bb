"""Numbers laid over the drawing: they are the network's own, and a fold hides none of them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from explorer.drawing.folding import Folds
from explorer.drawing.heat import DARK, LIGHT, Scale
from explorer.drawing.interactive import drawing_data
from explorer.engine import calls
from explorer.ui.graph import numbers
from explorer.ui.graph.numbers import Numbers
from explorer.ui.graph.overlay import laid_over
from explorer.ui.parts.heat import with_copies
from explorer.values import LayerGraph, LayerTime, NetworkSpec, NodeKind, Timing, Variant, Weights
from tests.helpers.graphs import residual_network

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)


@pytest.fixture(scope="module")
def resnet() -> LayerGraph:
    return calls.graph(RESNET)


def test_boxes_show_the_sum_of_what_their_layers_cost(resnet: LayerGraph) -> None:
    found = numbers.parameters(RESNET, resnet)
    boxes = drawing_data(resnet, True)["boxes"]
    told = laid_over(found, resnet, boxes, on_dark=False)
    place = next(i for i, node in enumerate(resnet.nodes) if node.id == "stem.conv")
    box = next(i for i, one in enumerate(boxes) if one[6][0] == place)
    in_box = sum(resnet.nodes[n].params for n in boxes[box][6])
    assert in_box == 9 * 16 + 2 * 16  # its convolution of 3 × 3, and scale and shift of the norm that follows
    assert told["groups"][told["boxes"][str(box)]][2].startswith("176 parameters, ")
    assert told["groups"][told["nodes"][str(place)]][2].startswith("144 parameters, ")


def test_what_is_laid_over_adds_up_to_what_the_network_page_says(resnet: LayerGraph) -> None:
    summary = calls.summary(RESNET)
    assert sum(numbers.parameters(RESNET, resnet).of.values()) == summary.params
    assert sum(numbers.macs(RESNET, resnet).of.values()) == summary.macs


def test_the_largest_number_has_the_strongest_colour_and_its_words_end_the_scale(resnet: LayerGraph) -> None:
    boxes = drawing_data(resnet, True)["boxes"]
    told = laid_over(numbers.macs(RESNET, resnet), resnet, boxes, on_dark=False)
    strongest = [
        figure for key, figure in told["groups"].items() if key.startswith("b") and figure[0] == "#9e2a2b"
    ]
    assert strongest
    assert strongest[0][1] == LIGHT
    assert told["ticks"][-1] == strongest[0][2].partition(",")[0]


def test_equal_blocks_that_differ_in_a_number_say_both_ends_and_show_the_largest() -> None:
    graph = residual_network(40)
    nodes = tuple(replace(node, label="+") if node.kind is NodeKind.ADD else node for node in graph.nodes)
    graph = replace(graph, nodes=nodes)
    blocks = {f"layer{block}.conv1": 1.0 + block for block in range(40)}
    data = drawing_data(graph, True, Folds())
    told = laid_over(Numbers("score", blocks, lambda value: f"{value:g} points"), graph, data["boxes"], False)
    (box,) = told["boxes"]
    assert data["boxes"][int(box)][7] == 40
    colour, _, words = told["groups"][told["boxes"][box]]
    assert words == "40 points (largest of 40 blocks; the smallest: 1 points)"
    assert colour == Scale(40.0).colour(40.0)


def test_what_equal_blocks_lose_alone_is_told_for_each() -> None:
    boxes = [[0, 0, 0, 0, 0, 0, [0, 1, 2, 3], 2, ""]]  # two nodes in each of two blocks
    figures = {"5": ["#111111", DARK, "1 point, mean"], "6": ["#222222", DARK, "2 points, mean"]}
    heat = {"nodes": {"0": 5, "2": 6}, "groups": figures}
    told = with_copies(heat, boxes)
    assert told["groups"][told["boxes"]["0"]] == ["", "", "1 point; 2 points"]


def test_sparsity_and_weak_channels_are_shares(resnet: LayerGraph) -> None:
    found = numbers.sparsity(RESNET, resnet)
    assert found
    plan = {row.name: row for row in calls.summary(RESNET).layers}
    assert set(found.of) <= set(plan)
    assert all(0 <= share < 0.05 for share in found.of.values())  # trained by weight decay: no weight is zero
    weak = numbers.weak_channels(RESNET, resnet)
    assert weak
    assert not weak.adds_up
    assert all(0 <= share <= 1 for share in weak.of.values())


def test_times_are_those_that_profile_measured_on_this_network(
    resnet: LayerGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert numbers.times(RESNET, resnet) is None  # nothing was measured
    layer = LayerTime("stem.conv", "Conv2d", 9216, 0, Timing(0.002, 0.001, 0.003, 9))
    dense = SimpleNamespace(variant=Variant.DENSE, layers=(layer,))
    done = SimpleNamespace(spec=RESNET), SimpleNamespace(waterfalls=(dense,))
    monkeypatch.setattr("explorer.ui.graph.numbers.runs.finished", lambda name, kind: done)
    found = numbers.times(RESNET, resnet)
    assert found
    assert (found.of, found.measured != "") == ({"stem.conv": 0.002}, True)
    assert numbers.times(NetworkSpec("digits-cnn", Weights.TRAINED), resnet) is None
