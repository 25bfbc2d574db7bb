"""Accuracy while a slider moves is what evaluation says of a fixed sample, and leaves the network as it was."""

from __future__ import annotations

import pytest

import explorer
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.studies.live import Live
from explorer.values.errors import PruningError
from tests.helpers.fingerprints import fingerprint
from tests.helpers.planning import bench_of, planner_of
from tests.helpers.present import present


def test_small_test_splits_are_measured_whole_and_250_train_images_recalibrate() -> None:
    net, planner = bench_of("digits-cnn").net, planner_of("digits-cnn")
    sketch, twin = (planner.sketch(planner.plan(0.4)) for _ in range(2))
    before = fingerprint(net.module)
    found = Live(net).measure(lambda: sketch)
    assert found.dense == evaluate(net.module, net.data)
    assert found.right_after == evaluate(twin, net.data)
    recalibrate(twin, present(net.data).sample(250, 450))
    assert found.headline == found.recalibrated == evaluate(twin, net.data)
    assert (found.all_examples, found.seen) == (450, 250)
    assert fingerprint(net.module) == before


def test_a_network_trained_plainly_collapses_right_after_pruning_and_comes_back_recalibrated() -> None:
    net = bench_of("mnist-resnet").net
    planner = explorer.planner(net, "depgraph", scope="global")
    found = Live(net).measure(lambda: planner.sketch(planner.plan(0.3)))
    assert (found.right_after.examples, found.all_examples) == (int(1.7e9 / 5_537_984), 1000)
    assert found.right_after.accuracy < 0.5
    assert found.headline.accuracy > 0.95


def test_without_batchnorm_right_after_is_the_headline() -> None:
    net, planner = bench_of("digits-vit").net, planner_of("digits-vit")
    found = Live(net).measure(lambda: planner.sketch(planner.plan(0.2)))
    assert found.recalibrated is None
    assert found.seen == 0
    assert found.headline == found.right_after


def test_a_network_that_is_not_judged_has_no_live_accuracy() -> None:
    with pytest.raises(PruningError, match="digits-cnn.* with random weights cannot be measured"):
        Live(explorer.load("digits-cnn", "random"))
