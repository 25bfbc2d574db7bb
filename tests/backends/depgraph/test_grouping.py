"""The explorer's reading and walking against Torch-Pruning's own: the same groups, in a fraction of the time."""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np
import pytest
import torch
import torch_pruning as tp
from torch import nn
from torch_pruning import ops

import explorer
from explorer.anatomy.network import Network
from explorer.backends.depgraph.torch_pruning.dependency_graph import ROOTS, Graph
from explorer.backends.depgraph.torch_pruning.patches import differentiable
from explorer.backends.depgraph.torch_pruning.tracing import trace
from tests.helpers.planning import BUNDLED

LAYERS = {ops.OPTYPE.CONV, ops.OPTYPE.BN, ops.OPTYPE.LINEAR, ops.OPTYPE.PRELU, ops.OPTYPE.DEPTHWISE_CONV}
LAYERS |= {ops.OPTYPE.LN, ops.OPTYPE.GN, ops.OPTYPE.MHA, ops.OPTYPE.EMBED, ops.OPTYPE.PARAMETER}


def graphs(net: Network) -> tuple[Any, Any]:
    """The library's graph of a network, and the explorer's."""
    with torch.enable_grad(), differentiable(net.module):
        library = tp.DependencyGraph().build_dependency(net.module, net.example_input, verbose=False)
        return library, Graph().build_dependency(net.module, net.example_input)


def members(graph: Any, group: Any) -> list[tuple[str, str, dict[int, int]]]:
    """Layers and parameters of a group in order, their pruning functions, and channel -> channel of the root."""
    return [
        (_path(graph, dep.target), dep.handler.__name__, _pairs(indices, item.root_idxs))
        for item in group.items
        for dep, indices in [item]
        if dep.target.type in LAYERS
    ]


def _path(graph: Any, node: Any) -> str:
    names = graph._param_to_name if node.type == ops.OPTYPE.PARAMETER else graph._module2name
    return str(names[node.module])


def _pairs(indices: Any, roots: Any) -> dict[int, int]:
    return {int(index): int(root) for index, root in zip(indices, roots, strict=True)}


@pytest.mark.parametrize("name", [*BUNDLED, "resnet18", "mobilenet_v2", "densenet121", "vgg11_bn"])
def test_the_groups_are_the_librarys(name: str) -> None:
    library, ours = graphs(explorer.load(name))
    theirs = [members(library, group) for group in library.get_all_groups(root_module_types=list(ROOTS[:2]))]
    assert [members(ours, group) for group in ours.get_all_groups()] == theirs


def test_densenets_groups_take_a_tenth_of_the_librarys_time() -> None:
    library, ours = graphs(explorer.load("densenet121"))
    start = time.process_time()
    list(library.get_all_groups(root_module_types=list(ROOTS[:2])))
    theirs = time.process_time() - start
    start = time.process_time()
    list(ours.get_all_groups())
    assert time.process_time() - start < theirs / 10


@pytest.mark.parametrize("channels", [50, 100])
def test_a_linear_layer_behind_a_flatten_of_a_million_features_takes_seconds(channels: int) -> None:
    each = 128 * 128
    module = nn.Sequential(
        nn.Conv2d(3, channels, 3, padding=1), nn.Flatten(), nn.Linear(channels * each, 2), nn.Linear(2, 2)
    )
    start = time.process_time()
    planner: Any = explorer.planner(explorer.wrap(module, torch.randn(1, 3, 128, 128)))
    plan = planner.plan(0.5)
    pruned = planner.apply(plan)
    assert time.process_time() - start < 30
    assert len(plan.removed["0"]) == channels // 2
    [behind] = [item for _, item in planner.ranked.holding("0")]
    group = next(group for group in planner.trace.structure.groups if behind in group.items)
    into = next(item for item in group.items if item.width == channels * each)
    features = np.arange(channels * each)  # each channel's lie beside each other
    assert np.array_equal(into.index, features)
    assert np.array_equal(into.root, features // each)
    assert plan.params == sum(parameter.numel() for parameter in pruned.parameters())


def test_what_autograd_recorded_is_let_go_with_its_activations() -> None:
    def recorded() -> int:
        gc.collect()
        return sum(type(found).__name__.endswith("Backward0") for found in gc.get_objects())

    net = explorer.load("digits-resnet")
    before = recorded()
    found = trace(net.module, net.example_input)
    assert recorded() == before
    assert found.groups
