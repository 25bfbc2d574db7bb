"""Both trainings of one shape are pruned alike, and what that teaches is what is measured."""

from __future__ import annotations

import explorer
from explorer.backends.bench import Bench
from explorer.measuring.evaluation import evaluate
from explorer.studies.training import compare_trainings
from explorer.ui.network.trainings import _means
from explorer.values import TrainedNetwork
from tests.helpers.planning import bench_of
from tests.helpers.present import present


def of(name: str) -> tuple[TrainedNetwork, ...]:
    return compare_trainings(bench_of(name))


def test_a_network_trained_to_be_pruned_holds_where_one_trained_plainly_fails_right_after() -> None:
    plain, lasso = of("digits-resnet")
    assert (plain.name, lasso.name) == ("digits-resnet", "digits-resnet-lasso")
    assert (plain.to_be_pruned, lasso.to_be_pruned) == (False, True)
    net = bench_of("digits-resnet").net
    planner = explorer.planner(net, scope="global")
    assert plain.found.right_after == evaluate(planner.sketch(planner.plan(0.3)), net.data)
    assert present(plain.found.right_after).accuracy < 0.6
    assert plain.found.headline.accuracy > 0.95
    assert present(lasso.found.right_after).accuracy > 0.98
    assert "it fails right after pruning" in _means(plain)
    assert "decided in training" in _means(lasso)


def test_the_order_is_the_same_from_either_network_and_larger_images_have_one_training() -> None:
    assert [one.name for one in of("digits-vit-lasso")] == ["digits-vit", "digits-vit-lasso"]
    assert [one.name for one in of("mnist-vgg")] == ["mnist-vgg"]


def test_no_loss_is_claimed_that_was_not_measured() -> None:
    (plain, _) = of("digits-vit")  # global scope takes from its MLPs what they do not use
    assert present(plain.found.right_after).accuracy >= plain.found.dense.accuracy - 0.01
    assert _means(plain).endswith("still works without these channels.")


def test_other_networks_have_no_trainings_to_compare() -> None:
    assert compare_trainings(Bench(explorer.load("digits-resnet", "random"))) == ()
    mine = explorer.wrap(bench_of("digits-cnn").net.module, bench_of("digits-cnn").net.example_input)
    assert compare_trainings(Bench(mine)) == ()
