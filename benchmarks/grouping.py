"""Grouping as the explorer walks Torch-Pruning's graph, against the library's own walk; the groups are the same."""

from __future__ import annotations

from typing import Any

import torch
import torch_pruning as tp
from torch_pruning import ops

from benchmarks.measuring import median, title
from explorer import sources
from explorer.backends.depgraph.torch_pruning.dependency_graph import ROOTS, Graph

NETWORK = "densenet121"
OURS, LIBRARY = 5, 1  # runs
LAYERS = {ops.OPTYPE.CONV, ops.OPTYPE.BN, ops.OPTYPE.LINEAR, ops.OPTYPE.DEPTHWISE_CONV}


def main() -> None:
    """Print one row, on one thread."""
    torch.set_num_threads(1)
    title(
        f"Grouping {NETWORK}: ranges and index arrays, or a tuple for each channel as in the library; one thread",
        "network",
        "groups",
        "ours ms",
        "library ms",
        "library / ours",
        "same groups",
    )
    net = sources.load(NETWORK)
    net.module.requires_grad_(True)
    with torch.enable_grad():
        graph = Graph().build_dependency(net.module, net.example_input)
        theirs = tp.DependencyGraph().build_dependency(net.module, net.example_input, verbose=False)
    own = list(graph.get_all_groups())
    ours = median(lambda: list(graph.get_all_groups()), OURS)
    found: list[Any] = []
    library = median(lambda: found.append(_library(theirs)), LIBRARY)
    same = _plain(graph, own) == _plain(theirs, found[-1])
    print(
        f"| {NETWORK} | {len(own)} | {ours * 1e3:.0f} | {library * 1e3:.0f} | {library / ours:.1f}× | {same} |"
    )


def _library(graph: Any) -> list[Any]:
    return list(graph.get_all_groups(root_module_types=list(ROOTS[:2])))


def _plain(graph: Any, groups: list[Any]) -> list[list[tuple[str, str, list[int], list[int]]]]:
    """Layers, their pruning functions and their channels, in order."""
    return [
        [
            (
                graph._module2name[dep.target.module],
                dep.handler.__name__,
                *map(_numbers, (indices, item.root_idxs)),
            )
            for item in group.items
            for dep, indices in [item]
            if dep.target.type in LAYERS
        ]
        for group in groups
    ]


def _numbers(indices: Any) -> list[int]:
    return [int(index) for index in indices]
