"""Zeros that a network has already are counted among the weights that stay, whichever channels go."""

from __future__ import annotations

import pytest
import torch
from torch import nn

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
