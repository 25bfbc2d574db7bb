"""Network -> LayerGraph: what is drawn, and every coupled group with its reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from explorer.anatomy.counting import layer_rows
from explorer.anatomy.network import Network, expect_network
from explorer.anatomy.structure import TracedGroup, TracedItem
from explorer.anatomy.surgery import Weighted, weight_dim
from explorer.backends.depgraph.couplings import couplings
from explorer.backends.depgraph.torch_pruning import Trace, trace
from explorer.graph.node_kinds import NodeBuilder
from explorer.graph.reasons import Reasons
from explorer.values import Axis, Edge, Group, IndexMap, LayerGraph, Member, Node

UNGROUPED = "No coupled group holds its channels: they cannot be followed to where they come from."


def dependency_graph(net: Network, traced: Trace | None = None) -> LayerGraph:
    """The dependency graph of a network with its coupled groups.

    Args:
        net: left untouched.
        traced: a trace of the same network, where one is at hand.

    Raises:
        NetworkError: if `net` is no `Network`.
        PruningError: if Torch-Pruning cannot trace or group it, or it cannot be told whether couplings hold.
    """
    expect_network(net)
    traced = traced or trace(net.module, net.example_input)
    return _GraphBuilder(net, traced).build()


class _GraphBuilder:
    def __init__(self, net: Network, traced: Trace) -> None:
        self._net = net
        self._structure = traced.structure
        self._drawn = NodeBuilder(net.module, traced, {row.name: row for row in layer_rows(net)})
        self._stays = couplings(net, traced)
        self._walls = {node.path: node.whole for node in traced.structure.nodes if node.path}
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
        why = _reasons_to_stay(groups)
        marked = tuple(replace(node, stays=self._stays_whole(node, why.get(node.id, []))) for node in nodes)
        return LayerGraph(marked, tuple(self._edges()), groups)

    def _stays_whole(self, node: Node, reasons: Sequence[str]) -> str:
        """Why none of a node's output channels may go, in sentences.

        Args:
            node: any.
            reasons: of every group that holds some of them, '' where these may go.
        """
        if reasons:
            return " ".join(dict.fromkeys(reasons)) if all(reasons) else ""
        if not node.is_layer or not node.params or (node.out_channels or 1) == 1:
            return ""
        wall = self._walls.get(node.id, "")
        return f"{wall[:1].upper()}{wall[1:]}." if wall else UNGROUPED

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
            id=index,
            root=self._drawn.id(group.lead.node),
            channels=group.channels,
            heads=group.heads,
            parts=self._drawn.parts_of(item.node for item in group.items) if group.heads > 1 else "",
            members=tuple(members),
            kept_because=self._stays[index],
            separable=group.separable,
            whole=group.whole,
        )

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


def _reasons_to_stay(groups: Iterable[Group]) -> dict[str, list[str]]:
    """For every node that stores output channels why each group that holds some stays whole, '' where it need not."""
    found: dict[str, list[str]] = {}
    for group in groups:
        for node in dict.fromkeys(m.node for m in group.members if m.width and m.axis is Axis.OUT):
            found.setdefault(node, []).append(group.kept_because)
    return found


def _starred_dim(layer: nn.Module | nn.Parameter, shape: tuple[int, ...], axis: Axis) -> int:
    if isinstance(layer, Weighted):
        return weight_dim(layer, axis)
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
    return IndexMap(explicit=tuple(tuple(sorted(index[root == k].tolist())) for k in range(item.channels)))
