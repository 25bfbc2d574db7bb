"""SparseML planned without SparseML: options, schedule, masks, recipe and groups."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

import explorer
from explorer.anatomy.network import Network
from explorer.backends import parsed
from explorer.backends.bench import Bench
from explorer.backends.sparseml.groups import options_for, removal_check
from explorer.backends.sparseml.layers import candidates
from explorer.backends.sparseml.options import check_mode, problems, read
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.backends.sparseml.schedule import schedule
from explorer.values import (
    Interpolation,
    MaskType,
    Modifier,
    RunMode,
    SparseOptions,
    WeightScope,
)
from explorer.values.errors import PruningError, UnknownNameError
from tests.helpers.sparse_options import COMBINATIONS, made
from tests.helpers.toys import Chain, Concat, Depthwise, Residual, example


@pytest.fixture(scope="module")
def resnet() -> Network:
    return explorer.load("digits-resnet")


@pytest.fixture(scope="module")
def chain() -> Network:
    torch.manual_seed(0)
    return explorer.wrap(Chain(), example(2), name="chain")


def test_linear_sparsity_rises_in_equal_steps() -> None:
    options = SparseOptions(
        init_sparsity=0.1,
        final_sparsity=0.9,
        start_epoch=1.0,
        end_epoch=3.0,
        interpolation=Interpolation.LINEAR,
        epochs=4.0,
    )
    points = schedule(options, steps_per_epoch=10)
    assert [point.step for point in points] == [10, 15, 20, 25, 30]
    assert [point.epoch for point in points] == [1.0, 1.5, 2.0, 2.5, 3.0]
    assert [point.sparsity for point in points] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


@pytest.mark.parametrize(
    ("interpolation", "middle"),
    [
        (Interpolation.CUBIC, 0.8 * (1 - 0.5**3)),
        (Interpolation.INVERSE_CUBIC, 0.8 * (1 - 0.5 ** (1 / 3))),
    ],
)
def test_curves_bend_as_their_names_say(interpolation: Interpolation, middle: float) -> None:
    options = SparseOptions(
        init_sparsity=0.0, end_epoch=2.0, update_frequency=1.0, interpolation=interpolation
    )
    assert [point.sparsity for point in schedule(options, 10)] == pytest.approx([0.0, middle, 0.8])


def test_acdc_takes_turns_and_ends_sparse() -> None:
    options = made(Modifier.ACDC, end_epoch=6.0, epochs=8.0)
    assert [point.sparsity for point in schedule(options, 5)] == [0.0, 0.8, 0.0, 0.8, 0.0, 0.8, 0.8]


@pytest.mark.parametrize(("modifier", "mask_type"), COMBINATIONS)
def test_counts_are_those_of_the_masks(resnet: Network, modifier: Modifier, mask_type: MaskType) -> None:
    planner = SparsePlanner(Bench(resnet), made(modifier, mask_type))
    plan = planner.plan()
    if not modifier.by_magnitude:
        with pytest.raises(PruningError, match="depends on gradients, so no plan can say"):
            plan.masks()
        return
    masks = plan.masks()
    assert sum(int((~mask).sum()) for mask in masks.values()) == sum(row.masked for row in plan.layers)
    assert plan.nonzero == sum(int(p.count_nonzero()) for p in planner.sketch(plan).parameters())


@pytest.mark.parametrize("mask_type", [MaskType.UNSTRUCTURED, MaskType.ONE_BY_FOUR, MaskType.CHANNEL])
def test_more_sparsity_never_brings_a_weight_back(resnet: Network, mask_type: MaskType) -> None:
    modifier = Modifier.STRUCTURED if mask_type is MaskType.CHANNEL else Modifier.GM
    planner = SparsePlanner(Bench(resnet), made(modifier, mask_type))
    less, more = planner.plan(0.3).masks(), planner.plan(0.7).masks()
    assert all(bool((less[name] | ~more[name]).all()) for name in less)


def test_costs_of_a_mask_are_arithmetic(chain: Network) -> None:
    plan = explorer.planner(chain, "sparseml", final_sparsity=0.5, layers=("conv",)).plan()
    conv = next(row for row in plan.layers if row.name == "conv")
    assert (conv.maskable, conv.masked) == (6 * 3 * 3 * 3, 81)
    assert conv.macs == 6 * 3 * 3 * 3 * 2 * 2
    assert conv.effective_macs == conv.macs // 2
    assert plan.macs == conv.macs + 24 * 5
    assert plan.bytes_compressed == plan.bytes - 4 * 81 + (162 + 7) // 8


def test_equal_weights_still_lose_exactly_as_many() -> None:
    net = explorer.wrap(nn.Sequential(nn.Linear(8, 8, bias=False)), torch.ones(1, 8), name="equal")
    nn.init.constant_(net.module[0].weight, 0.5)
    for sparsity in (0.1, 0.5, 0.9):
        mask = explorer.planner(net, "sparseml", init_sparsity=0.0).plan(sparsity).masks()["0.weight"]
        assert int((~mask).sum()) == round(64 * sparsity)


def test_masks_of_half_the_inputs_keep_two_of_every_four() -> None:
    torch.manual_seed(1)
    net = explorer.wrap(nn.Sequential(nn.Linear(16, 8)), torch.ones(1, 16), name="line")
    planner = explorer.planner(net, "sparseml", mask_type="2:4", init_sparsity=0.5, final_sparsity=0.5)
    mask = planner.plan().masks()["0.weight"]
    assert mask.reshape(-1, 4).sum(dim=1).tolist() == [2] * 32


def test_layers_that_cannot_take_the_mask_are_left_out_with_one_sentence_a_reason(resnet: Network) -> None:
    plan = explorer.planner(resnet, "sparseml", mask_type="1x4").plan()
    assert plan.warnings == ("'stem.conv' is left out: its 1 inputs do not divide into blocks of 4.",)
    assert '"stage1.block0.conv1.weight"' in plan.recipe()
    assert "stem.conv" not in plan.recipe()


def test_a_recipe_names_all_prunable_layers_by_sparsemls_own_token(resnet: Network) -> None:
    recipe = explorer.planner(resnet, "sparseml", final_sparsity=0.8).plan(0.7).recipe()
    assert recipe == (
        "modifiers:\n"
        "  - !EpochRangeModifier\n"
        "      start_epoch: 0.0\n"
        "      end_epoch: 8.0\n"
        "\n"
        "  - !GMPruningModifier\n"
        "      params: __ALL_PRUNABLE__\n"
        "      init_sparsity: 0.05\n"
        "      final_sparsity: 0.7\n"
        "      start_epoch: 0.0\n"
        "      end_epoch: 6.0\n"
        "      update_frequency: 0.5\n"
        "      inter_func: cubic\n"
        "      mask_type: unstructured\n"
    )


def test_attention_is_left_out_so_that_the_token_is_not_used() -> None:
    net = explorer.load("digits-vit")
    assert not any("attention" in layer for layer in candidates(net.module))
    assert "__ALL_PRUNABLE__" not in explorer.planner(net, "sparseml").plan().recipe()


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"final_sparsity": 80}, "final_sparsity", r"must be a fraction in \[0, 1\), got 80"),
    ({"final_sparsity": float("nan")}, "final_sparsity", "got nan"),
    ({"init_sparsity": 0.9}, "init_sparsity", "must not be above final_sparsity, got 0.9 and 0.8"),
    ({"mask_type": MaskType.FILTER}, "mask_type", "GMPruningModifier works with mask type unstructured"),
    ({"mask_type": MaskType.TWO_OF_FOUR}, "final_sparsity", "zeroes exactly half"),
    ({"end_epoch": 8.0}, "epochs", "would silently stop short of its final value"),
    ({"start_epoch": 6.0}, "end_epoch", "must be after start_epoch, got 6 and 6"),
    ({"update_frequency": 0.0}, "update_frequency", "above 0, or -1 for every step, got 0.0"),
    ({"scope": WeightScope.GLOBAL}, "scope", "GMPruningModifier ranks by scope layer, got global"),
    ({"pattern": ".*weight"}, "pattern", "also matches 'stem.bn.weight' of a BatchNorm2d"),
    ({"pattern": "weight"}, "pattern", "matches no parameter of 'digits-resnet'"),
    ({"pattern": "("}, "pattern", "is no regular expression"),
    ({"pattern": "(s+)+x"}, "pattern", "repeats what repeats already"),
    ({"pattern": "head.weight", "layers": ("head",)}, "pattern", "by a pattern or by a list, got both"),
    ({"layers": ("stem.bn",)}, "layers", "'stem.bn' of network 'digits-resnet' cannot be masked"),
    ({"layers": ("nope",)}, "layers", "has no layer 'nope'"),
    ({"layers": ()}, "layers", "No layer of 'digits-resnet' is picked"),
    ({"param_groups": (("head",),)}, "param_groups", "Only StructuredPruningModifier takes param_groups"),
    ({"learning_rate": 0}, "learning_rate", "must be a number from 0.000001 to 10, got 0"),
    (
        {
            "mask_type": MaskType.TWO_OF_FOUR,
            "init_sparsity": 0.5,
            "final_sparsity": 0.5,
            "layers": ("stem.conv",),
        },
        "layers",
        "'stem.conv' cannot take a 2:4 mask: 2:4 works on linear layers only",
    ),
    ({"modifier": Modifier.ACDC, "end_epoch": 4.5}, "end_epoch", "whole epochs only, got end_epoch 4.5"),
    (
        {"modifier": Modifier.TOPKAST, "final_sparsity": 0.4},
        "backward_sparsity",
        "must not be above final_sparsity, got 0.5 and 0.4",
    ),
    (
        {"interpolation": Interpolation.INVERSE_CUBIC, "end_epoch": 5.3},
        "end_epoch",
        "SparseML breaks off unless a step falls on end_epoch",
    ),
]


@pytest.mark.parametrize(("change", "field", "says"), REFUSALS)
def test_what_sparseml_gets_wrong_is_refused_where_it_is_caused(
    resnet: Network, change: dict[str, Any], field: str, says: str
) -> None:
    options = replace(SparseOptions(), **change)
    reading = read(resnet, options)
    assert (reading.options, reading.field) == (None, field)
    with pytest.raises(PruningError, match=says):
        SparsePlanner(Bench(resnet), options)


def test_frozen_weights_are_refused() -> None:
    net = explorer.wrap(nn.Sequential(nn.Linear(8, 4)), torch.ones(1, 8), name="frozen")
    net.module[0].weight.requires_grad_(False)
    with pytest.raises(PruningError, match="The weights of '0' are frozen, and SparseML fails on them"):
        explorer.planner(net, "sparseml")


@pytest.mark.parametrize("modifier", Modifier)
def test_default_options_of_every_modifier_are_right(resnet: Network, modifier: Modifier) -> None:
    assert list(problems(resnet, made(modifier))) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (SparseOptions(Modifier.MOVEMENT), "Movement has no one-shot result: .* would mask at random"),
        (SparseOptions(Modifier.MFAC), "MFAC has no one-shot result: .* fails"),
        (SparseOptions(interpolation=Interpolation.INVERSE_CUBIC), "masks to the initial sparsity"),
    ],
)
def test_one_shot_is_refused_where_it_would_go_wrong(
    resnet: Network, options: SparseOptions, says: str
) -> None:
    with pytest.raises(PruningError, match=says):
        check_mode(resnet, options, RunMode.ONE_SHOT)


def test_training_without_data_is_refused(chain: Network) -> None:
    with pytest.raises(
        PruningError,
        match="GM needs labelled data to run so, and network .chain. has none. Run it in one shot, or",
    ):
        check_mode(chain, SparseOptions(), RunMode.TRAINING)


def test_loose_words_become_options() -> None:
    options = parsed(
        "sparseml", {"modifier": "topkast", "mask_type": "1x4", "scope": "layer", "layers": ["a"]}
    )
    assert (options.modifier, options.scope) == (Modifier.TOPKAST, WeightScope.LAYER)
    assert options.layers == ("a",)
    assert parsed("sparseml", {"modifier": "structured"}).mask_type is MaskType.FILTER
    assert parsed("sparseml", {"mask_type": "2:4"}).final_sparsity == 0.5
    assert parsed("sparseml", {"modifier": "acdc"}).update_frequency == 1.0
    with pytest.raises(UnknownNameError, match="Unknown modifier 'Layer'. Known: GM, Magnitude"):
        parsed("sparseml", {"modifier": "Layer"})
    with pytest.raises(UnknownNameError, match="Unknown option 'sparsity' of SparseML. Known: modifier"):
        parsed("sparseml", {"sparsity": 0.5})


@pytest.mark.parametrize("make", [Residual, Depthwise])
def test_masked_inputs_are_the_same_as_removed_channels(make: type[nn.Module]) -> None:
    torch.manual_seed(2)
    net = explorer.wrap(make(), example(), name=make.__name__)
    compared = 0
    for group in explorer.dependency_graph(net).groups:
        if group.prunable:
            options = options_for(net.module, group, SparseOptions(final_sparsity=0.5))
            check = removal_check(net, group, options)
            assert len(check.channels) == group.channels // 2
            assert check.params_removed < check.params_masked
            assert check.difference < 1e-5
            compared += 1
    assert compared


def test_masked_filters_leave_their_shifts_behind_and_it_is_said(resnet: Network) -> None:
    group = explorer.dependency_graph(resnet).groups[3]
    options = options_for(resnet.module, group, SparseOptions(mask_type=MaskType.FILTER, final_sparsity=0.5))
    assert options.param_groups == (("stem.conv", "stage1.block0.conv2"),)
    check = removal_check(resnet, group, options)
    assert check.difference > 1e-3
    assert check.silenced_difference < 1e-5
    assert check.note.startswith("SparseML zeroes weights only")


def test_a_group_that_shares_a_layer_with_others_is_refused() -> None:
    net = explorer.wrap(Concat(), example(), name="concat")
    group = next(group for group in explorer.dependency_graph(net).groups if "left" in group.layers)
    with pytest.raises(PruningError, match="'join' holds this group's channels beside others"):
        options_for(net.module, group, SparseOptions())


def test_an_output_group_is_refused(resnet: Network) -> None:
    group = explorer.dependency_graph(resnet).groups[0]
    with pytest.raises(PruningError, match="This group stays whole: 'head' is an output layer"):
        options_for(resnet.module, group, SparseOptions())


@pytest.mark.large
def test_planning_imports_no_sparseml() -> None:
    script = (
        "import sys, explorer\n"
        "explorer.planner(explorer.load('digits-cnn'), 'sparseml').plan(0.5).masks()\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('sparseml', 'sparsezoo', 'yaml')])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr
