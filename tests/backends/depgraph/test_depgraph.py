"""Plan = library, to the last channel, parameter and MAC."""

from __future__ import annotations

import copy

import pytest
import torch
import torch_pruning as tp

import explorer
from explorer.anatomy.verifying import zeroing_difference
from explorer.backends.depgraph.options import parse_options
from explorer.backends.depgraph.planner import traced
from explorer.values import RemovalEvidence, Report
from explorer.values.errors import ExplorerError, PruningError, UnknownNameError
from tests.helpers import toys
from tests.helpers.planning import BUNDLED, assert_plan_is_library, bench_of, depgraph, planner_of, report
from tests.helpers.silent import disagreement

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
    planner = planner_of("digits-resnet", parse_options("l2", "global"))
    net, plan = planner.net, planner.plan(0.4)
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
    widths = {row.name: row.width for row in plan.layers if row.type == "Conv2d"}
    assert widths == {n: m.out_channels for n, m in module.named_modules() if isinstance(m, torch.nn.Conv2d)}


@pytest.mark.parametrize("scope", ["local", "global"])
@pytest.mark.parametrize("name", BUNDLED)
def test_more_ratio_never_keeps_more(name: str, scope: str) -> None:
    planner = planner_of(name, parse_options(scope=scope))
    plans = [planner.plan(step / 20) for step in range(20)]
    spared = next((i for i, plan in enumerate(plans) if plan.warnings), len(plans))
    params = [plan.params for plan in plans[:spared]]
    assert len(params) > 5
    assert params == sorted(params, reverse=True)


def removal(result: Report) -> RemovalEvidence:
    assert isinstance(result.evidence, RemovalEvidence)
    return result.evidence


@pytest.mark.parametrize("name", [name for name in BUNDLED if name != "digits-vit"])
def test_removing_equals_zeroing(name: str) -> None:
    planner = planner_of(name)
    assert zeroing_difference(planner.net, planner.sketch(planner.plan(0.5)), planner.cut_at(0.5)) < 1e-5


def test_a_layer_norm_makes_removing_differ_from_zeroing_and_the_report_says_so() -> None:
    result = report(planner_of("digits-vit"), 0.5)
    assert result.plan_is_library
    assert removal(result).difference > 1e-3
    assert "LayerNorm" in removal(result).note
    assert result.pruned.recalibrated is None


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
    planner = planner_of("digits-vit")
    pruned = planner.apply(planner.plan(0.75))
    gone = planner.plan(0.75).removed["norm"]
    dense = planner.net.module.get_parameter("norm.weight")
    kept = [k for k in range(len(dense)) if k not in gone]
    assert pruned.get_parameter("norm.weight").tolist() == dense[kept].tolist()


def test_apply_measures_what_the_plan_claims() -> None:
    planner = planner_of("digits-resnet")
    result, net = report(planner, 0.5), planner.net
    dense, pruned, plan = result.dense, result.pruned, result.plan
    assert result.plan_is_library
    assert result.backend == "depgraph"
    assert (pruned.params, pruned.nonzero, pruned.bytes) == (plan.params, plan.nonzero, plan.bytes)
    assert (pruned.macs, pruned.effective_macs) == (plan.macs, plan.effective_macs)
    assert (dense.params, dense.macs, dense.bytes) == (
        plan.params_before,
        plan.macs_before,
        plan.bytes_before,
    )
    assert removal(result) == RemovalEvidence((1, 10), removal(result).difference, "")
    assert removal(result).difference < 1e-5
    assert dense.pruned == explorer.evaluate(net.module, net.data)
    assert dense.recalibrated is None
    assert pruned.recalibrated is not None
    assert pruned.pruned is not None
    assert pruned.recalibrated.accuracy > pruned.pruned.accuracy
    assert pruned.file_bytes > plan.bytes
    assert result.seconds == planner.spent > 0


def test_the_network_itself_is_never_touched() -> None:
    planner = depgraph(explorer.load("digits-mobilenet"))
    module = planner.net.module
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    planner.apply(planner.plan(0.7))
    planner.sketch(planner.plan(0.7))
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_layers_to_keep_keep_their_channels() -> None:
    graph = explorer.dependency_graph(bench_of("digits-cnn").net, traced(bench_of("digits-cnn")))
    layer = next(group.root for group in graph.groups if group.prunable)
    planner = planner_of("digits-cnn", parse_options(keep=(layer,)))
    assert layer not in planner.plan(0.5).removed
    assert_plan_is_library(planner, 0.5)


def test_keeping_a_block_keeps_all_that_is_in_it() -> None:
    planner = planner_of("digits-resnet", parse_options(keep="stem"))
    assert "stem.conv" not in planner.plan(0.5).removed
    assert_plan_is_library(planner, 0.5)


def test_a_plan_of_another_planner_is_not_applied() -> None:
    plan = planner_of("digits-resnet").plan(0.5)
    with pytest.raises(PruningError, match="This plan was made by another planner"):
        planner_of("digits-resnet", parse_options(scope="global")).apply(plan)


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
    planner = depgraph(explorer.wrap(module, toys.example()))
    for ratio in (0.25, 0.5, 0.75):
        assert_plan_is_library(planner, ratio)


def test_a_group_that_would_lose_everything_is_spared_with_a_word() -> None:
    planner = planner_of("digits-resnet", parse_options(scope="global"))
    plan = next(plan for ratio in (0.9, 0.95, 0.99) if (plan := planner.plan(ratio)).warnings)
    assert "would lose all channels" in plan.warnings[0]
    assert_plan_is_library(planner, plan.ratio)


def test_ratio_zero_removes_nothing_and_any_other_at_least_a_channel() -> None:
    planner = depgraph(explorer.wrap(toys.Residual(), toys.example()))
    assert planner.plan(0.0).removed == {}
    assert planner.plan(0.0).params == planner.plan(0.0).params_before
    assert [group.removed for group in planner.plan(0.01).groups] == [1] * len(planner.plan(0.01).groups)


@pytest.mark.parametrize("ratio", [-0.1, 1, 1.0, 50, float("nan"), "half", None, True])
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
        ({"seed": -1}, r"seed must be a whole number from 0 to 2\^63 - 1, got -1. Any works"),
        ({"max_ratio": 0}, r"max_ratio must be a fraction in \(0, 1\], got 0"),
        ({"max_ratio": 50}, r"max_ratio must be a fraction in \(0, 1\], got 50"),
        ({"overrides": {"nope": 0.5}}, "has no layer 'nope' to give a ratio of its own"),
        ({"overrides": {"conv": 5}}, r"Pruning ratio must be a fraction in \[0, 1\), got 5"),
        ({"overrides": {"head": 0.5}}, "'head' cannot have a ratio of its own. 'head' is an output layer"),
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
    with pytest.raises(UnknownNameError, match="Unknown backend 'magic'. Known backends: native, depgraph"):
        explorer.planner(explorer.wrap(toys.Chain(), toys.example(2)), "magic")


def test_a_network_with_nothing_but_outputs_is_refused() -> None:
    single = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 4, 2))
    with pytest.raises(PruningError, match="has no group of channels that can be pruned"):
        explorer.planner(explorer.wrap(single, toys.example()))


@pytest.mark.large
def test_swin_is_pruned_rightly() -> None:
    swin = explorer.load("swin_t").module
    planner = depgraph(explorer.wrap(swin, torch.randn(1, 3, 64, 64)))  # larger images only take longer
    result = report(planner, 0.5)
    assert result.plan_is_library
    assert removal(result).output_shape == (1, 1000)
    assert "LayerNorm" in removal(result).note  # silent channels count in its mean, removed ones do not
    assert disagreement(planner, 0.5) < 1e-3
