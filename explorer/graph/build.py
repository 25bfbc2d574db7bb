"""Network -> LayerGraph: what is drawn, and every coupled group with its reasons in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import nn

from explorer.counting import layer_rows
from explorer.graph.node_kinds import NodeBuilder
from explorer.graph.reasons import Reasons
from explorer.graph.structure import Structure, TracedGroup, TracedItem
from explorer.libraries.torch_pruning import Trace, trace
from explorer.network import Network
from explorer.schema import Axis, Edge, Group, IndexMap, LayerGraph, Member, Node


def dependency_graph(net: Network, traced: Trace | None = None) -> LayerGraph:
    """The dependency graph of a network with its coupled groups.

    Args:
        net: left untouched.
        traced: a trace of the same network, where one is at hand.

    Raises:
        PruningError: if Torch-Pruning cannot trace or group the network.
    """
    traced = traced or trace(net.module, net.example_input)
    return _GraphBuilder(net, traced).build()


def output_layers(structure: Structure) -> tuple[str, ...]:
    """Layers from which an output of the network is reached without another layer with weights."""
    readers: dict[int, list[int]] = {node.key: [] for node in structure.nodes}
    for node in structure.nodes:
        for source in node.inputs:
            readers[source].append(node.key)
    nodes = {node.key: node for node in structure.nodes}
    found: set[str] = set()
    pending = [key for key, into in readers.items() if not into]
    seen = set(pending)
    while pending:
        node = nodes[pending.pop()]
        if node.path is not None and node.op != "parameter":
            found.add(node.path)
            continue
        fresh = [source for source in node.inputs if source not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return tuple(sorted(found))


class _GraphBuilder:
    def __init__(self, net: Network, traced: Trace) -> None:
        self._net = net
        self._structure = traced.structure
        self._drawn = NodeBuilder(net.module, traced, {row.name: row for row in layer_rows(net)})
        self._outputs = set(output_layers(traced.structure))
        self._modules: dict[str, nn.Module | nn.Parameter] = {
            **dict(net.module.named_modules()),
            **dict(net.module.named_parameters()),
        }

    def build(self) -> LayerGraph:
        groups = tuple(self._group(index, group) for index, group in enumerate(self._structure.groups))
        memberships: dict[str, list[int]] = {}
        for group in groups:
            for node_id in dict.fromkeys(member.node for member in group.members):
                memberships.setdefault(node_id, []).append(group.id)
        nodes = tuple(self._drawn.nodes(memberships))
        return LayerGraph(nodes, tuple(self._edges()), groups)

    def _edges(self) -> Iterator[Edge]:
        for key in self._drawn.keys:
            for source in self._drawn.inputs(key):
                yield Edge(self._drawn.id(source), self._drawn.id(key))

    def _group(self, index: int, group: TracedGroup) -> Group:
        reasons = Reasons(self._drawn, group)
        members = [
            self._member(item, reasons, position == 0)
            for position, item in enumerate(group.items)
            if self._drawn.is_drawn(item.node)
        ]
        return Group(
            index, members[0].node, group.channels, group.heads, tuple(members), self._kept_because(group)
        )

    def _kept_because(self, group: TracedGroup) -> str:
        """Why nothing of a group may go; '' where it may."""
        for item in group.items:
            path = self._drawn.path(item.node)
            if item.axis is Axis.OUT and path in self._outputs:
                return f"'{path}' is an output layer: its channels are what the network answers with."
            if item.width == 1 and item.pruning_fn not in ("prune_parameter_out_channels",):
                return f"'{path or self._drawn.id(item.node)}' has a single channel, and one has to stay."
        return ""

    def _member(self, item: TracedItem, reasons: Reasons, is_root: bool) -> Member:
        node: Node = self._drawn.node(item.node)
        kind, why = reasons.of(item, is_root)
        return Member(
            node=node.id,
            layer=node.id,
            axis=item.axis,
            pruning_fn=item.pruning_fn,
            width=item.width or 0,
            index_map=index_map(item),
            reason=kind,
            why=why,
            source=self._drawn.id(reasons.source(item)),
            inter_layer=not self._drawn.shares_axes(item.node),
            schema=self._schema(item),
        )

    def _schema(self, item: TracedItem) -> tuple[str, ...]:
        """The weight's shape with a star on the axis that is allotted to this group."""
        layer = self._modules.get(self._drawn.path(item.node) or "")
        if layer is None or item.width is None:
            return ()
        if isinstance(layer, nn.MultiheadAttention):
            return (f"3x{layer.embed_dim}*", f"{layer.embed_dim}*")
        weight = layer if isinstance(layer, nn.Parameter) else getattr(layer, "weight", None)
        if weight is None:
            return ()
        starred = _starred_dim(layer, tuple(weight.shape), item.axis)
        return tuple(f"{size}*" if dim == starred else str(size) for dim, size in enumerate(weight.shape))


def _starred_dim(layer: nn.Module | nn.Parameter, shape: tuple[int, ...], axis: Axis) -> int:
    if isinstance(layer, (nn.modules.conv._ConvNd, nn.Linear)):
        return int((axis is Axis.IN) != bool(getattr(layer, "transposed", False)))
    longer = [dim for dim, size in enumerate(shape) if size > 1]
    return longer[-1] if longer else 0


def index_map(item: TracedItem) -> IndexMap:
    """Root channel -> channels of this axis, in the shortest form that says it exactly."""
    order = np.argsort(item.root, kind="stable")
    index, root = item.index[order], item.root[order]
    repeat = item.repeat
    if (
        repeat
        and index.size
        and np.array_equal(
            index, index.min() + root * repeat + np.tile(np.arange(repeat), len(index) // repeat)
        )
    ):
        return IndexMap(int(index.min()), repeat)
    channels = int(root.max()) + 1 if root.size else 0
    return IndexMap(explicit=tuple(tuple(sorted(index[root == k].tolist())) for k in range(channels)))
