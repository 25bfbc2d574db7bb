"""Networks without labels are judged by their agreement with themselves, or by a metric; recounted in plain torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import explorer
from explorer.anatomy.data import DataSet
from explorer.anatomy.network import Network
from explorer.anatomy.own_inputs import MOST
from explorer.anatomy.probing import like
from explorer.measuring.evaluation import watched
from explorer.measuring.judging import ByLabels, judge_of, patient, sure_judge
from explorer.studies.measure import measure
from explorer.values import Evaluation
from explorer.values.errors import NetworkError, PruningError
from tests.helpers.blocks import blocks, image

IMAGES = torch.randn(20, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def half(net: Network) -> nn.Module:
    planner: Any = explorer.planner(net)
    return planner.apply(planner.plan(0.5)).eval()


@torch.no_grad()
def recounted(dense: nn.Module, pruned: nn.Module, inputs: list[Tensor]) -> tuple[float, float]:
    """Share of the same top answers, and the mean of |ours - theirs| / |theirs|."""
    pairs = [(pruned(x).double(), dense(x).double()) for x in inputs]
    same = sum(int(ours.argmax()) == int(theirs.argmax()) for ours, theirs in pairs)
    return same / len(pairs), sum(float((o - t).norm() / t.norm()) for o, t in pairs) / len(pairs)


def test_without_labels_agreement_on_own_inputs_is_counted() -> None:
    net = explorer.wrap(blocks(), image(), data=IMAGES)
    pruned = half(net)
    found = explorer.evaluate(pruned, net)
    assert (found.value, found.loss) == pytest.approx(
        recounted(net.module, pruned, list(IMAGES[::2].split(1)))
    )
    assert (found.by.name, found.examples, found.by.examples) == ("agreement", 10, "own inputs")
    assert explorer.evaluate(net.module, net) == Evaluation(1.0, 0.0, 10, found.by)


def test_without_any_data_inputs_are_random_and_it_says_so() -> None:
    net = explorer.load("digits-cnn")
    bare = explorer.wrap(net.module, net.example_input)
    pruned = half(bare)
    found = explorer.evaluate(pruned, bare)
    inputs = [like(bare.example_input, seed) for seed in range(found.examples)]
    assert (found.value, found.loss) == pytest.approx(recounted(net.module, pruned, inputs), abs=1e-6)
    assert "on random inputs" in found.by.note
    assert found == explorer.evaluate(pruned, explorer.wrap(net.module, net.example_input))


class Regression(nn.Module):
    """Answers with one number, so nothing is its top answer."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"value": self.layers(x)}


def regression() -> Regression:
    torch.manual_seed(0)
    return Regression()


@torch.no_grad()
def test_a_network_that_answers_nothing_but_nan_agrees_with_nothing() -> None:
    class Undefined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(torch.relu(self.first(x))) * math.nan

    assert judge_of(explorer.wrap(Undefined(), torch.randn(2, 8))) is None


def test_a_network_that_answers_all_with_the_same_numbers_agrees_with_nothing() -> None:
    """As torchvision's vision transformers with random weights do: any pruning would agree with it by 100 %."""
    for bias, judged in ((0.0, False), (1.0, False), (None, True)):
        module = blocks()
        if bias is not None:
            nn.init.zeros_(module.head.weight)
            nn.init.constant_(module.head.bias, bias)
        net = explorer.wrap(module, image())
        assert (judge_of(net) is not None) is judged
        if not judged:
            with pytest.raises(PruningError, match="^It of .* it answers every input with the same numbers"):
                sure_judge(net, "It")


def test_the_dense_network_runs_each_input_once() -> None:
    module, runs = blocks(), 0

    def count(*_: object) -> None:
        nonlocal runs
        runs += 1

    net = explorer.wrap(module, image(), data=IMAGES)
    module.register_forward_hook(count)
    told: list[tuple[int, int]] = []
    with watched(lambda *counts: told.append(counts)):
        explorer.evaluate(half(explorer.wrap(blocks(), image())), net)
    assert told == [(done, 10) for done in range(1, 11)]
    assert runs == 1 + len(IMAGES) / 2  # once more to count its MACs; the other half chooses ratios


def test_what_is_no_classifier_agrees_by_its_relative_error() -> None:
    rows = torch.randn(40, 4)
    net = explorer.wrap(regression(), rows[:1], data=rows)
    pruned = half(net)
    found = explorer.evaluate(pruned, net)
    with torch.no_grad():
        errors = [
            float(((pruned(x)["value"] - net.module(x)["value"]) / net.module(x)["value"]).abs())
            for x in rows[::2].split(1)
        ]
    near = torch.tensor([max(0.0, 1 - error) for error in errors], dtype=torch.float64)
    assert found.loss == pytest.approx(sum(errors) / 20, rel=1e-4)
    assert found.value == pytest.approx(float(near.mean()), rel=1e-4)
    spread = 1.96 * float(near.std()) / math.sqrt(20)
    assert found.interval.high == pytest.approx(min(found.value + spread, 1.0), rel=1e-4)
    assert "1 minus the relative error" in found.by.note
    assert found.by.of_all == "agreement on the own inputs"


def test_top_answers_that_hardly_differ_tell_nothing_on_random_inputs() -> None:
    constant = blocks()
    with torch.no_grad():
        constant.head.bias[1] = 100.0
    found = explorer.evaluate(constant, explorer.wrap(constant, image()))
    assert "gives most random inputs the same top answer" in found.by.note


@pytest.mark.parametrize(
    "data",
    [
        IMAGES,
        IMAGES.double().numpy(),
        list(IMAGES),
        list(IMAGES.split(1)),
        TensorDataset(IMAGES).tensors[0],
        DataLoader(list(IMAGES), 3),  # type: ignore[arg-type]
    ],
)
def test_own_inputs_come_in_many_forms(data: Any) -> None:
    net = explorer.wrap(blocks(), image(), data=data)
    assert net.inputs
    assert torch.equal(torch.cat(net.inputs.judging), IMAGES[::2])
    assert torch.equal(torch.cat(net.inputs.choosing), IMAGES[1::2])


def test_inputs_of_keyword_arguments_are_taken_one_by_one() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return self.last(self.first(a + b).relu())

    inputs = [{"a": torch.randn(1, 4), "b": torch.randn(1, 4)} for _ in range(6)]
    net = explorer.wrap(Sum(), inputs[0], data=inputs)
    assert explorer.evaluate(half(net), net).examples == 3


def test_of_endless_inputs_no_more_are_read_than_are_used() -> None:
    class Endless(torch.utils.data.IterableDataset[Tensor]):
        def __iter__(self) -> Any:
            while True:
                yield IMAGES[0]

    net = explorer.wrap(blocks(), image(), data=Endless())
    assert net.inputs
    assert len(net.inputs.judging) + len(net.inputs.choosing) == MOST


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (IMAGES[:1], "holds 1 inputs, and it takes two at least"),
        (torch.randn(4, 2, 3, 8, 8), "has 5 axes, and the example input 4"),
        ([{"a": image(), "b": image()}] * 2, "holds 2 tensors, and the example input 1"),
        (torch.randn(4, 5, 8, 8), "cannot run an input of shape 1×5×8×8"),
        (np.array(["a", "b"]), "must be numbers"),
    ],
)
def test_inputs_that_are_none_are_refused(data: Any, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        explorer.wrap(blocks(), image(), data=data)


def test_batchnorm_is_re_calibrated_on_own_inputs_and_never_on_random_ones() -> None:
    bundled = explorer.load("digits-cnn")
    for data, layers in ((torch.randn(20, 1, 8, 8), True), (None, False)):
        net = explorer.wrap(bundled.module, bundled.example_input, data=data)
        judge = sure_judge(net, "It")
        assert bool(judge.recalibrate(half(net))) is layers
        assert bool(explorer.recalibrate(half(net), net)) is layers
        assert (measure(net, half(net)).recalibrated is not None) is layers


def ones(module: nn.Module) -> float:
    return sum(p.numel() for p in module.parameters()) / 1000


def test_a_metric_of_ones_own_judges_instead() -> None:
    net = explorer.wrap(blocks(), image(), metric=(ones, "kiloweights", False))
    pruned = half(net)
    found, dense = explorer.evaluate(pruned, net), explorer.evaluate(net.module, net)
    assert (found.value, dense.value) == (ones(pruned), ones(net.module))
    assert found.quality > dense.quality  # less of it is better
    assert (found.by.name, found.by.term, found.interval.low) == ("kiloweights", "metric", found.value)
    assert explorer.wrap(blocks(), image(), metric=explorer.Metric(ones, "x")).metric == explorer.Metric(
        ones, "x"
    )


@pytest.mark.parametrize(
    ("metric", "match"),
    [
        (
            lambda module: "good",
            "Metric '<lambda>' of network 'mine' must return one finite number, got 'good'",
        ),
        (lambda module: float("nan"), "must return one finite number, got nan"),
        (lambda module: None, "must return one finite number, got None"),
        (lambda module: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda: 1, "raised TypeError"),
    ],
)
def test_a_metric_that_counts_nothing_is_named(metric: Any, match: str) -> None:
    net = explorer.wrap(blocks(), image(), metric=metric)
    with pytest.raises(NetworkError, match=match):
        explorer.evaluate(net.module, net)


@pytest.mark.parametrize("metric", [3, "F1", (), (ones, ""), (ones, "F1", "yes"), nn.Identity()])
def test_what_is_no_metric_is_refused(metric: Any) -> None:
    with pytest.raises(NetworkError, match="Argument `metric` of network 'mine' must be"):
        explorer.wrap(blocks(), image(), metric=metric)


def test_sensitivity_and_a_budget_go_by_agreement() -> None:
    net = explorer.wrap(blocks(), image(), data=IMAGES)
    found = explorer.measure_sensitivity(net, ratios=(0.3, 0.6))
    assert found.dense.by.name == "agreement"
    group = found.groups[0]
    assert found.drop(group.points[1]) == 1 - group.points[1].value
    assert explorer.spend_budget(net, found, "MACs", 0.6).solved.measured.by.name == "agreement"


def test_a_budget_is_spent_by_a_metric_of_which_less_is_better() -> None:
    net = explorer.wrap(blocks(), image(), metric=(lambda module: -ones(module), "loss of weights", False))
    found = explorer.measure_sensitivity(net, ratios=(0.3, 0.6))
    spent = explorer.spend_budget(net, found, "parameters", 0.7).solved
    dense, group = found.dense.value, found.groups[0]
    assert found.drop(group.points[0]) == group.points[0].value - dense > 0
    assert spent.expected_value == pytest.approx(spent.measured.value, abs=0.2 * abs(dense))


def test_random_weights_with_labels_stay_unjudged() -> None:
    net = explorer.load("digits-cnn", weights="random")
    assert judge_of(net) is None
    with pytest.raises(PruningError, match="'digits-cnn' with random weights cannot be measured"):
        sure_judge(net, "The sensitivity")


@pytest.mark.parametrize(
    ("macs", "norms", "follows"),
    [  # 16 + 128 + 16 images are run where there is BatchNorm to re-calibrate, elsewhere 16
        (1_800_000_000, True, True),
        (2_000_000_000, True, False),
        (15_500_000_000, False, True),
        (20_000_000_000, False, False),
    ],
)
def test_a_judgement_by_labels_that_takes_some_ten_seconds_follows_no_slider(
    macs: int, norms: bool, follows: bool
) -> None:
    labels, dots = torch.arange(200) % 10, torch.zeros(200, 1, 1, 1)
    judge = ByLabels(DataSet("dots", dots, labels, dots, labels), macs, norms)
    assert (judge.live is not None) is follows
    assert (judge.sample.count, judge.sample.seen) == (16, 128)
    assert patient(judge).count == 16  # Apply and Compare judge all the same
