"""Slices on the axis that a layer has, and what no mask covers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import explorer
from tests.helpers.walled import Tagger, turned

IMAGE = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def masked(module: nn.Module, example: Tensor, **words: Any) -> nn.Module:
    """A network with half of the slices of every layer zeroed."""
    planner = explorer.planner(explorer.wrap(module, example), "native", pattern="structured", **words)
    return planner.apply(planner.plan(0.5))


def upsampling(groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 1), nn.ConvTranspose2d(8, 12, 2, 2, groups=groups, bias=False), nn.Conv2d(12, 4, 1)
    )


@pytest.mark.parametrize("criterion", ["l1", "l2", "random"])
def test_outputs_of_a_transposed_convolution_fall_silent(criterion: str) -> None:
    module: Any = masked(upsampling(), IMAGE, criterion=criterion, axis="out")
    silent = module[1](torch.randn(1, 8, 4, 4)).abs().sum((0, 2, 3)) == 0
    assert int(silent.sum()) == 12 // 2


def test_in_conv_groups_the_same_positions_of_every_group_fall_silent() -> None:
    module: Any = masked(upsampling(groups=2), IMAGE, criterion="l2", axis="out")
    silent = (module[1](torch.randn(1, 8, 4, 4)).abs().sum((0, 2, 3)) == 0).view(2, 12 // 2)
    assert int(silent.sum()) == 2 * 3
    assert torch.equal(silent[0], silent[1])


def test_inputs_of_a_transposed_convolution_go_unread() -> None:
    module: Any = masked(upsampling(), IMAGE, criterion="l2", axis="in")
    unread = module[1].weight.abs().sum((1, 2, 3)) == 0
    assert int(unread.sum()) == 8 // 2


def test_outputs_of_a_linear_layer_turned_round_fall_silent() -> None:
    torch.manual_seed(0)
    module: Any = masked(turned(), torch.randn(1, 6), criterion="l2", axis="out")
    assert int((module[0].weight.abs().sum(0) == 0).sum()) == 16 // 2


@pytest.mark.parametrize("axis", ["out", "in"])
def test_slices_of_transposed_convolutions_are_planned_as_they_are_masked(axis: str) -> None:
    net = explorer.wrap(upsampling(groups=2), IMAGE)
    planner = explorer.planner(net, "native", pattern="structured", criterion="l1", axis=axis)
    for ratio in (0.25, 0.5):
        plan = planner.plan(ratio)
        counted = sum(int(parameter.count_nonzero()) for parameter in planner.apply(plan).parameters())
        assert plan.nonzero == counted


def test_weights_that_no_mask_covers_are_named_with_their_share() -> None:
    module = Tagger()
    memory = sum(parameter.numel() for parameter in module.memory.parameters())
    share = memory / sum(parameter.numel() for parameter in module.parameters())
    vectors = sum(parameter.numel() for parameter in module.memory.parameters() if parameter.dim() == 1)
    covered = (memory - vectors) / memory * share
    plan = explorer.planner(explorer.wrap(module, torch.randn(1, 6, 9)), "native").plan(0.5)
    assert plan.left_out == (
        f"Not masked: 'memory' (LSTM), {100 * covered:.0f} % of the parameters. The amount is of the weights of the "
        "other layers."
    )


def test_where_every_matrix_is_masked_nothing_is_said() -> None:
    assert explorer.planner(explorer.wrap(upsampling(), IMAGE), "native").plan(0.5).left_out == ""
    assert explorer.planner(explorer.load("resnet18"), "native").plan(0.5).left_out == ""


def test_layers_of_one_type_are_named_together() -> None:
    told = explorer.planner(explorer.load("digits-vit"), "native").plan(0.5).left_out
    assert "2 MultiheadAttention such as 'blocks.block0.attention'" in told


@pytest.mark.parametrize(
    ("mask_type", "told"),
    [
        ("filter", "silences input channels there, and not output channels"),
        ("channel", "silences output channels"),
    ],
)
def test_sparseml_says_which_side_of_a_transposed_convolution_goes(mask_type: str, told: str) -> None:
    net = explorer.wrap(upsampling(), IMAGE)
    planner = explorer.planner(net, "sparseml", modifier="structured", mask_type=mask_type)
    (warning,) = (warning for warning in planner.plan(0.5).warnings if "transposed convolution" in warning)
    assert warning.startswith("'1' is a transposed convolution: ")
    assert told in warning
