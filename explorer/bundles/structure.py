"""What pruning changed in a network, as plain data: attributes of modules, shapes, and what was removed."""

from __future__ import annotations

from typing import Any

from torch import nn

from explorer.anatomy.changes import attributes
from explorer.anatomy.surgery import Cut, by_layer
from explorer.bundles.rebuild import tensors
from explorer.values import NetworkSpec

FORMAT = 1  # of structure.json; raised when an older load.py could not read it


def structure_of(spec: NetworkSpec, base: nn.Module, pruned: nn.Module, removed: Cut) -> dict[str, Any]:
    """All that is needed beside the weights to make `pruned` of `base`.

    Args:
        spec: names the dense network.
        base: the network as whoever rebuilds it has it: of the same class, with any weights.
        pruned: left as it is.
        removed: what went from every axis; empty where zeros were written.
    """
    before, after = tensors(base), tensors(pruned)
    shapes = {name: [list(before[name].shape), list(held.shape)] for name, held in after.items()}
    return {
        "format": FORMAT,
        "network": {"name": spec.name, "weights": str(spec.weights), "seed": spec.seed},
        "modules": attributes(base, pruned),
        "shapes": {name: sizes for name, sizes in shapes.items() if sizes[0] != sizes[1]},
        "removed": by_layer(removed),
    }
