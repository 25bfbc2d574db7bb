"""Plan = library, to the last channel, parameter and MAC."""

from __future__ import annotations

import copy
import itertools
from functools import cache

import pytest
import torch
import torch_pruning as tp

import explorer
from explorer.applying import apply_and_check
from explorer.backends.depgraph import DepGraphPlanner
from explorer.backends.options import parse_options
from explorer.counting import state_bytes, total_macs, total_params
from explorer.errors import ExplorerError, PruningError, UnknownNameError
from explorer.libraries.torch_pruning import Trace, trace
from explorer.network import Network
from explorer.schema import ApplyReport, Axis
from explorer.soundness import zeroing_difference
from tests import toys

BUNDLED = ("digits-cnn", "digits-resnet", "digits-densenet", "digits-mobilenet", "digits-vit")
TORCHVISION = ("resnet18", "mobilenet_v2", "vgg11_bn")
TOYS = [
    toys.Gate(),
    toys.Grouped(),
    toys.Depthwise(),
    toys.Concat(),
    toys.Residual(),
    toys.Uncalled(),
    toys.SummedConcat(),
]
RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9)
SETTINGS = list(itertools.product(("l1", "l2"), ("local", "global"), (1, 8)))


@cache
def traced(name: str) -> tuple[Network, Trace]:
    net = explorer.load(name)
    return net, trace(net.module, net.example_input)


def report(planner: DepGraphPlanner, ratio: float) -> ApplyReport:
    run = apply_and_check(planner, ratio)
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value


def assert_plan_is_library(planner: DepGraphPlanner, ratio: float) -> None:
    plan = planner.plan(ratio)
    pruned, removed = planner.carry_out(plan)
    outputs = {layer: gone for (layer, axis), gone in removed.items() if axis is Axis.OUT and gone}
    assert plan.removed == outputs
    assert plan.params == total_params(pruned)
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    assert plan.bytes == state_bytes(pruned)
    sliced = planner.sliced(ratio).state_dict()
    assert all(torch.equal(sliced[name], tensor) for name, tensor in pruned.state_dict().items())


@pytest.mark.parametrize("criterion, scope, round_to", SETTINGS)
@pytest.mark.parametrize("name", BUNDLED + TORCHVISION)
def test_a_plan_is_what_torch_pruning_does(name: str, criterion: str, scope: str, round_to: int) -> None:
    net, found = traced(name)
    planner = DepGraphPlanner(net, parse_options(criterion, scope, round_to), found)
    for ratio in RATIOS:
        assert_plan_is_library(planner, ratio)


def test_the_plan_agrees_with_torch_pruning_called_the_plain_way() -> None:
    """Without any of the explorer's code around the library."""
    net, found = traced("digits-resnet")
    plan = DepGraphPlanner(net, parse_options("l2", "global"), found).plan(0.4)
    module = copy.deepcopy(net.module)
    tp.pruner.MagnitudePruner(
        module,
        net.example_input,
        importance=tp.importance.GroupMagnitudeImportance(p=2),
        global_pruning=True,
        pruning_ratio=0.4,
        ignored_layers=[module.head],
    ).step()
    assert plan.params == sum(parameter.numel() for parameter in module.parameters())
    widths = {row.name: row.width_after for row in plan.layers if row.type == "Conv2d"}
    assert widths == {n: m.out_channels for n, m in module.named_modules() if isinstance(m, torch.nn.Conv2d)}


def test_resnet18_comes_to_the_published_counts() -> None:
    """Ratio 0.5, round_to 8: 3,055,880 parameters by Torch-Pruning's README, 483,149,824 MACs by torch's counter."""
    net, found = traced("resnet18")
    plan = DepGraphPlanner(net, parse_options(round_to=8), found).plan(0.5)
    assert plan.params == 3_055_880
    assert plan.macs == 483_149_824


@pytest.mark.parametrize(
    "ratio, macs, params", [(0.25, 1_042_639_872, 6_675_352), (0.75, 135_603_200, 831_096)]
)
def test_resnet18_comes_to_the_counted_numbers_at_other_ratios(ratio: float, macs: int, params: int) -> None:
    net, found = traced("resnet18")
    plan = DepGraphPlanner(net, parse_options(), found).plan(ratio)
    assert (plan.macs, plan.params) == (macs, params)


def test_global_scope_keeps_exactly_the_rounded_share_of_channels() -> None:
    net, found = traced("resnet18")
    planner = DepGraphPlanner(net, parse_options(scope="global"), found)
    for ratio, kept in ((0.2, 2304), (0.5, 1440), (0.7, 864)):
        groups = planner.plan(ratio).groups
        assert sum(group.channels for group in groups) == 2880
        assert sum(group.channels - group.removed for group in groups) == kept == int(2880 * (1 - ratio))


@pytest.mark.parametrize("scope", ["local", "global"])
@pytest.mark.parametrize("name", BUNDLED)
def test_more_ratio_never_keeps_more(name: str, scope: str) -> None:
    net, found = traced(name)
    planner = DepGraphPlanner(net, parse_options(scope=scope), found)
    plans = [planner.plan(step / 20) for step in range(20)]
    spared = next((i for i, plan in enumerate(plans) if plan.warnings), len(plans))
    params = [plan.params for plan in plans[:spared]]
    assert len(params) > 5
    assert params == sorted(params, reverse=True)


@pytest.mark.parametrize("name", [name for name in BUNDLED if name != "digits-vit"])
def test_removing_equals_zeroing(name: str) -> None:
    net, found = traced(name)
    planner = DepGraphPlanner(net, parse_options(), found)
    assert zeroing_difference(net, planner.sliced(0.5), planner.cut_at(0.5)) < 1e-5


def test_a_layer_norm_makes_removing_differ_from_zeroing_and_the_report_says_so() -> None:
    net, found = traced("digits-vit")
    result = report(DepGraphPlanner(net, parse_options(), found), 0.5)
    assert result.plan_is_library
    assert result.zeroing_difference > 1e-3
    assert "LayerNorm" in result.zeroing_note
    assert result.recalibrated is None


def test_the_library_would_still_shuffle_layer_norm_without_the_correction() -> None:
    """If this fails, the library has mended itself and `_SortedLayerNorm` can go."""
    norm = torch.nn.LayerNorm(192)
    norm.weight.data = torch.arange(192.0)
    library = tp.pruner.function.LayernormPruner()
    removed = list(range(0, 192, 10)) + list(range(1, 192, 2)) + list(range(2, 192, 4))
    kept = sorted(set(range(192)) - set(removed))
    library.prune_out_channels(norm, removed)
    assert sorted(norm.weight.tolist()) == [float(k) for k in kept]
    assert norm.weight.tolist() != [float(k) for k in kept]


def test_trained_layer_norms_keep_their_order() -> None:
    net, found = traced("digits-vit")
    planner = DepGraphPlanner(net, parse_options(), found)
    pruned = planner.apply(planner.plan(0.75))
    gone = planner.plan(0.75).removed["norm"]
    kept = [k for k in range(len(net.module.norm.weight)) if k not in gone]
    assert pruned.norm.weight.tolist() == net.module.norm.weight[kept].tolist()


def test_apply_measures_what_the_plan_claims() -> None:
    net, found = traced("digits-resnet")
    result = report(DepGraphPlanner(net, parse_options(), found), 0.5)
    assert result.plan_is_library
    assert (result.params, result.macs) == (result.plan.params, result.plan.macs)
    assert result.zeroing_difference < 1e-5
    assert result.zeroing_note == ""
    assert result.output_shape == (1, 10)
    assert result.dense == explorer.evaluate(net.module, net.data)
    assert result.recalibrated is not None
    assert result.pruned is not None
    assert result.recalibrated.accuracy > result.pruned.accuracy
    assert result.file_bytes > result.plan.bytes


def test_the_network_itself_is_never_touched() -> None:
    net, found = traced("digits-mobilenet")
    before = {name: tensor.clone() for name, tensor in net.module.state_dict().items()}
    planner = DepGraphPlanner(net, parse_options(), found)
    planner.apply(planner.plan(0.7))
    planner.sliced(0.7)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.module.state_dict().items())


def test_layers_to_keep_keep_their_channels() -> None:
    net, found = traced("digits-cnn")
    layer = next(group.root for group in explorer.dependency_graph(net, found).groups if group.prunable)
    planner = DepGraphPlanner(net, parse_options(keep=(layer,)), found)
    assert layer not in planner.plan(0.5).removed
    assert_plan_is_library(planner, 0.5)


def test_keeping_a_block_keeps_all_that_is_in_it() -> None:
    net, found = traced("digits-resnet")
    planner = DepGraphPlanner(net, parse_options(keep="stem"), found)
    assert "stem.conv" not in planner.plan(0.5).removed
    assert_plan_is_library(planner, 0.5)


def test_a_plan_of_another_planner_is_not_applied() -> None:
    net, found = traced("digits-resnet")
    plan = DepGraphPlanner(net, parse_options(), found).plan(0.5)
    with pytest.raises(PruningError, match="This plan was not made by this planner"):
        DepGraphPlanner(net, parse_options(scope="global"), found).apply(plan)


def test_frozen_weights_stay_frozen() -> None:
    module = toys.Chain().requires_grad_(False)
    module.head.requires_grad_(True)
    planner = explorer.planner(explorer.wrap(module, toys.example(2)))
    pruned = planner.apply(planner.plan(0.5))
    assert {name for name, p in pruned.named_parameters() if p.requires_grad} == {"head.weight", "head.bias"}


@pytest.mark.parametrize(
    "module, example",
    [
        (
            torch.nn.Sequential(torch.nn.Conv1d(4, 8, 3), torch.nn.Flatten(), torch.nn.Linear(48, 3)),
            (1, 4, 8),
        ),
        (
            torch.nn.Sequential(torch.nn.Conv3d(2, 8, 3), torch.nn.Flatten(), torch.nn.Linear(64, 3)),
            (1, 2, 4, 4, 4),
        ),
    ],
)
def test_flattening_signals_and_volumes_is_pruned_too(
    module: torch.nn.Module, example: tuple[int, ...]
) -> None:
    planner = explorer.planner(explorer.wrap(module, torch.randn(example)))
    assert_plan_is_library(planner, 0.5)


def test_a_conv_classifier_keeps_its_classes() -> None:
    net = explorer.wrap(toys.ConvClassifier(), toys.example(8))
    planner = explorer.planner(net, "depgraph")
    pruned = planner.apply(planner.plan(0.5))
    assert pruned(net.example_input).shape == (1, 10)
    assert pruned.features.out_channels == 4


@pytest.mark.parametrize("module", TOYS)
def test_toy_couplings_are_planned_as_the_library_prunes_them(module: torch.nn.Module) -> None:
    planner = DepGraphPlanner(explorer.wrap(module, toys.example()), parse_options())
    for ratio in (0.25, 0.5, 0.75):
        assert_plan_is_library(planner, ratio)


def test_a_group_that_would_lose_everything_is_spared_with_a_word() -> None:
    net, found = traced("digits-resnet")
    planner = DepGraphPlanner(net, parse_options(scope="global"), found)
    plan = next(plan for ratio in (0.9, 0.95, 0.99) if (plan := planner.plan(ratio)).warnings)
    assert "would lose all channels" in plan.warnings[0]
    assert_plan_is_library(planner, plan.ratio)


def test_ratio_zero_removes_nothing_and_any_other_at_least_a_channel() -> None:
    planner = DepGraphPlanner(explorer.wrap(toys.Residual(), toys.example()), parse_options())
    assert planner.plan(0.0).removed == {}
    assert planner.plan(0.0).params == planner.plan(0.0).params_before
    assert [group.removed for group in planner.plan(0.01).groups] == [1] * len(planner.plan(0.01).groups)


@pytest.mark.parametrize("ratio", [-0.1, 1, 1.0, 50, float("nan"), "0.5", None, True])
def test_a_ratio_that_is_no_fraction_is_refused(ratio: object) -> None:
    planner = explorer.planner(explorer.wrap(toys.Chain(), toys.example(2)))
    with pytest.raises(PruningError, match=r"Pruning ratio must be a fraction in \[0, 1\), got"):
        planner.plan(ratio)


@pytest.mark.parametrize(
    "options, match",
    [
        ({"criterion": "taylr"}, "Unknown criterion 'taylr'. Known: l1, l2"),
        ({"scope": "everywhere"}, "Unknown scope 'everywhere'"),
        ({"round_to": 0}, "round_to must be a whole number of at least 1, got 0"),
        ({"round_to": 2.5}, "got 2.5"),
        ({"round_to": True}, "got True"),
        ({"colour": "red"}, "Unknown option 'colour' of DepGraph"),
        ({"keep": ("nope",)}, "has no layer 'nope' to keep"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(ExplorerError, match=match):
        explorer.planner(explorer.wrap(toys.Chain(), toys.example(2)), **options)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Unknown backend 'magic'. Known backends: depgraph"):
        explorer.planner(explorer.wrap(toys.Chain(), toys.example(2)), "magic")


def test_a_network_with_nothing_but_outputs_is_refused() -> None:
    single = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 4, 2))
    with pytest.raises(PruningError, match="has no group of channels that can be pruned"):
        explorer.planner(explorer.wrap(single, toys.example()))


def test_swin_is_pruned_rightly_or_refused_within_20_seconds() -> None:
    net = explorer.load("swin_t")
    result = report(DepGraphPlanner(net, parse_options()), 0.5)
    assert result.plan_is_library
    assert result.output_shape == (1, 1000)
    assert result.zeroing_difference < 1e-5
