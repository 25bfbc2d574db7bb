"""Sparse training: the library's own pulls, on the groups that may go; channels fade, and pruning costs less."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import explorer
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning.regularizing import Penalty
from explorer.process.steps import finished
from explorer.studies.sparse_training import saved_at, trained_sparsely
from explorer.values import ChannelOptions
from explorer.values.errors import PruningError, TrainingError, UnknownNameError
from explorer.values.sparse_training import Regularizer, SparseTraining


def chain() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1))


def pulled(kind: Regularizer, strength: float, keep: tuple[str, ...] = ()) -> tuple[nn.Sequential, Penalty]:
    """What one pull adds to gradients that are zero."""
    net = explorer.wrap(chain(), torch.randn(1, 3, 4, 4))
    planner = DepGraphPlanner(Bench(net), ChannelOptions(keep=keep))
    module = copy.deepcopy(chain())
    penalty = Penalty(module, net.example_input, planner.ranked.order(0.0), kind, strength)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    penalty.add()
    return module, penalty


def weight(layer: nn.Module) -> Tensor:
    assert isinstance(layer.weight, nn.Parameter)
    return layer.weight.detach()


def grad(layer: nn.Module) -> Tensor:
    assert isinstance(layer.weight, nn.Parameter)
    assert layer.weight.grad is not None
    return layer.weight.grad


def test_the_group_norm_pulls_each_channel_by_its_rank_in_its_group() -> None:
    """Factor 16^((max - norm) / (max - min)) of the weight, in both layers and the BatchNorm (Fang et al. 2023)."""
    module, _ = pulled(Regularizer.GROUP_NORM, 0.1)
    first, norm, last = (weight(module[place]) for place in (0, 1, 3))
    squares = [
        first.flatten(1).square().sum(1),
        norm.square(),
        last.transpose(0, 1).flatten(1).square().sum(1),
    ]
    norms = torch.stack(squares).mean(0).sqrt()
    factor = 16 ** ((norms.max() - norms) / (norms.max() - norms.min()))
    assert torch.allclose(grad(module[0]), 0.1 * factor.view(-1, 1, 1, 1) * first, atol=1e-5)
    assert torch.allclose(grad(module[3]), 0.1 * factor.view(1, -1, 1, 1) * last, atol=1e-5)
    assert torch.allclose(grad(module[1]), 0.1 * factor * norm, atol=1e-5)


def test_the_scales_of_batchnorm_lose_the_same_amount_each() -> None:
    module, _ = pulled(Regularizer.BN_SCALE, 0.1)
    assert torch.equal(grad(module[1]), 0.1 * torch.sign(weight(module[1])))
    assert not grad(module[0]).any()


def test_what_grows_grows_by_the_epoch_for_the_weakest_channel_most() -> None:
    module, penalty = pulled(Regularizer.GROWING, 1.0)
    shares = [float((grad(module[0]) / weight(module[0])).max())]
    penalty.next_epoch()
    grad(module[0]).zero_()
    penalty.add()
    shares.append(float((grad(module[0]) / weight(module[0])).max()))
    assert shares == pytest.approx([0.1, 1.1], rel=1e-3)


def test_a_layer_that_is_kept_is_not_pulled() -> None:
    with pytest.raises(PruningError, match="no group of channels that can be pruned"):
        pulled(Regularizer.GROUP_NORM, 0.1, keep=("0",))


@pytest.mark.large
def test_channels_fade_and_pruning_costs_less_than_without(tmp_path: Path) -> None:
    net, kept = explorer.load("digits-cnn"), tmp_path / "kept.safetensors"
    before = copy.deepcopy(net.module.state_dict())
    settings = SparseTraining(epochs=8)
    module, found = finished(trained_sparsely(net, settings, saved_at(kept)))
    assert all(torch.equal(before[name], held) for name, held in net.module.state_dict().items())
    assert found.trained.accuracy > found.dense.accuracy - 0.02
    assert 0 < found.faded < found.channels
    assert [point.epoch for point in found.curve][-1] == 8
    assert all(torch.equal(held, module.state_dict()[name]) for name, held in load_file(kept).items())

    def at_half(of: nn.Module) -> float:
        wrapped = explorer.wrap(of, net.example_input, data=net.data)
        planner = explorer.planner(wrapped)
        pruned = planner.apply(planner.plan(0.5))
        assert net.data is not None
        explorer.recalibrate(pruned, net.data)
        return float(explorer.evaluate(pruned, net.data).value)

    assert at_half(module) > at_half(net.module) + 0.1


@pytest.mark.parametrize(
    ("network", "settings", "said"),
    [
        (
            "digits-cnn",
            SparseTraining(strength=0.0),
            "The strength must be above 0 and at most 10, got 0.0. Try 0.005.",
        ),
        (
            "digits-vit",
            SparseTraining(Regularizer.BN_SCALE),
            "pulls at the scales of BatchNorm, and network 'digits-vit'",
        ),
        ("digits-cnn", SparseTraining(epochs=0), "Epochs must be a whole number from 1 to 200, got 0"),
    ],
)
def test_settings_that_nothing_can_be_trained_with_are_told(
    network: str, settings: SparseTraining, said: str
) -> None:
    with pytest.raises(TrainingError, match=said):
        finished(trained_sparsely(explorer.load(network), settings))


def test_a_regularizer_that_does_not_exist_is_told() -> None:
    with pytest.raises(
        UnknownNameError, match="Unknown regularizer 'lasso'. Known: group_norm, growing, bn_scale"
    ):
        explorer.train_sparsely(explorer.load("digits-cnn"), "lasso")
