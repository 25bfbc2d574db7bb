"""A run's network, kept and pruned again: counted by hand, rebuilt from its dense class, named where it is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import explorer
from explorer import sources
from explorer.anatomy.network import Network
from explorer.bundles.again import left_by
from explorer.bundles.checking import Elsewhere, answers_same, apart
from explorer.bundles.structure import in_all
from explorer.exports.bundle import write_folder
from explorer.process.steps import finished
from explorer.values import FineTune, NetworkSpec
from explorer.values.again import Left
from explorer.values.errors import NetworkError
from tests.helpers.bundles import unchecked

NAME = "digits-cnn, pruned 0.50 (run 1)"


def left(
    folder: Path, net: Network, backend: str = "depgraph", ratio: float = 0.5, **how: object
) -> NetworkSpec:
    """What a run of that leaves."""
    wanted = Left(NAME, "pruned 0.50", "a", str(folder / "left.safetensors"))
    planner = explorer.planner(net, backend)
    return finished(left_by(planner, ratio, replace(wanted, **how)))  # type: ignore[arg-type]


def cnn_counts(*widths: int) -> tuple[int, int]:
    """Parameters and MACs of digits-cnn at these widths: four convolutions with BatchNorm, then two linear layers."""
    one, two, three, four, fc = widths
    convs = [(1, one, 64), (one, two, 64), (two, three, 16), (three, four, 16)]  # in, out, pixels
    params = sum(before * after * 9 + 2 * after for before, after, _ in convs)
    macs = sum(before * after * 9 * pixels for before, after, pixels in convs)
    linear = 4 * four * fc + fc * 10
    return params + linear + fc + 10, macs + linear


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> NetworkSpec:
    """Half of the channels of digits-cnn, left as pruning left them."""
    return left(tmp_path_factory.mktemp("first"), explorer.load("digits-cnn"))


def test_a_second_generation_is_counted_against_the_first_and_its_plan_is_its_result(
    first: NetworkSpec,
) -> None:
    net = sources.load_spec(first)
    planner = explorer.planner(net)
    assert first.origin
    assert (first.origin.params, first.origin.macs) == cnn_counts(16, 32, 32, 64, 64)
    whole, half = planner.plan(0), planner.plan(0.5)
    assert (whole.params, whole.macs) == cnn_counts(8, 16, 16, 32, 32)
    assert (half.params, half.macs) == cnn_counts(4, 8, 8, 16, 16)
    pruned = planner.apply(half)
    assert sum(parameter.numel() for parameter in pruned.parameters()) == half.params


def test_a_third_generation_goes_on_from_the_second(first: NetworkSpec, tmp_path: Path) -> None:
    second = left(tmp_path, sources.load_spec(first), name="second")
    assert second.origin
    assert (second.base, second.origin.macs) == ("digits-cnn", cnn_counts(16, 32, 32, 64, 64)[1])
    planner = explorer.planner(sources.load_spec(second))
    assert (planner.plan(0).params, planner.plan(0).macs) == cnn_counts(4, 8, 8, 16, 16)


def test_removed_channels_are_numbered_as_in_the_dense_network() -> None:
    first = {"conv": {"out": [0, 2]}, "fc": {"in": [1]}}
    then = {"conv": {"out": [0, 2]}, "head": {"in": [3]}}  # of 1 3 4 5 …
    assert in_all(first, then) == {"conv": {"out": [0, 1, 2, 4]}, "fc": {"in": [1]}, "head": {"in": [3]}}


def test_the_folder_of_a_second_generation_starts_from_the_dense_class(
    first: NetworkSpec, tmp_path: Path
) -> None:
    net, dense = sources.load_spec(first), explorer.load("digits-cnn").module
    planner = explorer.planner(net)
    plan = planner.plan(0.5)
    pruned = planner.apply(plan)
    bundle = unchecked(planner, plan, pruned)
    folder = write_folder(bundle, tmp_path / "again.pruned")
    assert answers_same(explorer.load_bundle(folder), pruned, net.example_input)
    removed = json.loads((folder / "structure.json").read_text())["removed"]["block1.conv"]["out"]
    kept = [at for at in range(16) if at not in removed]
    found = pruned.get_parameter("block1.conv.weight")
    assert torch.equal(dense.get_parameter("block1.conv.weight")[kept], found)
    assert apart(Elsewhere().pruned(dict(bundle.files)), pruned, "prune.py") == ""
    assert any("prune.py prunes once" in note for note in bundle.notes)


def test_zeros_of_masks_are_weights_of_what_is_pruned_again(tmp_path: Path) -> None:
    dense = explorer.load("digits-cnn")
    masked = sources.load_spec(left(tmp_path, dense, "native"))
    planned = explorer.planner(dense, "native").plan(0.5)
    left_over = sum(int(parameter.count_nonzero()) for parameter in masked.module.parameters())
    assert left_over == planned.nonzero == explorer.planner(masked).plan(0).nonzero
    assert explorer.planner(masked).plan(0).params == cnn_counts(16, 32, 32, 64, 64)[0]


def test_what_was_recalibrated_or_trained_is_kept_so(tmp_path: Path) -> None:
    dense = explorer.load("digits-cnn")
    bare, again, tuned = (
        sources.load_spec(left(tmp_path, dense, **how)).module
        for how in ({}, {"recalibrated": True}, {"fine_tune": FineTune(1)})
    )
    assert all(map(torch.equal, bare.parameters(), again.parameters()))
    assert not torch.equal(
        bare.get_buffer("block1.bn.running_mean"), again.get_buffer("block1.bn.running_mean")
    )
    assert not all(map(torch.equal, bare.parameters(), tuned.parameters()))


def test_a_network_that_is_no_longer_kept_says_how_to_have_it_again(first: NetworkSpec) -> None:
    with pytest.raises(
        NetworkError, match="no longer has the network 'digits-cnn, pruned 0.50 .run 1.'. Press"
    ):
        sources.load_spec(replace(first, upload="/nowhere.safetensors"))
    with pytest.raises(NetworkError, match="no longer fits 'digits-resnet'"):
        sources.load_spec(replace(first, origin=replace(first.origin, base="digits-resnet")))  # type: ignore[type-var]


def test_a_notebook_wraps_what_was_pruned_and_prunes_it_again() -> None:
    conv, head = nn.Conv2d(3, 8, 3, bias=False), nn.Linear(8, 4)
    toy = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    once = explorer.planner(explorer.wrap(toy, torch.randn(1, 3, 6, 6)))
    pruned = once.apply(once.plan(0.5))
    twice = explorer.planner(explorer.wrap(pruned, torch.randn(1, 3, 6, 6)))
    plan = twice.plan(0.5)
    assert plan.params == 3 * 2 * 9 + 2 * 4 + 4
    assert plan.macs == 3 * 2 * 9 * 16 + 2 * 4
    assert sum(parameter.numel() for parameter in twice.apply(plan).parameters()) == plan.params
