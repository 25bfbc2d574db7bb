"""Fine-tuning: it recovers accuracy, learns from the train split alone, and harms nothing."""

from __future__ import annotations

import copy
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.counting import layer_rows, total_macs, total_nonzero
from explorer.anatomy.data import DataSet
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.backends.base import plain
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.engine import calls
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.measuring.goals import BATCH, shifted
from explorer.measuring.training import POINTS, fine_tune
from explorer.sources import load
from explorer.sources.digits import digits
from explorer.studies.apply import prune_and_train
from explorer.values import (
    ChannelOptions,
    FineTune,
    JobState,
    NetworkSpec,
    Progress,
    Report,
    TrainingPoint,
    Weights,
)
from explorer.values.errors import TrainingError
from tests.helpers.planning import depgraph
from tests.helpers.present import present
from tests.helpers.processes import until, workers


def pruned_copy(net: Network, ratio: float) -> nn.Module:
    """A copy with that share of its channels removed, its statistics measured anew."""
    planner = explorer.planner(net, "depgraph")
    module = planner.apply(planner.plan(ratio))
    recalibrate(module, net.data)
    return module


def tensors(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def trained(module: nn.Module, data: DataSet, epochs: int = 1, seed: int = 0) -> dict[str, Tensor]:
    """Weights after training a copy."""
    copied = copy.deepcopy(module)
    assert len(list(fine_tune(copied, data, epochs, 0.002, seed))) > epochs
    return tensors(copied)


@pytest.fixture(scope="module")
def net() -> Network:
    return load("digits-cnn")


@pytest.fixture(scope="module")
def small(net: Network) -> nn.Module:
    return pruned_copy(net, 0.7)


@pytest.mark.parametrize("name, ratio", [("digits-cnn", 0.7), ("digits-resnet", 0.7), ("digits-vit", 0.5)])
def test_three_epochs_raise_the_accuracy_that_pruning_took(name: str, ratio: float) -> None:
    net = load(name)
    before = tensors(net.module)
    module = pruned_copy(net, ratio)
    params = sum(parameter.numel() for parameter in module.parameters())
    damaged = evaluate(module, net.data).accuracy
    curve = list(fine_tune(module, net.data, 3, 0.002))
    assert curve[0].accuracy == damaged
    assert evaluate(module, net.data).accuracy == present(curve[-1].accuracy) > damaged + 0.3
    assert sum(parameter.numel() for parameter in module.parameters()) == params
    assert same(tensors(net.module), before)


def test_the_curve_has_four_points_an_epoch_and_an_accuracy_after_each(
    net: Network, small: nn.Module
) -> None:
    curve = list(fine_tune(copy.deepcopy(small), net.data, 2, 0.002))
    batches = -(-len(present(net.data).train_x) // BATCH)
    ends = [batches * part // POINTS for part in range(1, POINTS + 1)]
    assert [point.epoch for point in curve] == pytest.approx(
        [0, *(end / batches for end in ends), *(1 + end / batches for end in ends)]
    )
    assert [point.epoch for point in curve if point.accuracy is not None] == [0, 1, 2]
    start = evaluate(small, net.data)
    assert (curve[0].loss, curve[0].accuracy) == (start.loss, start.accuracy)
    assert curve[-1].loss < curve[1].loss


def test_the_first_loss_is_the_mean_cross_entropy_of_the_batches_so_far() -> None:
    constant = Bias()
    data = toy(64)
    _, first = islice(fine_tune(constant, data, 1, 0.1), 2)
    assert first.loss == pytest.approx(
        float(torch.tensor(2.0).log())
    )  # two classes, one batch, before its step


def test_the_test_split_is_measured_on_and_never_learned_from(net: Network, small: nn.Module) -> None:
    data = present(net.data)
    scrambled = replace(data, test_x=torch.zeros_like(data.test_x), test_y=data.test_y.roll(1))
    assert same(trained(small, data), trained(small, scrambled))
    cut = replace(data, train_x=data.train_x[:640], train_y=data.train_y[:640])
    assert not same(trained(small, data), trained(small, cut))


def test_a_seed_gives_the_same_weights_whatever_is_drawn_beside_it(net: Network) -> None:
    module = nn.Sequential(nn.Dropout(0.2), load("digits-cnn").module)
    first = trained(module, present(net.data), seed=3)
    again = copy.deepcopy(module)
    for _ in fine_tune(again, net.data, 1, 0.002, seed=3):
        torch.rand(5)
    assert same(first, tensors(again))
    assert not same(first, trained(module, present(net.data), seed=4))


def test_training_leaves_the_callers_random_numbers_alone(net: Network, small: nn.Module) -> None:
    torch.manual_seed(1)
    undisturbed = torch.rand(4)
    torch.manual_seed(1)
    trained(small, present(net.data))
    assert torch.equal(torch.rand(4), undisturbed)


def test_the_network_waits_in_eval_mode_also_where_training_is_given_up(
    net: Network, small: nn.Module
) -> None:
    module = copy.deepcopy(small).train()
    steps = fine_tune(module, net.data, 1, 0.002)
    for _ in islice(steps, 2):
        assert not any(layer.training for layer in module.modules())
    steps.close()
    assert not any(layer.training for layer in module.modules())


class Bias(nn.Module):
    """Answers every image with the same two scores."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.scores.expand(len(x), -1)


class Edge(Bias):
    """Has no answer once a score has moved by more than a hundredth."""

    def forward(self, x: Tensor) -> Tensor:
        return (0.01 - self.scores).sqrt().expand(len(x), -1)


def toy(images: int) -> DataSet:
    labels = torch.arange(images) % 3 // 2  # twice as many zeros as ones
    return DataSet("toy", torch.zeros(images, 1, 2, 2), labels, torch.zeros(3, 1, 2, 2), labels[:3])


def test_a_loss_that_is_no_number_is_told_in_a_sentence() -> None:
    seen: list[TrainingPoint] = []
    curve = fine_tune(Edge(), toy(5 * BATCH), 2, 0.5)
    with pytest.raises(TrainingError, match=r"diverged in epoch 1: .* 0\.5 is too high .* try 0\.05\."):
        seen.extend(curve)
    assert [point.epoch for point in seen] == [0, 1 / 5]  # the first step still had a loss


def test_frozen_weights_are_refused() -> None:
    with pytest.raises(TrainingError, match="All weights of this network are frozen"):
        list(fine_tune(Bias().requires_grad_(False), toy(64), 1, 0.1))


@pytest.mark.parametrize("epochs", [0, 201, 2.0, True, "three", None])
def test_epochs_out_of_bounds_are_refused(epochs: Any) -> None:
    with pytest.raises(TrainingError, match=rf"whole number from 1 to 200, got {epochs!r}"):
        next(fine_tune(Bias(), toy(64), epochs, 0.1))


@pytest.mark.parametrize("rate", [0, -0.1, 1.5, float("nan"), float("inf"), True, "fast"])
def test_a_learning_rate_out_of_bounds_is_refused(rate: Any) -> None:
    with pytest.raises(TrainingError, match=rf"above 0 and at most 1, got {rate!r}"):
        next(fine_tune(Bias(), toy(64), 1, rate))


def test_a_seed_out_of_bounds_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"whole number in \[0, 2\*\*63\), got -1"):
        next(fine_tune(Bias(), toy(64), 1, 0.1, seed=-1))


def test_without_data_there_is_nothing_to_train_on() -> None:
    with pytest.raises(TrainingError, match="needs trained weights and labelled images"):
        next(fine_tune(Bias(), None, 1, 0.1))


def test_shifted_images_move_by_one_pixel_at_most_in_all_channels_alike() -> None:
    torch.manual_seed(0)
    images = torch.zeros(200, 2, 5, 5)
    images[:, 0, 2, 2], images[:, 1, 2, 2] = 1.0, 2.0
    moved = shifted(images)
    assert moved.shape == images.shape
    assert torch.equal(moved[:, 1], 2 * moved[:, 0])
    places = moved[:, 0].nonzero()[:, 1:]
    assert len(places) == len(images)
    assert {tuple(place) for place in places.tolist()} == {(y, x) for y in (1, 2, 3) for x in (1, 2, 3)}
    still = (places == 2).all(dim=1).float().mean()
    assert 0.4 < float(still) < 0.7  # half stay, and a ninth of the others too


def test_shifting_fills_in_the_background() -> None:
    torch.manual_seed(0)
    assert float(shifted(digits().train_x[:50]).min()) == float(digits().train_x[:50].min())


def run(planner: DepGraphPlanner, ratio: float, settings: FineTune) -> tuple[list[Progress], Report]:
    """Everything that a run says, and its report."""
    steps, said = prune_and_train(planner, ratio, settings), []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return said, end.value


def test_every_step_of_a_run_is_measured_on_a_copy(net: Network) -> None:
    before = tensors(net.module)
    planner, settings = depgraph(net, scope="global"), FineTune(epochs=2, learning_rate=0.004, seed=1)
    said, report = run(planner, 0.6, settings)
    dense, done, plan = report.dense, report.pruned, planner.plan(0.6)
    assert report.plan == plain(plan)
    assert report.plan_is_library
    assert (report.backend, report.settings, report.evidence) == ("depgraph", settings, None)
    assert (done.params, done.macs, done.bytes) == (plan.params, plan.macs, plan.bytes)
    assert (done.nonzero, done.effective_macs) == (done.params, done.macs)  # nothing is masked
    assert (dense.params, dense.macs) == (plan.params_before, plan.macs_before)
    assert dense.pruned == evaluate(net.module, net.data)
    module = planner.apply(plan)
    assert done.pruned == evaluate(module, net.data)
    again = copy.deepcopy(module)
    recalibrate(again, net.data)
    assert done.recalibrated == evaluate(again, net.data)
    assert list(fine_tune(module, net.data, 2, 0.004, 1)) == list(report.curve)
    assert done.fine_tuned == done.final == evaluate(module, net.data)
    assert done.pruned.accuracy < done.recalibrated.accuracy < done.fine_tuned.accuracy
    assert same(tensors(net.module), before)
    curves = [step.curve for step in said if step.curve]
    grown = len(report.curve)
    assert curves[:grown] == [report.curve[:length] for length in range(1, grown + 1)]
    assert set(curves[grown:]) == {report.curve}  # it stays in sight while the result is measured
    fractions = [step.fraction for step in said if step.fraction is not None]
    assert len(fractions) > len(curves)
    assert fractions == sorted(fractions)


def test_without_batchnorm_there_is_nothing_to_re_calibrate() -> None:
    assert run(depgraph(load("digits-vit")), 0.2, FineTune(epochs=1))[1].pruned.recalibrated is None


def test_random_weights_are_not_fine_tuned() -> None:
    planner = depgraph(load("digits-cnn", "random"))
    with pytest.raises(TrainingError, match="'digits-cnn' has no trained weights"):
        run(planner, 0.5, FineTune())


def test_wrong_settings_are_refused_before_anything_is_pruned(net: Network) -> None:
    with pytest.raises(TrainingError, match="Epochs must be .* got 0"):
        next(prune_and_train(depgraph(net), 0.5, FineTune(epochs=0)))


def killed(job: str, before: set[int]) -> None:
    """End the run's process the hard way."""
    (pid,) = workers() - before
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "end, state, told",
    [
        (lambda job, before: calls.cancel(job), JobState.CANCELLED, "The run was cancelled."),
        (killed, JobState.FAILED, "The run's process was killed (SIGKILL)"),
    ],
)
def test_a_run_shows_its_curve_and_keeps_it_where_it_breaks_off(
    end: Callable[[str, set[int]], None], state: JobState, told: str
) -> None:
    before = workers()
    spec = NetworkSpec("digits-cnn", Weights.TRAINED)
    job = calls.fine_tune.start(spec, "depgraph", ChannelOptions(), 0.5, FineTune(epochs=200))
    assert until(lambda: len(calls.job(job).progress.curve) > 5, seconds=90), calls.job(job)
    end(job, before)
    assert until(lambda: calls.job(job).over)
    status = calls.job(job)
    assert status.state is state
    assert status.error.startswith(told)
    assert len(status.progress.curve) > 5


def effective_macs(net: Network) -> int:
    return sum(row.effective_macs for row in layer_outcomes(net, net.module))


def test_a_zero_weight_costs_no_effective_macs(net: Network) -> None:
    module = copy.deepcopy(net.module)
    weight = module.get_parameter("fc.weight")
    rows = {row.name: row for row in layer_rows(net)}
    with torch.no_grad():
        weight[: len(weight) // 2] = 0
    half = replace(net, module=module)
    assert effective_macs(net) == total_macs(net.module, net.example_input)
    assert effective_macs(half) == effective_macs(net) - rows["fc"].macs // 2
    assert total_nonzero(net.module) - total_nonzero(module) == weight.numel() // 2
