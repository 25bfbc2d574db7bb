"""Channels removed by hand: exactly those, and what is coupled with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.anatomy.counting import total_macs, total_params
from explorer.anatomy.network import Network
from explorer.backends.base import plain
from explorer.process.steps import finished
from explorer.studies.apply import apply_and_measure
from explorer.values import ChannelPlan
from explorer.values.errors import ExplorerError, PruningError, UnknownNameError
from tests.helpers.blocks import LAYER1_0, PARAMS, STEM, Blocks, blocks, wrapped
from tests.helpers.toys import Concat, Depthwise, Gate, Grouped, SummedConcat, example


@pytest.fixture(scope="module")
def net() -> Network:
    return wrapped()


def planner_of(net: Network, **options: Any) -> Any:
    return explorer.planner(net, "depgraph", **options)


def test_the_channels_that_are_named_go_and_no_other(net: Network) -> None:
    plan = planner_of(net).plan_of({"layer1.0": (0, 3)})
    assert plan.removed == {"layer1.0": (0, 3)}
    assert plan.params == PARAMS - 2 * LAYER1_0
    assert plan.macs == plan.macs_before - 2 * 64 * (
        8 * 9 + 8 * 9
    )  # 64 pixels: its filters, and what reads them
    assert plan.ratio == 2 / (8 + 8 + 12 + 16)
    assert plan.warnings == ()


def test_coupled_channels_follow(net: Network) -> None:
    plan = planner_of(net).plan_of({"stem": (1,), "layer1.2": (2,)})
    assert plan.removed == {"stem": (1, 2), "layer1.2": (1, 2)}
    assert plan.params == PARAMS - 2 * STEM


def test_apply_carries_it_out_and_the_rest_of_the_weights_stay(net: Network) -> None:
    planner = planner_of(net)
    plan = planner.plan_of({"layer1.0": (0, 3), "layer2.0": [11]})
    pruned = planner.apply(plan)
    left, dense = pruned.state_dict(), net.module.state_dict()
    assert torch.equal(left["layer1.0.weight"], dense["layer1.0.weight"][[1, 2, 4, 5, 6, 7]])
    assert torch.equal(left["layer1.2.weight"], dense["layer1.2.weight"][:, [1, 2, 4, 5, 6, 7]])
    assert torch.equal(left["layer2.2.weight"], dense["layer2.2.weight"][:, :11])
    assert (total_params(pruned), total_macs(pruned, net.example_input)) == (plan.params, plan.macs)
    sketch = planner.sketch(plan).state_dict()
    assert all(torch.equal(tensor, sketch[name]) for name, tensor in pruned.state_dict().items())


@pytest.mark.parametrize(
    ("module", "channels", "gone"),
    [
        (SummedConcat, {"whole": (0, 5)}, {"whole": (0, 5), "left": (0,), "right": (1,)}),
        (Concat, {"left": (1,), "right": (0,)}, {"left": (1,), "right": (0,)}),
        (Depthwise, {"depthwise": (3,)}, {"depthwise": (3,), "expand": (3,)}),
        (Grouped, {"first": (1,)}, {"first": (1, 5)}),  # the same position of both conv groups
        (Grouped, {"grouped": (7,)}, {"grouped": (1, 7)}),
        (Gate, {"factor": (2,)}, {"features": (2,), "factor": (2,)}),
    ],
)
def test_what_follows_is_known_by_hand(
    module: type[nn.Module], channels: dict[str, tuple[int, ...]], gone: dict[str, tuple[int, ...]]
) -> None:
    planner = planner_of(explorer.wrap(module(), example()))
    plan = planner.plan_of(channels)
    assert plan.removed == gone
    assert total_params(planner.apply(plan)) == plan.params


@pytest.mark.parametrize(
    "channels",
    [
        {"layer1.0": 2},
        {"layer1.0": range(2, 3)},
        {"layer1.0": {2}},
        {"layer1.0": np.array([2])},
        {"layer1.0": torch.tensor([2])},
        [("layer1.0", [2])],
    ],
)
def test_channels_come_in_any_list(net: Network, channels: Any) -> None:
    assert planner_of(net).plan_of(channels).removed == {"layer1.0": (2,)}


def test_a_layer_may_be_given_itself(net: Network) -> None:
    assert isinstance(net.module, Blocks)
    assert planner_of(net).plan_of({net.module.layer1[0]: (2,)}).removed == {"layer1.0": (2,)}


def test_a_ratio_means_what_it_means_to_plan(net: Network) -> None:
    planner = planner_of(net)
    assert plain(planner.plan_of(0.5)) == plain(planner.plan(0.5))


def test_ratios_of_their_own_and_rounding_are_for_channels_that_nobody_names(net: Network) -> None:
    planner = planner_of(net, overrides={"stem": 0.5}, round_to=8, max_ratio=0.1)
    assert planner.plan_of({"layer1.0": (0, 3)}).removed == {"layer1.0": (0, 3)}


def test_a_plan_by_hand_is_exact_even_where_a_ratio_is_reached_in_steps(net: Network) -> None:
    planner = planner_of(net, steps=3)
    plan = planner.plan_of({"layer1.0": (0, 3)})
    assert plan.estimate == ""
    assert total_params(planner.apply(plan)) == PARAMS - 2 * LAYER1_0


def test_a_single_channel_that_stays_is_warned_of(net: Network) -> None:
    (warning,) = planner_of(net).plan_of({"layer1.0": range(7)}).warnings
    assert warning == "'layer1.0' keeps a single channel of 8: expect the network to fail."


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        ({"layer1.0": (8,)}, "'layer1.0' has no channel 8: its 8 channels are 0 to 7."),
        ({"layer1.0": (-1,)}, "'layer1.0' has no channel -1: its 8 channels are 0 to 7."),
        ({"layer1.0": (1, 1)}, "Channel 1 of 'layer1.0' is named twice."),
        ({"layer1.0": range(8)}, "'layer1.0' would lose all of its channels"),
        ({"stem": range(7), "layer1.2": (7,)}, "'stem' would lose all of its channels"),
        ({"head": (0,)}, "Channel 0 of 'head' has to stay. 'head' is an output layer"),
        ({"layer1": (0,)}, "'layer1' is a block, .* such as 'layer1.0'."),
        ({"layer1.1": (0,)}, "'layer1.1' holds no output channels of its own"),
        ({"layer1.0": (0.5,)}, "A channel of 'layer1.0' must be a whole number, got 0.5."),
        ({"layer1.0": (True,)}, "A channel of 'layer1.0' must be a whole number, got True."),
        ({"layer1.0": "0"}, "Channels of 'layer1.0' must be whole numbers, got '0'."),
        ({"layer1.0": None}, "Channels of 'layer1.0' must be whole numbers, got None."),
        ({1: (0,)}, "Channels to remove must be given by layer"),
        ([1, 2], "Channels to remove must be given by layer"),
        ({}, "No channel to remove is named."),
        ("layer1.0", "Pruning ratio must be a fraction"),
        (None, "Pruning ratio must be a fraction"),
    ],
)
def test_what_cannot_go_is_refused_by_the_layer_with_the_reason(
    net: Network, channels: Any, sentence: str
) -> None:
    with pytest.raises(PruningError, match=sentence):
        planner_of(net).plan_of(channels)


@pytest.mark.parametrize("layer", ["nope", "", "layer1.3"])
def test_a_layer_that_does_not_exist_is_refused(net: Network, layer: str) -> None:
    with pytest.raises(UnknownNameError, match=f"has no layer '{layer}' to remove channels of"):
        planner_of(net).plan_of({layer: (0,)})


def test_a_module_of_another_network_is_refused(net: Network) -> None:
    with pytest.raises(UnknownNameError, match="a Conv2d that is no layer of network 'blocks'"):
        planner_of(net).plan_of({blocks().stem: (0,)})


def test_a_kept_layer_stays_whole(net: Network) -> None:
    with pytest.raises(PruningError, match="Channel 0 of 'layer1.0' has to stay. 'layer1.0' is to be kept."):
        planner_of(net, keep=["layer1.0"]).plan_of({"layer1.0": (0,)})


def test_a_plan_by_hand_of_another_planner_is_refused(net: Network) -> None:
    plan = planner_of(net).plan_of({"layer1.0": (0,)})
    with pytest.raises(PruningError, match="made by another planner"):
        planner_of(net, criterion="l1").apply(plan)


def test_a_plan_by_hand_is_a_plain_value_too(net: Network) -> None:
    plan = plain(planner_of(net).plan_of({"layer1.0": (3, 0)}))
    assert type(plan) is ChannelPlan
    assert plan.chosen == (("layer1.0", (0, 3)),)
    assert [group.removed for group in plan.groups if group.root == "layer1.0"] == [2]


def test_a_report_on_channels_by_hand_holds_the_result_against_the_plan(net: Network) -> None:
    report = finished(apply_and_measure(planner_of(net), (("layer1.0", (0, 3)),)))
    assert report.differences == ()
    assert report.pruned.params == PARAMS - 2 * LAYER1_0


def test_no_other_exception_reaches_a_caller(net: Network) -> None:
    planner = planner_of(net)
    strange: list[Any] = [
        object(),
        {"stem": object()},
        {None: 1},
        [("stem",)],
        [("stem", 1, 2)],
        {"stem": b"0"},
    ]
    for channels in strange:
        with pytest.raises(ExplorerError, match="must be"):
            planner.plan_of(channels)
