"""Zeros that a network has already are counted among the weights that stay, whichever channels go."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

import explorer


def sprinkled(every: int) -> nn.Module:
    """Plain, grouped and transposed layers in which every so many weights are zero, biases among them."""
    torch.manual_seed(0)
    module = nn.Sequential(
        *(nn.Conv2d(3, 12, 3), nn.ReLU(), nn.Conv2d(12, 12, 1, groups=3), nn.ReLU()),
        *(nn.ConvTranspose2d(12, 16, 2), nn.Flatten(), nn.Linear(16 * 7 * 7, 10), nn.Linear(10, 4)),
    )
    for parameter in module.parameters():
        parameter.data.view(-1)[::every] = 0
    return module


@pytest.mark.parametrize("every", [2, 7, 301])
@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.5, 0.7])
def test_weights_that_are_not_zero_are_planned_as_they_are_counted(every: int, ratio: float) -> None:
    planner = explorer.planner(explorer.wrap(sprinkled(every), torch.randn(1, 3, 8, 8)))
    plan = planner.plan(ratio)
    left = planner.apply(plan).parameters()
    assert plan.nonzero == sum(int(parameter.count_nonzero()) for parameter in left) < plan.params


@pytest.mark.parametrize("every", [2, 7, 301])
def test_zeros_of_attention_norms_and_scales_are_counted_likewise(every: int) -> None:
    torch.manual_seed(0)
    module = nn.TransformerEncoderLayer(32, 4, 48, batch_first=True).eval()
    for parameter in module.parameters():
        parameter.data.normal_().view(-1)[::every] = 0
    planner = explorer.planner(explorer.wrap(nn.Sequential(nn.Linear(5, 32), module, nn.Linear(32, 3)), X))
    plan = planner.plan(0.4)
    left = planner.apply(plan).parameters()
    assert plan.widths != plan.dense.widths
    assert plan.nonzero == sum(int(parameter.count_nonzero()) for parameter in left) < plan.params


X = torch.randn(1, 6, 5)


@pytest.mark.parametrize(
    "how", [parametrizations.weight_norm, partial(prune.l1_unstructured, name="weight", amount=12)]
)
def test_a_layer_that_works_its_weight_out_is_counted_as_the_whole_that_it_stays(how: Any) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1))
    how(module[0])
    nn.init.zeros_(module[0].get_parameter("bias")[:2])
    planner = explorer.planner(explorer.wrap(module, torch.randn(1, 3, 4, 4)))
    plan = planner.plan(0.5)
    left = planner.apply(plan)
    assert plan.nonzero == sum(int(parameter.count_nonzero()) for parameter in left.parameters())
    first = next(row for row in plan.layers if row.name == "0")
    assert first.effective_macs == 16 * int(left[0].weight.count_nonzero())


def test_a_weight_that_was_made_permanent_stands_behind_its_bias() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    prune.remove(prune.l1_unstructured(module[0], "weight", 12), "weight")
    planner = explorer.planner(explorer.wrap(module, torch.randn(1, 6)))
    plan = planner.plan(0.5)
    left = planner.apply(plan)
    assert plan.nonzero == sum(int(parameter.count_nonzero()) for parameter in left.parameters())
