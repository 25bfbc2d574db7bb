"""A dependency graph, and numbers of its nodes, as the JSON files that Model Explorer opens.

Format: github.com/google-ai-edge/model-explorer, ``graph_builder.py`` and ``node_data_builder.py``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from explorer.drawing.heat import Scale
from explorer.drawing.highlight import title
from explorer.exports.base import Graph
from explorer.values import Group, LayerGraph, Node


def graph(graph: Graph) -> str:
    """A graph collection: nodes in the modules that hold them, and each coupled group as an overlay of edges."""
    overlays = [_overlay(group, Scale(1.0).colour(1.0)) for group in graph.graph.groups]
    made = {
        "id": graph.name,
        "nodes": list(_nodes(graph.graph)),
        "tasksData": {
            "edgeOverlaysDataListLeftPane": [
                {"type": "edge_overlays", "name": "Coupled groups", "overlays": overlays}
            ]
        },
    }
    return json.dumps({"label": graph.name, "graphs": [made]}, indent=1)


def node_data(graph: Graph) -> str:
    """Numbers for the nodes of that graph: those laid over the drawing, else MACs."""
    macs = {node.id: float(node.macs) for node in graph.graph.nodes if node.macs}
    numbers = macs if graph.numbers is None else graph.numbers
    results = {node: {"value": number} for node, number in numbers.items()}
    gradient = [{"stop": stop, "bgColor": colour} for stop, colour in Scale(1.0).stops]
    return json.dumps({graph.name: {"results": results, "gradient": gradient}}, indent=1)


def _nodes(graph: LayerGraph) -> Iterator[dict[str, Any]]:
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        sources[edge.target].append(edge.source)
    for node in graph.nodes:
        yield {
            "id": node.id,
            "label": node.label,
            "namespace": node.scope.replace("/", "|").replace(
                ".", "/"
            ),  # a slash in a name would open a level
            "attrs": [{"key": key, "value": value} for key, value in _facts(node) if value],
            "incomingEdges": [
                {"sourceNodeId": source, "sourceNodeOutputId": "0", "targetNodeInputId": str(place)}
                for place, source in enumerate(sources[node.id])
            ],
            "outputsMetadata": [{"id": "0", "attrs": [{"key": "shape", "value": _sizes(node.output_shape)}]}],
        }


def _facts(node: Node) -> Iterator[tuple[str, str]]:
    yield "type", node.type
    yield "weight", _sizes(node.weight_shape)
    yield "parameters", str(node.params or "")
    yield "MACs", str(node.macs or "")
    yield "coupled groups", ", ".join(map(str, node.groups))
    yield "keeps all its channels", node.stays


def _overlay(group: Group, colour: str) -> dict[str, Any]:
    joined = dict.fromkeys((member.source, member.node) for member in group.members)
    edges = [{"sourceNodeId": a, "targetNodeId": b} for a, b in joined if a != b]
    return {"name": title(group), "edgeColor": colour, "edges": edges}


def _sizes(shape: tuple[int, ...] | None) -> str:
    return " × ".join(map(str, shape or ()))
