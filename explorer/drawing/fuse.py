"""Nodes of the graph → units, each drawn as one box, in drawing order.

A convolution, its norm and its activation act on the same channels one after
the other: three boxes would say nothing that one does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from explorer.values import LayerGraph, Node, NodeKind

Key = TypeVar("Key", int, str)

NORMS = {NodeKind.BATCHNORM, NodeKind.LAYERNORM, NodeKind.GROUPNORM}
SYMBOLS = {NodeKind.ADD: "+", NodeKind.MULTIPLY: "×", NodeKind.CONCAT: "‖", NodeKind.SPLIT: "⋔"}
_FOLLOWS_ANYWHERE = NORMS | {NodeKind.ACTIVATION}
_FOLLOWS_IN_SCOPE = {NodeKind.POOL, NodeKind.RESHAPE}


@dataclass(frozen=True, slots=True)
class Fused:
    """Nodes drawn as one box: the first names it, the others follow it one by one, or are in its module or a copy."""

    nodes: tuple[Node, ...]  # of the first copy, then of the next
    copies: tuple[str, ...] = ()  # scopes of the equal blocks that it is drawn for
    closed: str = ""  # the module that is drawn as this one box

    @property
    def head(self) -> Node:
        """The node that names the box."""
        return self.nodes[0]

    @property
    def scope(self) -> str:
        """The module that it stands in."""
        return self.closed.rpartition(".")[0] if self.closed else self.head.scope

    @property
    def is_circle(self) -> bool:
        """Whether it is drawn as a small circle: operations where branches meet or part."""
        return self.head.kind in SYMBOLS and not self.closed


@dataclass(frozen=True, slots=True)
class UnitGraph:
    """Units in drawing order, and the data flow between them as pairs of positions in that order."""

    units: tuple[Fused, ...]
    edges: tuple[tuple[int, int], ...]
    scopes: tuple[str, ...]  # of the fused boxes: blocks are the same with and without fusing
    # First of equal blocks drawn one by one -> how many
    unrolled: Mapping[str, int] = field(default_factory=dict)
    prefix: str | None = None  # left out of the labels of blocks; None: what most of them share


def unit_graph(graph: LayerGraph, fused: bool) -> UnitGraph:
    """Units and edges of a graph; with ``fused`` off every node is a unit of its own."""
    boxes = _fuse(graph)
    units = boxes if fused else [Fused((node,)) for node in graph.nodes]
    edges = _edges_between(units, graph)
    order = _drawing_order(units, edges)
    place = {unit: position for position, unit in enumerate(order)}
    moved = dict.fromkeys((place[a], place[b]) for a, b in edges)
    scopes = tuple(box.head.scope for box in boxes)
    return UnitGraph(tuple(units[unit] for unit in order), tuple(moved), scopes)


def _fuse(graph: LayerGraph) -> list[Fused]:
    """Every node that merely follows its only producer joins the box of that producer."""
    into, out_of = _neighbours((edge.source, edge.target) for edge in graph.edges)
    nodes = {node.id: node for node in graph.nodes}
    parent = {
        node.id: into[node.id][0]
        for node in graph.nodes
        if len(into[node.id]) == 1 and out_of[into[node.id][0]] == [node.id]
    }
    chains: dict[str, list[Node]] = {}
    for node in _in_flow_order(graph):
        chain = chains.get(parent.get(node.id, ""))
        if chain is None or not _joins(chain, node):
            chain = []
        chain.append(node)
        chains[node.id] = chain
    heads = {chain[0].id: chain for chain in chains.values()}
    return [Fused(tuple(heads[node_id])) for node_id in nodes if node_id in heads]


def _joins(chain: list[Node], node: Node) -> bool:
    head = chain[0]
    if node.kind in NORMS and (head.kind in NORMS or (head.kind in SYMBOLS and node.scope != head.scope)):
        return False  # a norm behind a block would make the last of equal blocks differ from the others
    if node.kind in _FOLLOWS_ANYWHERE:
        return True
    return node.kind in _FOLLOWS_IN_SCOPE and head.kind not in SYMBOLS and node.scope == head.scope


def _in_flow_order(graph: LayerGraph) -> list[Node]:
    singles = [Fused((node,)) for node in graph.nodes]
    return [graph.nodes[position] for position in _drawing_order(singles, _edges_between(singles, graph))]


def _edges_between(units: list[Fused], graph: LayerGraph) -> list[tuple[int, int]]:
    unit_of = {node.id: position for position, unit in enumerate(units) for node in unit.nodes}
    pairs = ((unit_of[edge.source], unit_of[edge.target]) for edge in graph.edges)
    return list(dict.fromkeys((a, b) for a, b in pairs if a != b))


def _drawing_order(units: list[Fused], edges: list[tuple[int, int]]) -> list[int]:
    """Topological, and as long as possible within one scope, so that branches stay in one piece."""
    into, out_of = _neighbours(edges)
    waiting = {unit: len(into[unit]) for unit in range(len(units))}
    ready = [unit for unit, count in waiting.items() if not count]
    order: list[int] = []
    while waiting:
        if not ready:  # a loop: break it at the first unit that is left
            ready.append(min(waiting))
        chosen = min(ready, key=lambda unit: _urgency(units, order, unit))
        ready.remove(chosen)
        waiting.pop(chosen, None)
        order.append(chosen)
        for follower in out_of[chosen]:
            if follower in waiting:
                waiting[follower] -= 1
                if not waiting[follower]:
                    ready.append(follower)
    return list(dict.fromkeys(order))


def _urgency(units: list[Fused], order: list[int], unit: int) -> tuple[bool, int, int]:
    """A bare parameter waits until it is read; else stay in the scope, else keep the network's order."""
    return units[unit].head.kind is NodeKind.PARAMETER, -_shared(units, order, unit), unit


def _shared(units: list[Fused], order: list[int], unit: int) -> int:
    """How many leading parts of the scope a unit shares with the one drawn before."""
    if not order:
        return 0
    before, now = units[order[-1]].head.scope.split("."), units[unit].head.scope.split(".")
    return next(
        (i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now))
    )


def _neighbours(edges: Iterable[tuple[Key, Key]]) -> tuple[Mapping[Key, list[Key]], Mapping[Key, list[Key]]]:
    into: defaultdict[Key, list[Key]] = defaultdict(list)
    out_of: defaultdict[Key, list[Key]] = defaultdict(list)
    for source, target in edges:
        into[target].append(source)
        out_of[source].append(target)
    return into, out_of
