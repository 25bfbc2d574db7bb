"""Which channels have to stay: those that the network answers with, those a person keeps, and the last one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from explorer.anatomy.structure import Structure, TracedGroup
from explorer.values import Axis

KEPT = "is to be kept."


def output_layers(structure: Structure) -> tuple[str, ...]:
    """Layers from which an output of the network is reached without another layer with weights."""
    nodes = {node.key: node for node in structure.nodes}
    read = {source for node in structure.nodes for source in node.inputs}
    ends = (node for key, node in nodes.items() if key not in read and not node.unread)
    pending = [node.key for node in (*ends, *(node for node in nodes.values() if node.op == "output"))]
    pending += structure.answers  # also those that are read further on
    seen = set(pending)
    found: set[str] = set()
    while pending:
        node = nodes[pending.pop()]
        if node.path is not None and node.op != "parameter":
            found.add(node.path)
            continue
        fresh = [source for source in node.inputs if source not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return tuple(sorted(found))


def kept_because(
    group: TracedGroup, paths: Mapping[int, str | None], outputs: Collection[str], kept: Collection[str] = ()
) -> str:
    """Why nothing of a group may go; '' where it may. Torch-Pruning leaves out the same groups.

    Args:
        group: any group.
        paths: node key -> dotted path of the layer.
        outputs: layers that the network answers with.
        kept: layers that a person keeps.
    """
    for item in group.items:
        path = paths[item.node]
        if item.axis is Axis.OUT and path in outputs:
            subject = f"'{path}' is an output layer" if path else "The network is a single layer"
            return f"{subject}: no other layer was seen between it and the network's answer."
        if item.axis is Axis.OUT and path in kept:
            return f"'{path}' {KEPT}"
        if item.width == 1 and not item.pruning_fn.startswith("prune_parameter"):
            return f"'{path}' has a single channel, and one has to stay."
        if item.width is not None and item.index.size and item.index.max() >= item.width:
            return f"Torch-Pruning couples it with channels that '{path}' does not have."
    return (
        f"Its channels cannot be followed to their end: {group.wall}.{_help(group.wall)}"
        if group.wall
        else ""
    )


_HELP = {  # part of a wall's clause -> what would be followed instead
    "is written as a plain function": "A layer of torch.nn in its place would be followed.",
    "takes the channels of a layer apart": "Attention would be followed as nn.MultiheadAttention.",
    "by constants, one for each": "An nn.Parameter in their place would be followed, also one that does not train.",
    "parts of a tensor are written to": "The parts would be followed through torch.cat.",
    "with parts whose sizes are unknown": "Constants that lie beside each other would be followed.",
    "works across channels": "Along any other axis it would be followed.",
    "axes meet in a product of matrices": "Channels that are summed over would be followed.",
    "channels of different axes meet": "Channels that lie on the same axis of both would be followed.",
    "keeps running statistics": "It is pruned with track_running_stats=False.",
    "is a transposed convolution in conv groups": "It is pruned with groups=1, or with one for each channel.",
}


def _help(wall: str) -> str:
    return next((f" {helps}" for part, helps in _HELP.items() if part in wall), "")
