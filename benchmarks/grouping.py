"""Grouping as the explorer has Torch-Pruning do it, against the library's own way; the groups are the same."""

from __future__ import annotations

from typing import Any

import torch
import torch_pruning as tp

from benchmarks.measuring import median, title
from explorer import sources
from explorer.backends.depgraph.torch_pruning.patches import frozen_index_mappings
from explorer.backends.depgraph.torch_pruning.tracing import ROOTS

NETWORK = "densenet121"
OURS, LIBRARY = 5, 1  # runs


def main() -> None:
    """Print one row, on one thread."""
    torch.set_num_threads(1)
    title(
        f"Grouping {NETWORK}: index mappings made once, or again for every group as in the library; one thread",
        "network",
        "groups",
        "ours ms",
        "library ms",
        "library / ours",
        "same groups",
    )
    net = sources.load(NETWORK)
    with torch.enable_grad():
        net.module.requires_grad_(True)
        graph = tp.DependencyGraph().build_dependency(net.module, net.example_input, verbose=False)
    own = _ours(graph)
    ours = median(lambda: _ours(graph), OURS)
    found: list[Any] = []
    library = median(lambda: found.append(_library(graph)), LIBRARY)
    same = _plain(graph, own) == _plain(graph, found[-1])
    print(
        f"| {NETWORK} | {len(own)} | {ours * 1e3:.0f} | {library * 1e3:.0f} | {library / ours:.1f}× | {same} |"
    )


def _ours(graph: Any) -> list[Any]:
    with frozen_index_mappings():
        return _library(graph)


def _library(graph: Any) -> list[Any]:
    return list(graph.get_all_groups(root_module_types=ROOTS))


def _plain(graph: Any, groups: list[Any]) -> list[list[tuple[str, str, list[int], list[int]]]]:
    """Members, their pruning functions and their channels, in order."""
    return [
        [
            (dep.target.name, dep.handler.__name__, list(indices), list(item.root_idxs))
            for item in group.items
            for dep, indices in [item]
        ]
        for group in groups
    ]
