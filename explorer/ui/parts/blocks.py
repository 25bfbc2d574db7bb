"""Blocks: paths that stand for every layer below them."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.values import LayerGraph

_WITH_CHANNELS = ("Conv", "Linear")


def above(path: str) -> list[str]:
    """Blocks that a layer is in, the outermost first."""
    parts = path.split(".")[:-1]
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def with_blocks(layers: Iterable[str]) -> list[str]:
    """The same layers, each block before the first layer in it."""
    return list(dict.fromkeys(name for layer in layers for name in (*above(layer), layer)))


def layers_with_channels(graph: LayerGraph) -> list[str]:
    """Layers with weights and channels, which may be kept."""
    return [node.id for node in graph.nodes if node.weight_shape and node.type.startswith(_WITH_CHANNELS)]


def starting_in(graph: LayerGraph) -> dict[str, tuple[int, ...]]:
    """Groups that start in a block and may lose channels, by its path; outer blocks before inner ones."""
    found: dict[str, tuple[int, ...]] = {}
    for group in graph.groups:
        for block in above(group.root) if group.prunable else ():
            found[block] = (*found.get(block, ()), group.id)
    return dict(sorted(found.items()))
