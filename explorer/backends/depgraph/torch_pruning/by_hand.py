"""Have Torch-Pruning remove channels that somebody else picked."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from explorer.anatomy.copies import state_kept
from explorer.anatomy.inputs import Example
from explorer.anatomy.structure import Indices
from explorer.backends.depgraph.torch_pruning.dependency_graph import Graph
from explorer.backends.depgraph.torch_pruning.patches import differentiable, library_errors
from explorer.backends.depgraph.torch_pruning.pruning import Removed, Survivors


def remove(module: nn.Module, example_input: Example, going: Mapping[int, Indices]) -> Removed:
    """Remove some channels of some groups in place, and whatever is coupled with them.

    Args:
        module: a copy of the caller's; half pruned if this raises.
        example_input: a batch it accepts.
        going: number of a group in a trace -> channels of its root that go.

    Returns:
        Channels removed per (layer, axis), numbered as in the dense network, sorted.
    """
    with library_errors("prune", module), torch.enable_grad(), differentiable(module):
        with state_kept(module):  # it runs the network
            graph = Graph().build_dependency(module, example_input)
        alive = Survivors(graph)
        for number, group in enumerate(graph.get_all_groups()):
            if number in going:
                root, channels = group[0]
                part = graph.get_pruning_group(root.target.module, root.handler, channels[going[number]])
                alive.record(part)
                part.prune()
    return alive.removed()
