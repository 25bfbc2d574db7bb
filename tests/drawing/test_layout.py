"""The drawing of any graph: every node has a place, no two boxes share one, no line crosses a box."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from explorer.drawing.bands import common_prefix
from explorer.drawing.highlight import colours, highlights, palette
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Box, Layout
from explorer.values import Axis, Edge, Group, IndexMap, LayerGraph, Member, NodeKind, ReasonKind
from tests.helpers.graphs import chain, dense_network, node, residual_network


def random_network(seed: int) -> LayerGraph:
    """Anything that can be traced: branches, joins, long shortcuts, several inputs and outputs."""
    dice = random.Random(seed)
    size = dice.randint(1, 90)
    kinds = list(NodeKind)
    names = [f"part{i // dice.randint(3, 20)}.block{i // 6 % 3}.n{i}" for i in range(size)]
    nodes = tuple(node(name, dice.choice(kinds)) for name in names)
    edges = {
        (source, target)
        for target in range(1, size)
        for source in dice.sample(range(target), k=min(target, dice.choice([0, 1, 1, 1, 2, 4])))
    }
    order = list(nodes)
    dice.shuffle(order)  # a graph need not list its nodes along the data flow
    return LayerGraph(tuple(order), tuple(Edge(names[a], names[b]) for a, b in sorted(edges)), ())


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def crossed(drawing: Layout) -> list[tuple[str, str, str]]:
    """Lines that run through a box that is neither of their ends."""
    found = []
    for line in drawing.lines:
        for (x1, y1, _), (x2, y2, _) in pairwise(line.points):
            left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
            found += [
                (line.source, line.target, box.id)
                for box in drawing.boxes
                if box.id not in (line.source, line.target)
                and left < box.x + box.w and right > box.x and top < box.y + box.h and bottom > box.y
            ]  # fmt: skip
    return found


def check(graph: LayerGraph, fused: bool) -> None:
    drawing = layout(graph, fused)
    placed = [name for box in drawing.boxes for name in box.nodes]
    assert sorted(placed) == sorted(n.id for n in graph.nodes)
    assert not [(a.id, b.id) for a, b in combinations(drawing.boxes, 2) if overlap(a, b)]
    assert not crossed(drawing)
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.w <= drawing.width
        assert 0 <= box.y <= box.y + box.h <= drawing.height
    box_of = {name: box.id for box in drawing.boxes for name in box.nodes}
    flows = {(box_of[e.source], box_of[e.target]) for e in graph.edges}
    assert {(line.source, line.target) for line in drawing.lines} == {(a, b) for a, b in flows if a != b}


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("seed", range(60))
def test_no_two_boxes_overlap_and_every_node_has_a_place(seed: int, fused: bool) -> None:
    check(random_network(seed), fused)


@pytest.mark.parametrize("fused", [True, False])
def test_known_patterns_have_no_overlap(fused: bool) -> None:
    check(residual_network(8), fused)
    check(dense_network(4, 8), fused)


def test_a_graph_without_nodes_is_an_empty_drawing() -> None:
    drawing = layout(LayerGraph((), (), ()))
    assert not drawing.boxes
    assert drawing.width > 0


def test_a_loop_is_drawn_all_the_same() -> None:
    graph = LayerGraph((node("a"), node("b"), node("c")), (*chain("a", "b", "c"), Edge("c", "a")), ())
    check(graph, fused=True)


def test_convolution_norm_and_activation_share_a_box() -> None:
    drawing = layout(residual_network(1))
    assert [box.nodes for box in drawing.boxes] == [
        ("stem",),
        ("layer0.conv1", "layer0.bn1", "layer0.relu1"),
        ("layer0.conv2", "layer0.bn2"),
        ("add:layer0", "layer0.relu2"),
    ]


def test_a_norm_whose_input_has_another_reader_stands_alone() -> None:
    nodes = (node("conv"), node("bn", NodeKind.BATCHNORM), node("other"))
    graph = LayerGraph(nodes, (Edge("conv", "bn"), Edge("conv", "other")), ())
    assert [box.nodes for box in layout(graph).boxes] == [("conv",), ("bn",), ("other",)]


def test_the_main_path_is_straight_and_the_shortcut_marked() -> None:
    drawing = layout(residual_network(1))
    centres = {box.x + box.w / 2 for box in drawing.boxes}
    assert len(centres) == 1
    assert [(line.source, line.target) for line in drawing.lines if line.shortcut] == [("stem", "add:layer0")]


def test_parallel_branches_stand_side_by_side() -> None:
    names = ("b.left1", "b.left2", "b.right1")
    nodes = (node("a"), *(node(name) for name in names), node("cat:b", NodeKind.CONCAT))
    edges = (*chain("a", "b.left1", "b.left2", "cat:b"), *chain("a", "b.right1", "cat:b"))
    boxes = {box.id: box for box in layout(LayerGraph(nodes, edges, ())).boxes}
    assert boxes["b.left1"].y == boxes["b.right1"].y
    assert boxes["b.left1"].x + boxes["b.left1"].w < boxes["b.right1"].x


def test_bands_are_the_blocks_and_their_labels_drop_the_common_prefix() -> None:
    labels = [band.label for band in layout(dense_network(2, 3)).bands if band.label]
    assert labels[1:] == [f"block{block}.layer{layer}" for block in range(2) for layer in range(3)]
    assert all(band.w > 0 and band.h > 0 for band in layout(dense_network(2, 3)).bands)


def test_labels_keep_a_prefix_without_which_they_would_be_bare_numbers() -> None:
    assert common_prefix(["body.stage1", "body.stage2"]) == "body."
    assert common_prefix(["features.0", "features.1.0", "features.1.1"]) == ""
    assert common_prefix(["blocks.0.layers", "blocks.1.layers"]) == "blocks."


def test_a_box_named_by_a_bare_number_says_what_it_numbers() -> None:
    names = ("features.0.0", "features.0.1.conv", "head.0", "head.norm", "3")
    graph = LayerGraph(tuple(map(node, names)), chain(*names), ())
    assert [box.label for box in layout(graph).boxes] == ["features.0.0", "0.1.conv", "head.0", "norm", "3"]


def test_widths_above_999_have_their_comma() -> None:
    wide = replace(node("fc"), in_channels=25088, out_channels=4096)
    norm = replace(node("norm", NodeKind.LAYERNORM), in_channels=2048, out_channels=2048)
    boxes = layout(LayerGraph((wide, norm), (), ())).boxes
    assert [box.sublabel for box in boxes] == ["25,088→4,096", "2,048"]


def test_a_long_block_is_broken_into_columns_rather_than_drawn_small() -> None:
    names = [f"features.{number}" for number in range(13)]
    graph = LayerGraph(tuple(node(name) for name in names), chain(*names), ())
    drawing = layout(graph, canvas=(740, 520))
    assert min(740 / drawing.width, 520 / drawing.height) > 1


def test_each_box_lies_within_the_band_of_its_block() -> None:
    drawing = layout(residual_network(6))
    for box in drawing.boxes:
        inside = [
            band for band in drawing.bands
            if band.x <= box.x and box.x + box.w <= band.x + band.w
            and band.y <= box.y and box.y + box.h <= band.y + band.h
        ]  # fmt: skip
        assert len(inside) == 1


def test_a_deep_network_is_folded_to_about_the_shape_of_the_canvas() -> None:
    drawing = layout(residual_network(40), canvas=(900.0, 600.0))
    assert 0.5 < (drawing.width / drawing.height) / (900 / 600) < 2


def test_dense_concatenation_is_drawn_for_the_selection_only() -> None:
    drawing = layout(dense_network(4, 8))
    into_concat = [line for line in drawing.lines if line.target.startswith("cat:")]
    hidden = [line for line in into_concat if line.dense]
    # per block: 1 + 2 + … + 8 lines, of which each layer's nearest source stays visible
    assert len(into_concat) == 4 * 36
    assert len(hidden) == 4 * (36 - 8)
    assert not any(line.dense for line in layout(dense_network(1, 3)).lines)


def calls_to_lay_out(graph: LayerGraph) -> int:
    """How many functions laying out calls: its work, on any machine."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        layout(graph)
    finally:
        sys.setprofile(before)
    return counted


def test_the_work_of_laying_out_grows_as_the_graph_does() -> None:
    calls_to_lay_out(dense_network(1, 20))  # what is done once
    half, whole = (calls_to_lay_out(dense_network(blocks, 20)) for blocks in (2, 4))
    assert half < whole < 2.5 * half  # 201 and 401 nodes, densenet121's size; a square would be 4 times


def member(name: str, axis: Axis) -> Member:
    why, schema = "because", ("8*", "8")
    return Member(name, name, axis, "prune", 8, IndexMap(), ReasonKind.CONSUMER, why, name, True, schema)


def coupled() -> LayerGraph:
    """The residual network with the group of its sums, and a group of one layer."""
    graph = residual_network(2)
    makers = ["stem", "layer0.conv2", "layer0.bn2", "add:layer0", "layer1.conv2", "add:layer1"]
    readers = ["layer0.conv1", "layer1.conv1"]
    members = tuple([member(name, Axis.OUT) for name in makers] + [member(name, Axis.IN) for name in readers])
    single = (member("layer0.conv1", Axis.OUT), member("layer0.conv2", Axis.IN))
    groups = (Group(0, "stem", 8, 1, members), Group(1, "layer0.conv1", 8, 1, single))
    return LayerGraph(graph.nodes, graph.edges, groups)


def test_a_highlight_separates_output_from_input_and_lights_the_lines_between() -> None:
    graph = coupled()
    drawing = layout(graph)
    lit = highlights(graph, drawing)[0]
    assert {"stem", "layer0.bn2", "add:layer1"} <= lit.outputs
    assert lit.inputs == {"layer0.conv1", "layer1.conv1"}
    lines = {(drawing.lines[i].source, drawing.lines[i].target) for i in lit.lines}
    assert lines == {
        ("stem", "layer0.conv1"), ("stem", "add:layer0"), ("layer0.conv2", "add:layer0"),
        ("add:layer0", "layer1.conv1"), ("add:layer0", "add:layer1"), ("layer1.conv2", "add:layer1"),
    }  # fmt: skip


def test_only_couplings_that_join_several_boxes_have_a_colour() -> None:
    graph = coupled()
    drawing = layout(graph)
    assert palette(graph, drawing) == {}  # the sums cover 5 of 7 boxes: too many to say anything
    wider = LayerGraph((*graph.nodes, *(node(f"tail{i}") for i in range(5))), graph.edges, graph.groups)
    assert palette(wider, layout(wider)) == {0: 0}
    assert set(colours(wider, layout(wider))) == {
        "stem", "layer0.conv2", "add:layer0", "layer1.conv2", "add:layer1",
    }  # fmt: skip
