"""What of a large network is drawn as one: only what is equal, and only as much as legibility takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from explorer.drawing.folding import Folds
from explorer.drawing.fuse import unit_graph
from explorer.drawing.highlight import highlights
from explorer.drawing.layout import layout
from explorer.drawing.repeats import runs
from explorer.drawing.shapes import Layout
from explorer.engine import calls
from explorer.ui.parts.graph_component import folds_after
from explorer.values import (
    Axis,
    Edge,
    Group,
    IndexMap,
    LayerGraph,
    Member,
    NetworkSpec,
    NodeKind,
    ReasonKind,
    Weights,
)
from tests.helpers.graphs import dense_network, residual_network

BLOCKS = 40  # of four boxes each: far too many to be read at once


def network(blocks: int = BLOCKS) -> LayerGraph:
    """A residual network with one group of its own in each block, and one for the stream that all add to."""
    graph = residual_network(blocks)
    within = [
        group(1 + block, (f"layer{block}.conv1", Axis.OUT), (f"layer{block}.conv2", Axis.IN))
        for block in range(blocks)
    ]
    makers = ["stem", *(f"layer{block}.conv2" for block in range(blocks))]
    readers = [f"layer{block}.conv1" for block in range(blocks)]
    stream = group(0, *((name, Axis.OUT) for name in makers), *((name, Axis.IN) for name in readers))
    nodes = tuple(replace(n, label="+") if n.kind is NodeKind.ADD else n for n in graph.nodes)
    return replace(graph, nodes=nodes, groups=(stream, *within))


def group(number: int, *members: tuple[str, Axis]) -> Group:
    made = tuple(
        Member(name, name, axis, "prune", 8, IndexMap(), ReasonKind.ROOT, "", name, True, ("8", "8"))
        for name, axis in members
    )
    return Group(number, members[0][0], 8, 1, made)


def repeated(graph: LayerGraph) -> list[tuple[str, int]]:
    return [(run[0].scope, len(run)) for run in runs(unit_graph(graph, True), graph)]


def bands(drawing: Layout) -> list[str]:
    return [band.label for band in drawing.bands if band.label]


def test_equal_blocks_are_drawn_once_with_their_number() -> None:
    drawing = layout(network(), folds=Folds())
    assert bands(drawing) == [f"layer0–{BLOCKS - 1} ×{BLOCKS}"]
    assert [box.copies for box in drawing.boxes] == [1, BLOCKS, BLOCKS, BLOCKS]
    placed = [name for box in drawing.boxes for name in box.nodes]
    assert sorted(placed) == sorted(node.id for node in network().nodes)


def test_a_network_that_can_be_read_as_it_is_has_nothing_folded() -> None:
    assert layout(residual_network(3), folds=Folds()) == layout(residual_network(3))
    assert layout(network()) == layout(network(), folds=None)


def test_lines_to_the_first_and_from_the_last_copy_stay() -> None:
    graph = network()
    last = f"layer{BLOCKS - 1}.relu2"
    head = replace(graph.nodes[0], id="head", label="head", kind=NodeKind.LINEAR, scope="")
    longer = replace(graph, nodes=(*graph.nodes, head), edges=(*graph.edges, Edge(last, "head")))
    lines = {(line.source, line.target) for line in layout(longer, folds=Folds()).lines}
    assert {("stem", "layer0.conv1"), ("stem", "add:layer0"), ("add:layer0", "head")} <= lines


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("layer7.conv1", {"weight_shape": (16, 8, 3, 3)}),
        ("layer7.bn1", {"type": "GroupNorm"}),
        ("layer7.conv2", {"macs": 5}),
        ("layer7.conv2", {"stays": "It is an output layer."}),
    ],
)
def test_a_block_that_differs_is_never_folded_with_the_others(name: str, change: dict[str, Any]) -> None:
    graph = network()
    nodes = tuple(replace(n, **change) if n.id == name else n for n in graph.nodes)
    assert repeated(replace(graph, nodes=nodes)) == [("layer0", 7), ("layer8", BLOCKS - 8)]


def test_blocks_whose_groups_differ_are_not_folded() -> None:
    graph = network(6)
    both = group(
        3, *((m.node, m.axis) for g in graph.groups[3:5] for m in g.members)
    )  # blocks 2 and 3 share their inner group
    joined = replace(graph, groups=(*graph.groups[:3], both, *graph.groups[5:]))
    assert repeated(graph) == [("layer0", 6)]
    assert repeated(joined) == [("layer0", 2), ("layer2", 2), ("layer4", 2)]


def test_blocks_that_something_else_reads_are_not_folded() -> None:
    graph = network(6)
    reader = replace(graph.nodes[0], id="side", label="side", scope="")
    read = replace(graph, nodes=(*graph.nodes, reader), edges=(*graph.edges, Edge("layer2.bn1", "side")))
    assert repeated(read) == [("layer0", 2), ("layer3", 3)]


def test_every_group_of_folded_blocks_can_still_be_lit() -> None:
    graph = network()
    drawing = layout(graph, folds=Folds())
    lit = highlights(graph, drawing)
    assert all(lit[g.id].outputs and lit[g.id].inputs for g in graph.groups)
    box_of = {node: box.id for box in drawing.boxes for node in box.nodes}
    assert {box_of[node] for node in lit[BLOCKS].outputs} == {"layer0.conv1"}


def test_equal_blocks_can_be_drawn_one_by_one_and_closed() -> None:
    apart = layout(network(), folds=Folds(unrolled=frozenset(["layer0"])))
    assert bands(apart) == [f"layer{block}" for block in range(BLOCKS)]
    assert [band.unrolled for band in apart.bands if band.label] == [BLOCKS, *[0] * (BLOCKS - 1)]
    shut = layout(network(), folds=Folds(toggled=frozenset(["layer0"])))
    assert [(box.closed, box.copies) for box in shut.boxes] == [("", 1), ("layer0", BLOCKS)]


def test_unequal_blocks_are_closed_where_there_are_too_many_and_opened_on_demand() -> None:
    graph = dense_network(4, 20)  # each layer reads more than the one before
    drawing = layout(graph, folds=Folds())
    closed = [box.closed for box in drawing.boxes if box.closed]
    assert closed == [f"features.block{block}.layer{layer}" for block in range(4) for layer in range(20)]
    opened = layout(graph, folds=Folds(toggled=frozenset(closed[:1])))
    assert [box.closed for box in opened.boxes if box.closed] == closed[1:]
    assert len(opened.boxes) > len(drawing.boxes)


def test_a_folded_block_named_by_a_bare_number_says_what_it_numbers() -> None:
    drawing = layout(dense_network(4, 20, layer_name=""), folds=Folds())
    labels = [box.label for box in drawing.boxes if box.closed]
    assert labels == [f"block{block}.{layer}" for block in range(4) for layer in range(20)]


def test_a_norm_behind_a_block_is_a_box_of_its_own() -> None:
    graph = residual_network(2)
    norm = replace(graph.nodes[0], id="norm", label="norm", kind=NodeKind.LAYERNORM)
    edges = (*(e for e in graph.edges if e.source != "add:layer1"), Edge("add:layer1", "norm"))
    ended = replace(graph, nodes=(*graph.nodes[:-1], norm), edges=edges)
    assert [box.nodes for box in layout(ended).boxes][-2:] == [("add:layer1",), ("norm",)]


def test_a_click_on_a_sign_changes_what_is_drawn_as_one_and_a_second_changes_it_back() -> None:
    once = folds_after(Folds(), {"what": "toggled", "scope": "layer0"})
    assert once == Folds(toggled=frozenset(["layer0"]))
    both = folds_after(once, {"what": "unrolled", "scope": "layer3"})
    assert both == Folds(frozenset(["layer0"]), frozenset(["layer3"]))
    assert folds_after(once, {"what": "toggled", "scope": "layer0"}) == Folds()


@pytest.mark.large
@pytest.mark.parametrize("name", ["resnet50", "vit_b_16", "swin_t", "convnext_tiny", "densenet121"])
def test_names_in_large_networks_can_be_read_at_fit(name: str) -> None:
    graph = calls.graph(NetworkSpec(name, Weights.RANDOM))
    drawing = layout(graph, folds=Folds())
    width, height = 700 - 28, 504 - 28  # px that the page has for it at 1440 × 900, without margins
    zoom = min(width / drawing.width, height / drawing.height)
    assert 17 * zoom >= 9  # px: names are drawn up to 17 px where the drawing is small
