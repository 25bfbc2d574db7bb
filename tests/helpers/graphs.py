"""Dependency graphs of known patterns, without a network behind them."""

from __future__ import annotations

from itertools import pairwise

from explorer.values import Edge, LayerGraph, Node, NodeKind


def node(name: str, kind: NodeKind = NodeKind.CONV, groups: tuple[int, ...] = ()) -> Node:
    """A node whose scope is its path without the last part; operations are named ``add:scope``."""
    scope = name.partition(":")[2] if ":" in name else name.rpartition(".")[0]
    label = name.rpartition(".")[2]
    return Node(name, label, kind, kind.title(), scope, ":" not in name, 8, 8, None, None, 0, 0, groups)


def chain(*names: str) -> tuple[Edge, ...]:
    return tuple(Edge(a, b) for a, b in pairwise(names))


def residual_network(blocks: int = 3) -> LayerGraph:
    """stem, then blocks of conv → bn → relu → conv → bn → add → relu with an identity shortcut."""
    nodes, edges, last = [node("stem")], [], "stem"
    for block in (f"layer{i}" for i in range(blocks)):
        names = [f"{block}.conv1", f"{block}.bn1", f"{block}.relu1", f"{block}.conv2", f"{block}.bn2"]
        kinds = [NodeKind.CONV, NodeKind.BATCHNORM, NodeKind.ACTIVATION, NodeKind.CONV, NodeKind.BATCHNORM]
        nodes += [node(name, kind) for name, kind in zip(names, kinds, strict=True)]
        nodes += [node(f"add:{block}", NodeKind.ADD), node(f"{block}.relu2", NodeKind.ACTIVATION)]
        edges += [*chain(last, *names, f"add:{block}", f"{block}.relu2"), Edge(last, f"add:{block}")]
        last = f"{block}.relu2"
    return LayerGraph(tuple(nodes), tuple(edges), ())


def dense_network(
    blocks: int, layers: int, block_name: str = "block", layer_name: str = "layer"
) -> LayerGraph:
    """Every layer reads the concatenation of all before it in its block: DenseNet's pattern and size.

    Without names blocks and layers are numbers, as those of an `nn.Sequential`.
    """
    nodes, edges, last = [node("features.conv0")], [], "features.conv0"
    for block in range(blocks):
        made = [last]
        for layer in range(layers):
            scope = f"features.{block_name}{block}.{layer_name}{layer}"
            path = [f"cat:{scope}", f"{scope}.norm", f"{scope}.relu", f"{scope}.conv1", f"{scope}.conv2"]
            kinds = [NodeKind.CONCAT, NodeKind.BATCHNORM, NodeKind.ACTIVATION, NodeKind.CONV, NodeKind.CONV]
            nodes += [node(name, kind) for name, kind in zip(path, kinds, strict=True)]
            edges += [*chain(*path), *(Edge(source, path[0]) for source in made)]
            made.append(path[-1])
        last = made[-1]
    return LayerGraph(tuple(nodes), tuple(edges), ())
