"""The JSON files for Model Explorer hold what its format asks for, and name nothing that does not exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from explorer.engine import calls
from explorer.exports import Graph, export
from explorer.values import LayerGraph, NetworkSpec, Weights
from tests.helpers.graphs import dense_network, residual_network


@pytest.fixture(scope="module")
def resnet() -> LayerGraph:
    return calls.graph(NetworkSpec("digits-resnet", Weights.TRAINED))


def collection(graph: Graph) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(export(graph, "graph_model_explorer"))
    assert set(made) == {"label", "graphs"}  # what makes it a GraphCollection to Model Explorer
    (one,) = made["graphs"]
    return dict(one)


def test_nodes_have_the_required_fields_unique_ids_and_edges_from_existing_nodes(resnet: LayerGraph) -> None:
    for layers in (resnet, residual_network(2), dense_network(2, 3)):
        check(layers)


def check(layers: LayerGraph) -> None:
    one = collection(Graph(layers, "net"))
    assert one["id"] == "net"
    ids = [node["id"] for node in one["nodes"]]
    assert ids == [node.id for node in layers.nodes]
    assert len(set(ids)) == len(ids)
    for node in one["nodes"]:
        assert all(isinstance(node[field], str) for field in ("id", "label", "namespace"))
        assert all(isinstance(attr["key"], str) and isinstance(attr["value"], str) for attr in node["attrs"])
    edges = [(edge["sourceNodeId"], node["id"]) for node in one["nodes"] for edge in node["incomingEdges"]]
    assert sorted(edges) == sorted((edge.source, edge.target) for edge in layers.edges)
    assert {source for source, _ in edges} <= set(ids)


def test_modules_are_levels_of_the_namespace(resnet: LayerGraph) -> None:
    nodes = {node["id"]: node for node in collection(Graph(resnet, "net"))["nodes"]}
    assert nodes["stage2.block0.conv1"]["namespace"] == "stage2/block0"
    assert nodes["stage2.block0.conv1"]["label"] == "conv1"


def test_every_coupled_group_is_an_overlay_of_edges_between_existing_nodes(resnet: LayerGraph) -> None:
    one = collection(Graph(resnet, "net"))
    (overlays,) = one["tasksData"]["edgeOverlaysDataListLeftPane"]
    assert (overlays["type"], len(overlays["overlays"])) == ("edge_overlays", len(resnet.groups))
    ids = {node["id"] for node in one["nodes"]}
    for overlay, group in zip(overlays["overlays"], resnet.groups, strict=True):
        ends = {edge[end] for edge in overlay["edges"] for end in ("sourceNodeId", "targetNodeId")}
        assert ends <= ids
        assert {member.node for member in group.members} <= ends | {group.root}


def test_node_data_are_numbers_of_existing_nodes_by_the_graphs_id(resnet: LayerGraph) -> None:
    data = json.loads(export(Graph(resnet, "net"), "graph_node_data"))
    macs = {node.id: node.macs for node in resnet.nodes if node.macs}
    assert {node: one["value"] for node, one in data["net"]["results"].items()} == macs
    assert [stop["stop"] for stop in data["net"]["gradient"]][:: len(data["net"]["gradient"]) - 1] == [0, 1]
    own = json.loads(export(Graph(resnet, "net", None, {"head": 2.5}), "graph_node_data"))
    assert own["net"]["results"] == {"head": {"value": 2.5}}
