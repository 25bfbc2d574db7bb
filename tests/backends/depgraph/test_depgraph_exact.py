"""Plan = library for every criterion, scope, rounding, override and maximum ratio; published counts come out."""

from __future__ import annotations

import copy
import itertools
import re
from importlib.metadata import metadata
from typing import Any

import pytest
import torch
import torch_pruning as tp
from torch.nn import functional

import explorer
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.options import parse_options
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import Order, Removed, counter_reading, prune
from explorer.measuring.gradients import gather_gradients, images_of
from explorer.process.steps import finished
from explorer.values import (
    Axis,
    ChannelCriterion,
    ChannelOptions,
    ChannelPlan,
    ChannelScope,
    Normalizer,
    Progress,
    Reduction,
)
from explorer.values.errors import PruningError
from explorer.words.published import COUNTED, RESNET50_STEPS, RESNET50_TOLERANCE
from tests.helpers import toys
from tests.helpers.planning import (
    BUNDLED,
    assert_layers_are,
    assert_plan_is_library,
    bench_of,
    depgraph,
    planner_of,
)
from tests.helpers.present import present

pytestmark = pytest.mark.large

TORCHVISION = ("resnet18", "resnet50", "mobilenet_v2")
RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9)
EVERY = list(itertools.product(ChannelCriterion, ChannelScope))
# A Latin square: every two of network, criterion and scope meet; the bundled networks meet all three at once.
SQUARE = [
    (name, criterion, list(ChannelScope)[(row + column) % len(ChannelScope)])
    for row, name in enumerate(TORCHVISION)
    for column, criterion in enumerate(ChannelCriterion)
    if (name, criterion) != ("resnet50", ChannelCriterion.FPGM)  # takes as long as all others of this network
]


def ratios_for(criterion: ChannelCriterion, scope: ChannelScope, count: int) -> list[float]:
    """Some of the ratios, others for each pair, so that all are met."""
    start = list(ChannelCriterion).index(criterion) + list(ChannelScope).index(scope)
    return [RATIOS[(start + step) % len(RATIOS)] for step in range(count)]


def suits(name: str, criterion: ChannelCriterion) -> bool:
    return not (criterion is ChannelCriterion.BN_SCALE and name in ("digits-vit", "vit_b_32"))


@pytest.mark.parametrize("criterion, scope", EVERY)
@pytest.mark.parametrize("name", BUNDLED)
def test_a_plan_is_what_torch_pruning_does(
    name: str, criterion: ChannelCriterion, scope: ChannelScope
) -> None:
    if not suits(name, criterion):
        with pytest.raises(PruningError, match="'bn_scale' reads the scales of BatchNorm"):
            planner_of(name, ChannelOptions(criterion, scope)).plan(0.5)
        return
    for round_to in (None, 8):
        planner = planner_of(name, ChannelOptions(criterion, scope, round_to))
        for ratio in ratios_for(criterion, scope, 2):
            assert_plan_is_library(planner, ratio)


@pytest.mark.parametrize("name, criterion, scope", SQUARE)
def test_a_plan_is_what_torch_pruning_does_to_torchvision(
    name: str, criterion: ChannelCriterion, scope: ChannelScope
) -> None:
    first, second = ratios_for(criterion, scope, 2)
    assert_plan_is_library(planner_of(name, ChannelOptions(criterion, scope)), first)
    assert_plan_is_library(planner_of(name, ChannelOptions(criterion, scope, round_to=8)), second)


@pytest.mark.parametrize(
    "criterion, scope, round_to",
    [
        (ChannelCriterion.L2, ChannelScope.GLOBAL, None),
        (ChannelCriterion.TAYLOR, ChannelScope.ISOMORPHIC, 8),
    ],
)
def test_a_plan_is_what_torch_pruning_does_to_vgg11(
    criterion: ChannelCriterion, scope: ChannelScope, round_to: int | None
) -> None:
    """Its 100 million weights take seconds a run, so a norm and a gradient stand for all criteria.

    Not FPGM, which compares every input with every other: the 25,088 of the flatten would take 5 T multiply-adds and
    2.5 GB, twice. What a flatten means to it is tested on a small network.
    """
    options = ChannelOptions(criterion, scope, round_to=round_to)
    assert_plan_is_library(planner_of("vgg11_bn", options), 0.5)


@pytest.mark.parametrize("scope", ChannelScope)
def test_fpgm_is_planned_across_a_flatten_as_the_library_prunes_it(scope: ChannelScope) -> None:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, padding=1),
        torch.nn.BatchNorm2d(16),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * 4 * 4, 32),
        torch.nn.ReLU(),
        torch.nn.Linear(32, 5),
    )
    planner = depgraph(explorer.wrap(module, toys.example()), criterion="fpgm", scope=scope)
    assert {group.channels for group in planner.ranked.groups} == {16, 32}
    for ratio in RATIOS:
        assert_plan_is_library(planner, ratio)


@pytest.mark.parametrize(
    "scope, ratio", [(ChannelScope.LOCAL, 0.5), (ChannelScope.GLOBAL, 0.3), (ChannelScope.ISOMORPHIC, 0.6)]
)
@pytest.mark.parametrize("name", ["densenet121", "vit_b_32"])
def test_a_plan_is_what_torch_pruning_does_to_large_networks(
    name: str, scope: ChannelScope, ratio: float
) -> None:
    assert_plan_is_library(planner_of(name, ChannelOptions(ChannelCriterion.L2, scope, round_to=8)), ratio)


@pytest.mark.parametrize("scope", ChannelScope)
@pytest.mark.parametrize("name", [*BUNDLED, "resnet18", "mobilenet_v2"])
def test_overrides_and_a_maximum_ratio_do_what_torch_pruning_does(name: str, scope: ChannelScope) -> None:
    dense = planner_of(name).ranked
    own = ((dense.root(0), 0.2), (dense.root(len(dense.candidates) // 2), 0.75))
    for options in (
        ChannelOptions(scope=scope, overrides=own),
        ChannelOptions(scope=scope, max_ratio=0.55),
        ChannelOptions(ChannelCriterion.RANDOM, scope, 8, seed=3, overrides=own, max_ratio=0.4),
    ):
        assert_plan_is_library(planner_of(name, options), 0.6)


@pytest.mark.parametrize("reduction", Reduction)
def test_every_reduction_is_planned_as_the_library_reduces(reduction: Reduction) -> None:
    assert_plan_is_library(
        planner_of("digits-resnet", ChannelOptions(scope=ChannelScope.GLOBAL, reduction=reduction)), 0.4
    )


@pytest.mark.parametrize("normalizer", Normalizer)
def test_every_normalizer_is_planned_as_the_library_normalizes(normalizer: Normalizer) -> None:
    options = ChannelOptions(ChannelCriterion.L1, ChannelScope.GLOBAL, normalizer=normalizer)
    assert_plan_is_library(planner_of("digits-cnn", options), 0.4)


# --- what the options mean -----------------------------------------------------------------------------


def lost(plan: ChannelPlan) -> dict[str, float]:
    """Share of its channels that each group loses, by root."""
    return {group.root: group.removed / group.channels for group in plan.groups}


def test_a_group_with_a_ratio_of_its_own_keeps_to_it_and_the_others_to_the_slider() -> None:
    planner = planner_of("digits-cnn", parse_options(overrides={"block2.conv": 0.25}))
    shares = lost(planner.plan(0.5))
    assert shares.pop("block2.conv") == 0.25
    assert set(shares.values()) == {0.5}


def test_any_layer_of_a_group_can_name_it() -> None:
    by_root = planner_of("digits-cnn", parse_options(overrides={"block2.conv": 0.25})).plan(0.5)
    by_norm = planner_of("digits-cnn", parse_options(overrides={"block2.bn": 0.25})).plan(0.5)
    assert by_norm.widths == by_root.widths


@pytest.mark.parametrize("scope", ChannelScope)
def test_no_group_loses_more_than_the_maximum_and_the_plan_says_so(scope: ChannelScope) -> None:
    plan = planner_of("digits-resnet", ChannelOptions(scope=scope, max_ratio=0.4)).plan(0.6)
    assert max(lost(plan).values()) <= 0.4
    assert "the maximum ratio of 0.4" in plan.warnings[0]


def test_the_library_itself_ignores_the_maximum_ratio_in_a_single_step() -> None:
    """If this fails, the library has mended itself and `_CappedPruner` can go."""
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 10, 1), torch.nn.Conv2d(10, 4, 1))
    importance = tp.importance.GroupMagnitudeImportance()
    plain = {
        "pruning_ratio": 0.6,
        "max_pruning_ratio": 0.3,
        "ignored_layers": [module[1]],
        "global_pruning": True,
    }
    tp.pruner.BasePruner(module, torch.randn(1, 3, 4, 4), importance, out_channel_groups={}, **plain).step()
    assert module[0].out_channels == 4


def test_the_library_would_still_forget_all_but_the_last_sample() -> None:
    """If this fails, the library has mended `accumulate_grad`, and the note on Hessian can go."""
    layer = torch.nn.Linear(2, 1, bias=False)
    library = tp.importance.GroupHessianImportance()
    for gradient in (3.0, 1.0):
        layer.weight.grad = torch.full((1, 2), gradient)
        library.accumulate_grad(layer)
    assert library._accu_grad[layer.weight].tolist() == [[1.0, 1.0]]  # and not 3 * 3 + 1 * 1


def test_taylor_gradients_are_those_of_the_mean_loss() -> None:
    net = bench_of("digits-cnn").net
    data = present(net.data)
    found = finished(gather_gradients(net.module, data, ChannelCriterion.TAYLOR))
    module = copy.deepcopy(net.module)
    count = images_of(ChannelCriterion.TAYLOR, data)
    functional.cross_entropy(module(data.train_x[:count]), data.train_y[:count]).backward()
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, rtol=1e-3, atol=1e-6)
    assert all(parameter.grad is None for parameter in net.module.parameters())


def test_hessian_gradients_are_the_mean_of_each_images_squares() -> None:
    net = bench_of("digits-cnn").net
    found = finished(gather_gradients(net.module, net.data, ChannelCriterion.HESSIAN))
    module = copy.deepcopy(net.module)
    weight, squares = module.get_parameter("fc.weight"), []
    data = present(net.data)
    for image, label in zip(data.train_x[:256], data.train_y[:256], strict=True):
        module.zero_grad()
        functional.cross_entropy(module(image[None]), label[None]).backward()
        squares.append(present(weight.grad).square())
    torch.testing.assert_close(found["fc.weight"], torch.stack(squares).mean(dim=0))


def test_scoring_leaves_no_gradients_on_the_network() -> None:
    planner = depgraph(explorer.load("digits-cnn"), criterion="hessian")
    assert planner.scores()
    assert all(parameter.grad is None for parameter in planner.net.module.parameters())


def test_gradients_that_a_network_had_are_still_there_after_scoring() -> None:
    bench = Bench(explorer.load("digits-cnn"))
    weight = bench.net.module.get_parameter("fc.weight")
    weight.grad = mine = torch.ones_like(weight)
    for criterion in (ChannelCriterion.L2, ChannelCriterion.TAYLOR):
        assert DepGraphPlanner(bench, ChannelOptions(criterion)).scores()
        assert weight.grad is mine


def test_random_importance_comes_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    first = planner_of("digits-cnn", ChannelOptions(ChannelCriterion.RANDOM, seed=5)).plan(0.5).removed
    torch.manual_seed(2)
    again = planner_of("digits-cnn", ChannelOptions(ChannelCriterion.RANDOM, seed=5)).plan(0.5).removed
    other = planner_of("digits-cnn", ChannelOptions(ChannelCriterion.RANDOM, seed=6)).plan(0.5).removed
    assert first == again != other


def test_isomorphic_groups_are_those_that_the_same_types_of_layers_make_up() -> None:
    classes = planner_of("digits-resnet", ChannelOptions(scope=ChannelScope.ISOMORPHIC)).ranking_classes()
    everything = planner_of("digits-resnet", ChannelOptions(scope=ChannelScope.GLOBAL)).ranking_classes()
    assert len(everything) == 1 < len(classes)
    assert sorted(group for found in classes for group in found.groups) == sorted(everything[0].groups)
    assert sorted(score for found in classes for score in found.scores) == sorted(everything[0].scores)


def test_untrained_batchnorm_ranks_nothing_and_the_plan_says_why() -> None:
    net = explorer.wrap(toys.Chain(), toys.example(2))
    plan = depgraph(net, criterion="bn_scale", scope="global").plan(0.5)
    assert plan.params == plan.params_before
    assert "gives every channel the same score" in plan.warnings[0]


def quiet() -> Network:
    """A chain whose only group has weights of zero."""
    module = toys.Chain()
    for parameter in module.parameters():
        torch.nn.init.zeros_(parameter)
    return explorer.wrap(module, toys.example(2))


@pytest.mark.parametrize(
    "options, ratio, reason",
    [
        ({"max_ratio": 0.1}, 0.5, "a group that loses at most 0.1 of its channels loses none"),
        ({"max_ratio": 0.3, "round_to": 6}, 0.5, "0.3 of its channels and keeps a multiple of 6 loses none"),
        ({"overrides": {"conv": 0.0}}, 0.5, "every group has a ratio of its own, and it is 0"),
        ({}, 0.9, "every group that loses channels would lose all of a layer"),
        ({"criterion": "bn_scale"}, 0.9, "every group that loses channels would lose all of a layer"),
        ({"criterion": "bn_scale", "scope": "global"}, 0.5, "gives every channel the same score"),
    ],
)
def test_where_nothing_goes_the_plan_gives_the_one_reason(
    options: dict[str, Any], ratio: float, reason: str
) -> None:
    planner = depgraph(explorer.wrap(toys.Chain(), toys.example(2)), **options)
    plan = planner.plan(ratio)
    assert plan.params == plan.params_before
    assert len(plan.warnings) == 1
    assert reason in plan.warnings[0]
    assert_plan_is_library(planner, ratio)


def test_scores_that_are_no_numbers_are_named_as_the_reason() -> None:
    (warning,) = depgraph(quiet(), scope="global").plan(0.5).warnings
    assert "Nothing is removed" in warning
    assert "the normaliser 'mean' divides by the scores of a group that are all zero" in warning


# --- several steps -------------------------------------------------------------------------------------


def lengths(removed: Removed) -> dict[tuple[str, Axis], int]:
    return {axis: len(gone) for axis, gone in removed.items()}


@pytest.mark.parametrize("name", ["digits-cnn", "digits-resnet", "digits-mobilenet", "digits-vit"])
def test_local_widths_after_several_steps_are_planned_exactly(name: str) -> None:
    planner = planner_of(name, ChannelOptions(ChannelCriterion.L1, steps=4))
    plan = planner.plan(0.6)
    pruned = planner.carry_out(plan)
    assert lengths(planner.removed) == lengths(planner.cut_at(0.6))
    assert "known only after Apply" in plan.estimate
    assert_layers_are(plan, planner.net, pruned)


def test_several_global_steps_are_called_an_estimate() -> None:
    planner = planner_of(
        "digits-resnet", ChannelOptions(ChannelCriterion.TAYLOR, ChannelScope.GLOBAL, steps=3)
    )
    told: list[Progress] = []
    plan = planner.plan(0.5)
    pruned = planner.apply(plan, told.append)
    steps, last = told[:3], told[3:]
    assert [progress.text for progress in steps] == ["Step 1 of 3", "Step 2 of 3", "Step 3 of 3"]
    assert [progress.fraction for progress in steps] == [1 / 3, 2 / 3, 1]
    assert [progress.text for progress in last] == ["Comparing the result with silent channels"]
    assert "This is what a single ranking would remove" in plan.estimate
    assert pruned(planner.net.example_input).shape == (1, 10)


# --- published and counted numbers ---------------------------------------------------------------------


def test_the_counted_resnet50_table_rounds_to_the_one_in_the_librarys_readme() -> None:
    readme = metadata("torch_pruning")["Description"]
    row = r"\[Iter \d+\]\s+Pruning ratio: ([\d.]+),\s+MACs: ([\d.]+) G,\s+Params: ([\d.]+) M"
    _dense, *printed = [tuple(map(float, found)) for found in re.findall(row, readme)]
    assert [(ratio, round(macs, 2), round(params, 2)) for ratio, macs, params in RESNET50_STEPS] == printed


def test_resnet50_in_twenty_steps_comes_to_the_published_table() -> None:
    net = bench_of("resnet50").net
    module = copy.deepcopy(net.module)
    found: list[tuple[float, float, float]] = []

    def record(step: int) -> None:
        params = sum(parameter.numel() for parameter in module.parameters())
        macs = counter_reading(module, net.example_input, ()).macs
        found.append((step / 20, macs / 1e9, params / 1e6))

    prune(module, net.example_input, Order(ChannelOptions(round_to=2, steps=20), 1.0), after_step=record)
    assert found == [pytest.approx(row, rel=0, abs=RESNET50_TOLERANCE) for row in RESNET50_STEPS]


@pytest.mark.parametrize("name, ratio, macs, _, params", COUNTED)
def test_plans_come_to_the_counted_numbers(name: str, ratio: float, macs: int, _: int, params: int) -> None:
    plan = planner_of(name).plan(ratio)
    assert (plan.macs, plan.params) == (macs, params)


def test_resnet18_comes_to_the_published_counts_with_rounding() -> None:
    """Torch-Pruning's README, ratio 0.5 and round_to 8: 3,055,880 parameters."""
    assert planner_of("resnet18", ChannelOptions(round_to=8)).plan(0.5).params == 3_055_880


@pytest.mark.parametrize(
    "name, total, kept, isomorphic",
    [
        ("resnet18", 2880, (2304, 1440, 864), (2303, 1440, 863)),
        ("mobilenet_v2", 9128, (7302, 4564, 2738), (7300, 4564, 2736)),
    ],
)
def test_wide_scopes_keep_exactly_the_rounded_share_of_channels(
    name: str, total: int, kept: tuple[int, ...], isomorphic: tuple[int, ...]
) -> None:
    for scope, expected in ((ChannelScope.GLOBAL, kept), (ChannelScope.ISOMORPHIC, isomorphic)):
        planner = planner_of(name, ChannelOptions(scope=scope))
        for ratio, left in zip((0.2, 0.5, 0.7), expected, strict=True):
            groups = planner.plan(ratio).groups
            assert sum(group.channels for group in groups) == total
            assert sum(group.channels - group.removed for group in groups) == left
    assert kept == tuple(int(total * (1 - ratio)) for ratio in (0.2, 0.5, 0.7))
