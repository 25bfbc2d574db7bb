"""Plan = library, to the last channel, parameter and MAC."""

from __future__ import annotations

import copy

import pytest
import torch
import torch_pruning as tp

import explorer
from explorer.anatomy.soundness import zeroing_difference
from explorer.backends.depgraph.options import parse_options
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.values.errors import ExplorerError, PruningError, UnknownNameError
from tests.helpers import toys
from tests.helpers.planning import BUNDLED, assert_plan_is_library, report, traced

TOYS = [
    toys.Gate(),
    toys.Grouped(),
    toys.Depthwise(),
    toys.Concat(),
    toys.Residual(),
    toys.Uncalled(),
    toys.SummedConcat(),
]


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
    weight = net.module.get_parameter("norm.weight")
    kept = [k for k in range(len(weight)) if k not in gone]
    assert pruned.get_parameter("norm.weight").tolist() == weight[kept].tolist()


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
        ({"reduction": "median"}, "Unknown reduction 'median'. Known: mean, sum"),
        ({"normalizer": "median"}, "Unknown normalizer 'median'. Known: none, mean"),
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0. 1 prunes at once"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"max_ratio": 0}, r"max_ratio must be a fraction in \(0, 1\], got 0"),
        ({"max_ratio": 50}, r"max_ratio must be a fraction in \(0, 1\], got 50"),
        ({"overrides": {"nope": 0.5}}, "has no layer 'nope' to give a ratio of its own"),
        ({"overrides": {"conv": 5}}, r"Pruning ratio must be a fraction in \[0, 1\), got 5"),
        ({"overrides": {"head": 0.5}}, "'head' cannot have a ratio of its own: its outputs are in no group"),
        (
            {"overrides": {"conv": 0.5, "bn": 0.2}},
            "'bn' asks for ratio 0.2, and another layer of its group for 0.5",
        ),
        ({"criterion": "taylor"}, "'taylor' passes labelled images through the network, and none belong"),
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
