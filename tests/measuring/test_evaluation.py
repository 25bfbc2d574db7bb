"""Accuracy, loss and BatchNorm re-calibration, on networks whose answer is known by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from explorer.anatomy.data import DataSet
from explorer.measuring.evaluation import BATCH, evaluate, recalibrate
from explorer.sources import load
from explorer.sources.digits import digits
from explorer.studies.summary import summarize
from explorer.values.errors import NetworkError


class Constant(nn.Module):
    """Answers every image with the same scores."""

    def __init__(self, *scores: float) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.tensor(scores))

    def forward(self, x: Tensor) -> Tensor:
        return self.scores.expand(len(x), -1)


def data_of(train_x: Tensor, test_labels: list[int]) -> DataSet:
    labels = torch.tensor(test_labels)
    return DataSet("toy", train_x, labels[:1].expand(len(train_x)), torch.zeros(len(labels), 1, 2, 2), labels)


def test_accuracy_is_the_fraction_right_and_loss_the_mean_cross_entropy() -> None:
    data = data_of(torch.zeros(2, 1, 2, 2), [0, 0, 0, 1])
    result = evaluate(Constant(math.log(3), 0.0), data)
    assert result.accuracy == 3 / 4
    assert result.loss == pytest.approx((3 * -math.log(3 / 4) - math.log(1 / 4)) / 4)
    assert result.examples == 4


def test_every_image_counts_alike_where_the_last_batch_is_short() -> None:
    data = data_of(torch.zeros(2, 1, 2, 2), [0] * BATCH + [1])
    assert evaluate(Constant(1.0, 0.0), data).accuracy == BATCH / (BATCH + 1)


def test_evaluating_leaves_each_submodule_in_its_mode() -> None:
    net = load("digits-cnn")
    module = nn.Sequential(net.module, nn.Dropout())
    module.train()
    net.module.get_submodule("block1").eval()
    before = [layer.training for layer in module.modules()]
    statistics = net.module.get_buffer("block2.bn.running_mean").clone()
    evaluate(module, net.data)
    assert [layer.training for layer in module.modules()] == before
    assert torch.equal(net.module.get_buffer("block2.bn.running_mean"), statistics)


def test_evaluating_without_data_says_so() -> None:
    with pytest.raises(NetworkError, match="has no labelled data"):
        evaluate(Constant(1.0, 0.0), None)
    with pytest.raises(NetworkError, match="has no labelled data"):
        recalibrate(nn.BatchNorm2d(1), None)


def test_a_network_without_a_score_per_class_is_refused() -> None:
    data = data_of(torch.zeros(2, 1, 2, 2), [0, 1])
    with pytest.raises(NetworkError, match=r"shape \(2, 3\), but data set 'toy' needs \(2, 2\)"):
        evaluate(Constant(1.0, 0.0, 0.0), data)


def test_recalibration_measures_the_train_split() -> None:
    train_x = torch.tensor([1.0, 3.0, 5.0, 7.0]).view(4, 1, 1, 1).expand(4, 1, 2, 2)
    norm = nn.BatchNorm2d(1).eval()
    assert recalibrate(norm, data_of(train_x, [0, 1]), batches=2) == 1
    halves = [torch.tensor([1.0, 3.0]), torch.tensor([5.0, 7.0])]
    unbiased = [half.repeat_interleave(4).var() for half in halves]
    assert float(norm.get_buffer("running_mean")) == pytest.approx((2 + 6) / 2)
    assert float(norm.get_buffer("running_var")) == pytest.approx(float(sum(unbiased)) / 2)


def test_recalibration_changes_statistics_alone() -> None:
    net = load("digits-resnet")
    before = {name: tensor.clone() for name, tensor in net.module.state_dict().items()}
    momentum = net.module.get_submodule("stem.bn").momentum
    norms = sum(isinstance(layer, nn.BatchNorm2d) for layer in net.module.modules())
    assert recalibrate(net.module, net.data) == norms == 1 + 2 * 5 + 2
    changed = {
        name for name, tensor in net.module.state_dict().items() if not torch.equal(tensor, before[name])
    }
    assert {name.rpartition(".")[2] for name in changed} <= {
        "running_mean",
        "running_var",
        "num_batches_tracked",
    }
    assert changed
    assert net.module.get_submodule("stem.bn").momentum == momentum
    assert not any(layer.training for layer in net.module.modules())


def test_recalibration_is_the_same_every_time_beside_dropout() -> None:
    data = load("digits-cnn").data
    module = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(1)).train()
    recalibrate(module, data)
    first = module.get_buffer("1.running_var").clone()
    recalibrate(module, data)
    assert torch.equal(module.get_buffer("1.running_var"), first)
    assert module[0].training


def test_recalibration_without_batchnorm_does_nothing() -> None:
    net = load("digits-vit")
    assert recalibrate(net.module, net.data) == 0


def test_recalibration_brings_back_lost_statistics() -> None:
    net = load("digits-resnet")
    trained = evaluate(net.module, net.data).accuracy
    for layer in net.module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    assert evaluate(net.module, net.data).accuracy < 0.5
    recalibrate(net.module, net.data)
    assert evaluate(net.module, net.data).accuracy == pytest.approx(trained, abs=0.01)


@pytest.mark.parametrize(("images", "batches"), [(6, 1), (63, 1), (64, 2), (153, 4), (300, 8)])
def test_recalibration_takes_fewer_batches_where_there_are_few_images(images: int, batches: int) -> None:
    train_x = torch.arange(float(images)).square().view(-1, 1, 1, 1).expand(images, 1, 2, 2)
    norm, data = nn.BatchNorm2d(1).eval(), data_of(train_x, [0, 1])
    assert recalibrate(norm, data) == 1
    variances = [float(part.var()) for part in train_x.tensor_split(batches)]
    assert float(norm.get_buffer("running_var")) == pytest.approx(sum(variances) / batches)


def test_one_image_re_calibrates_nothing() -> None:
    norm, one = nn.BatchNorm2d(1).eval(), data_of(torch.ones(1, 1, 2, 2), [0, 1])
    assert recalibrate(nn.Conv2d(1, 1, 1), one) == 0  # nothing to measure
    with pytest.raises(NetworkError, match=r"got 1\. Leave `batches` out, and give two images at least"):
        recalibrate(norm, one)


@pytest.mark.parametrize("batches", [0, 674])
def test_recalibration_in_impossible_batches_is_refused(batches: int) -> None:
    net = load("digits-cnn")
    with pytest.raises(NetworkError, match=rf"1347 train images into 1 to 673 batches, got {batches}"):
        recalibrate(net.module, net.data, batches=batches)


def test_random_weights_are_not_judged() -> None:
    assert load("digits-cnn", weights="random").judged_on is None
    assert load("digits-cnn").judged_on is digits()
    assert summarize(load("digits-cnn", weights="random")).evaluation is None
