"""Writes ``shrinking.json``: what DepGraph's plans leave of a network at every ratio, for the overview's picture.

The overview is drawn before an engine answers, so it cannot ask one.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from explorer import sources
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.graph.build import dependency_graph
from explorer.ui.overview.picture import SHRINKING
from explorer.values import Axis, ChannelOptions, ChannelScope, LayerGraph

TARGET = SHRINKING
NETWORK = "mnist-resnet"
RATIOS = [step / 20 for step in range(15)]  # 0 to 0.7


def main() -> None:
    """Write it from a network loaded and ranked just now."""
    TARGET.write_text(f"{json.dumps(plans(), indent=1)}\n", "utf-8")
    print(f"wrote {TARGET}")


def plans() -> dict[str, Any]:
    """Ratios, what all of the network has at each, and the channels of its layers, with what is coupled."""
    net = sources.load(NETWORK)
    planner = DepGraphPlanner(Bench(net), ChannelOptions(scope=ChannelScope.GLOBAL))
    found = [planner.plan(ratio) for ratio in RATIOS]
    coupled = _coupled(dependency_graph(net))
    layers = [row.name for row in found[0].layers if row.type in ("Conv2d", "Linear")]
    widths = [{row.name: row.width for row in plan.layers} for plan in found]
    return {
        "network": NETWORK,
        "ratios": RATIOS,
        "params": [plan.params for plan in found],
        "macs": [plan.macs for plan in found],
        "layers": [
            {"name": name, "coupled": coupled[name], "channels": [width[name] for width in widths]}
            for name in layers
        ],
    }


def _coupled(graph: LayerGraph) -> dict[str, int]:
    """For each layer, which set of layers makes the same channels, counted from 1; 0 for one that is alone."""
    makers = {
        member.layer: group.id
        for group in graph.groups
        for member in group.members
        if member.axis is Axis.OUT
        and member.pruning_fn in ("prune_conv_out_channels", "prune_linear_out_channels")
    }
    sizes = {group: len(list(same)) for group, same in groupby(sorted(makers.values()))}
    several = list(dict.fromkeys(group for group in makers.values() if sizes[group] > 1))
    return {layer: several.index(group) + 1 if group in several else 0 for layer, group in makers.items()}
