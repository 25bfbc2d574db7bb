"""Sensitivity: planted causes are found, and it is the same wherever it is measured."""

from __future__ import annotations

import copy
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from torch import nn

import explorer
from explorer.anatomy.network import Network
from explorer.anatomy.surgery import zero_channels
from explorer.measuring.evaluation import evaluate
from explorer.measuring.judging import part_of_train
from explorer.process.jobs import JobBoard
from explorer.studies.sensitivity import sweep
from explorer.studies.sensitivity.sweep import Pace, measure_sensitivity, naming_layers
from explorer.values import (
    ChannelCriterion,
    ChannelOptions,
    GroupSensitivity,
    NetworkSpec,
    Sensitivity,
    SweepOptions,
    Weights,
)
from explorer.values.errors import PruningError, UnknownNameError
from tests.helpers.planning import BUNDLED, depgraph, planner_of
from tests.helpers.processes import dask_cluster, gone, until

pytestmark = pytest.mark.large

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)
SILENCED = "stage2.block1.conv1"  # on a branch beside which a sum carries everything on


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with dask_cluster() as address:
        yield address


def test_a_sweep_tells_how_long_the_rest_takes_at_the_pace_since_its_first_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter((100.0, 130.0, 160.0, 990.0))  # seconds
    monkeypatch.setattr(sweep, "time", SimpleNamespace(perf_counter=ticks.__next__))
    pace = Pace(1000)
    assert pace.told(1).text == "Measured 1 of 1,000 pruned copies"
    assert pace.told(8).text == "Measured 8 of 1,000 pruned copies"  # seven tell no pace yet
    rest = (1000 - 101) * (160 - 100) / (101 - 1) / 60  # minutes
    assert (
        pace.told(101).text == f"Measured 101 of 1,000 pruned copies, about {rest:.0f} min left at this pace"
    )
    assert pace.told(1000).text == "Measured 1,000 of 1,000 pruned copies"


def group(found: Sensitivity, layer: str) -> GroupSensitivity:
    return next(group for group in found.groups if group.layer == layer)


@cache
def silenced() -> Network:
    """digits-resnet with every channel of one group at zero."""
    net = explorer.load("digits-resnet")
    ranked = depgraph(net).ranked
    places = [place for place in range(len(ranked.candidates)) if ranked.root(place) == SILENCED]
    counts = np.zeros(len(ranked.candidates), dtype=np.int64)
    counts[places] = [len(ranked.candidates[place].scores) for place in places]
    module = zero_channels(copy.deepcopy(net.module), ranked.cut_of(counts))
    return explorer.wrap(module, net.example_input, net.data, "silenced")


def test_a_silent_group_costs_nothing_and_the_only_path_costs_the_most() -> None:
    found = measure_sensitivity(silenced(), ratios=(0.3, 0.9))
    assert [found.drop(point) for point in group(found, SILENCED).points] == [0, 0]
    stem = group(found, "stem.conv")
    assert found.drop(stem.points[-1]) > 0.5
    assert found.mean_drop(stem) == max(map(found.mean_drop, found.groups))


def test_a_point_is_the_library_with_that_group_alone_at_that_ratio() -> None:
    net = explorer.load("digits-cnn")
    assert net.data
    found = measure_sensitivity(net, ratios=(0.4,))
    first = group(found, "block3.conv")
    planner = depgraph(net, overrides={"block3.conv": 0.4})
    pruned = planner.apply(planner.plan(0.0))
    measured = evaluate(pruned, part_of_train(net.data))
    assert (measured.accuracy, measured.loss) == pytest.approx((first.points[0].value, first.points[0].loss))
    assert first.points[0].removed == 32 - int(32 * (1 - 0.4))


def test_the_last_channel_of_a_group_stays() -> None:
    found = measure_sensitivity(explorer.load("digits-densenet"), ratios=(0.95,))
    assert {one.channels - one.points[0].removed for one in found.groups} == {1, 2}


@pytest.mark.parametrize("name", BUNDLED)
def test_every_group_is_named_by_a_layer_that_can_give_it_a_ratio(name: str) -> None:
    planner = planner_of(name)
    named = naming_layers(planner)
    assert set(named) == set(range(len(planner.ranked.candidates)))
    for place, layer in named.items():
        alone = planner_of(name, ChannelOptions(overrides=((layer, 0.5),))).plan(0.0)
        assert [number for number, lost in enumerate(alone.lost) if lost] == [place]


def test_worker_processes_and_a_dask_cluster_find_what_this_process_finds(scheduler: str) -> None:
    net = explorer.load("digits-cnn")
    here = measure_sensitivity(net, "random", (0.3, 0.8), seed=3)
    local = measure_sensitivity(net, "random", (0.3, 0.8), seed=3, workers=2)
    there = measure_sensitivity(net, "random", (0.3, 0.8), seed=3, scheduler=scheduler)
    assert here.groups == local.groups == there.groups
    assert (here.dense, local.lost, there.lost) == (there.dense, 0, None)
    assert (local.where, there.where) == (
        "2 worker processes on this machine",
        f"the Dask cluster at {scheduler}",
    )


def test_workers_prune_the_channels_that_this_process_scored() -> None:
    net = explorer.load("digits-cnn")
    here = measure_sensitivity(net, "taylor", (0.5,))
    assert measure_sensitivity(net, "taylor", (0.5,), workers=1).groups == here.groups
    assert measure_sensitivity(net, "l2", (0.5,)).groups != here.groups


def test_another_seed_draws_other_channels() -> None:
    net = explorer.load("digits-cnn")
    first, again, other = (measure_sensitivity(net, "random", (0.5,), seed=seed) for seed in (1, 1, 2))
    assert first.groups == again.groups != other.groups
    assert other.options.scoring == ChannelOptions(ChannelCriterion.RANDOM, seed=2)


def test_re_calibration_wins_accuracy_back() -> None:
    net = explorer.load("digits-mobilenet")
    before = measure_sensitivity(net, ratios=(0.3,))
    after = measure_sensitivity(net, ratios=(0.3,), recalibrated=True)
    worst = max(before.groups, key=before.mean_drop)
    assert after.mean_drop(group(after, worst.layer)) < before.mean_drop(worst) / 2


def test_without_trained_weights_nothing_is_measured() -> None:
    with pytest.raises(PruningError, match="'digits-cnn' with random weights cannot be measured"):
        measure_sensitivity(explorer.load("digits-cnn", weights="random"))


def test_what_is_no_ratio_or_criterion_is_refused() -> None:
    net = explorer.load("digits-cnn")
    with pytest.raises(PruningError, match=r"must be a fraction in \[0, 1\), got 50\."):
        measure_sensitivity(net, ratios=(50,))
    with pytest.raises(UnknownNameError, match="Unknown criterion 'l7'"):
        measure_sensitivity(net, criterion="l7")


def cancel(board: JobBoard, job: str, process: psutil.Process) -> None:
    board.cancel(job)


def kill(board: JobBoard, job: str, process: psutil.Process) -> None:
    os.kill(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [cancel, kill])
def test_a_run_that_is_stopped_leaves_no_worker(end: Callable[[JobBoard, str, psutil.Process], None]) -> None:
    board = JobBoard()
    before = set(psutil.Process().children(recursive=True))
    job = board.start("sensitivity", CNN, SweepOptions(recalibrated=True))
    assert until(lambda: len(started(before)) >= 3 or board.status(job).over, seconds=60)
    assert board.status(job).error == ""
    processes = started(before)
    parent = next(one for one in processes if one.ppid() == os.getpid())
    end(board, job, parent)
    assert until(lambda: board.status(job).over)
    assert until(lambda: all(gone(one.pid) for one in processes))


def started(before: set[psutil.Process]) -> list[psutil.Process]:
    """The run's process and what it started since."""
    return [one for one in psutil.Process().children(recursive=True) if one not in before]


def test_the_measured_copy_leaves_the_network_as_it_was() -> None:
    net = explorer.load("digits-cnn")
    kept = copy.deepcopy(net.module.state_dict())
    measure_sensitivity(net, ratios=(0.5,), recalibrated=True)
    assert isinstance(net.module, nn.Module)
    assert all(tensor.equal(kept[name]) for name, tensor in net.module.state_dict().items())
