"""What pruning changed in a network, as plain data: attributes of modules, shapes, and what was removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from explorer.anatomy.changes import attributes
from explorer.anatomy.rebuild import tensors
from explorer.anatomy.surgery import Cut, by_layer
from explorer.backends import DEPGRAPH
from explorer.sources import pruned as generations
from explorer.values import NetworkSpec, Plan

FORMAT = 1  # of structure.json; raised when an older load.py could not read it
Removed = Mapping[str, Mapping[str, Sequence[int]]]  # layer -> axis -> channels that go


def structure_of(spec: NetworkSpec, base: nn.Module, pruned: nn.Module, removed: Cut) -> dict[str, Any]:
    """All that is needed beside the weights to make `pruned` of `base`.

    Args:
        spec: names the network that was pruned.
        base: the dense network as whoever rebuilds it has it: of the same class, with any weights.
        pruned: left as it is.
        removed: what went from every axis; empty where zeros were written.
    """
    before, after = tensors(base), tensors(pruned)
    earlier = generations.structure_of(spec)["removed"] if spec.origin else {}
    shapes = {name: [list(before[name].shape), list(held.shape)] for name, held in after.items()}
    return {
        "format": FORMAT,
        "network": {"name": spec.base, "weights": str(spec.weights), "seed": spec.seed},
        "modules": attributes(base, pruned),
        "shapes": {name: sizes for name, sizes in shapes.items() if sizes[0] != sizes[1]},
        "removed": in_all(earlier, by_layer(removed)),
    }


def removed_of(planner: Any, plan: Plan) -> Cut:
    """Channels that went; nothing where zeros were written."""
    if planner.backend != DEPGRAPH:
        return {}
    from explorer.backends.depgraph.script import removed_by  # with Torch-Pruning, which others do without

    return removed_by(planner, plan)  # type: ignore[arg-type]


def in_all(first: Removed, then: Removed) -> dict[str, dict[str, list[int]]]:
    """What two prunings removed, numbered as in the dense network; `then` numbers what `first` left."""
    found: dict[str, dict[str, list[int]]] = {}
    for layer in dict.fromkeys((*first, *then)):
        before, after = first.get(layer, {}), then.get(layer, {})
        found[layer] = {
            axis: _both(before.get(axis, ()), after.get(axis, ())) for axis in {**before, **after}
        }
    return found


def _both(first: Sequence[int], then: Sequence[int]) -> list[int]:
    gone = set(first)
    left = [at for at in range(len(gone) + max(then, default=-1) + 1) if at not in gone]
    return sorted([*gone, *(left[at] for at in then)])
