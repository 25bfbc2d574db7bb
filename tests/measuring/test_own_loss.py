"""Fine-tuning by a loss of one's own, on whatever a network takes; and by labels on rows that are no pictures."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import explorer
from explorer.anatomy.loss import Loss
from explorer.measuring.training import can_train
from explorer.process.steps import finished
from explorer.studies.apply import prune_and_train
from explorer.values import FineTune
from explorer.values.errors import NetworkError, TrainingError
from tests.helpers.own import NET

LEARN = {"epochs": 4, "learning_rate": 0.02}


def rows(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def answer(found: Tensor) -> Tensor:
    """What a table's rows are worth: their sum, which is easily learned."""
    return found.sum(1, keepdim=True)


def tabular() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))


def error(net: nn.Module) -> float:
    return functional.mse_loss(net(rows(50, 6)), answer(rows(50, 6))).item()


error.higher_is_better = False  # type: ignore[attr-defined]


def squared(net: nn.Module) -> Tensor:
    assert net.training
    found = torch.randn(32, 6)
    return functional.mse_loss(net(found), answer(found))


def stepless(net: nn.Module) -> Tensor:
    return squared(net)


stepless.steps = 0  # type: ignore[attr-defined]


def test_a_loss_and_a_metric_are_enough_to_prune_and_fine_tune() -> None:
    net = explorer.wrap(tabular(), rows(1, 6), metric=error, loss=squared)
    planner: Any = explorer.planner(net)
    assert can_train(net)
    assert not can_train(explorer.wrap(tabular(), rows(1, 6), metric=error))
    report = finished(prune_and_train(planner, 0.5, FineTune(2, 0.02)))
    assert report.pruned.pruned
    assert report.pruned.fine_tuned
    assert report.pruned.fine_tuned.value < 0.2 * report.pruned.pruned.value
    assert {point.by.name for point in report.curve} == {"error"}
    assert [point.accuracy is None for point in report.curve] == [False, *[True, True, True, False] * 2]


def test_two_inputs_and_a_dict_for_an_answer_are_trained_on_inputs_alone() -> None:
    space: dict[str, Any] = {}
    exec(NET, space)  # the network of a file that somebody wrote
    inputs = [{"picture": rows(1, 3, 16, 16), "facts": rows(1, 10) + place} for place in range(8)]
    seen: list[Tensor] = []

    def depth(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        seen.append(batch["facts"])
        return net(**batch)["depth"].square().mean()

    torch.manual_seed(0)
    net = explorer.wrap(space["build"](), space["example"](), data=inputs, loss=depth)
    points = list(explorer.fine_tune(net.module, net, epochs=20, learning_rate=0.002))
    assert points[-1].loss < points[1].loss
    assert points[0].by.name == "agreement"
    assert {tuple(batch.shape) for batch in seen} == {(4, 10)}  # each second input


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (nn.Sequential(nn.Linear(6, 2)), rows(40, 6)),
        (nn.Sequential(nn.Conv1d(3, 4, 3), nn.Flatten(), nn.Linear(24, 2)), rows(40, 3, 8)),
        (nn.Sequential(nn.Conv3d(1, 2, 3), nn.Flatten(), nn.Linear(16, 2)), rows(40, 1, 4, 4, 4)),
        (
            nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(20, 2)),
            rows(40, 5).abs().mul(9).long() % 9,
        ),
    ],
    ids=["tabular", "sequence", "volume", "tokens"],
)
def test_labelled_rows_of_any_kind_are_learned(module: nn.Sequential, inputs: Tensor) -> None:
    torch.manual_seed(0)  # some weights that a module may be made with learn to 0.8 and no more
    layer: Any
    for layer in (module[0], module[-1]):
        layer.reset_parameters()
    first = inputs.flatten(1)[:, 0].double()
    data = (inputs, (first > first.median()).long())
    points = list(
        explorer.fine_tune(
            module, explorer.wrap(module, inputs[:1], data=(data, data)), epochs=30, learning_rate=0.05
        )
    )
    assert points[-1].accuracy is not None
    assert points[-1].accuracy > 0.8 > points[0].accuracy


def test_a_loss_gets_the_labels_and_goes_before_the_cross_entropy() -> None:
    data = (rows(40, 6), torch.arange(40) % 2)
    module, asked = nn.Sequential(nn.Linear(6, 2)), list[tuple[Tensor, Tensor]]()

    def hinge(net: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        asked.append((inputs, labels))
        return functional.multi_margin_loss(net(inputs), labels)

    list(
        explorer.fine_tune(
            module, explorer.wrap(module, data[0][:1], data=(data, data)).data, **LEARN, loss=hinge
        )
    )
    assert len(asked) == LEARN["epochs"]  # one batch an epoch
    order = [int((data[0] == row).all(1).nonzero()) for row in asked[0][0]]
    assert torch.equal(asked[0][1], data[1][order])


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (lambda net: 1.0, r"^Your loss '<lambda>' must return a tensor of one number that depends on .*, got 1\.0"),
        (lambda net: net(rows(2, 6)), r"must return a tensor of one number"),
        (lambda net: net(rows(2, 6)).mean().detach(), r"without \.item\(\) or \.detach\(\)\.$"),
        (lambda net: net(rows(2, 6)).mean() * torch.nan, r"^The loss is nan on the first batch, before any weight has"),
        (lambda net, batch: batch, r"raised TypeError: .*missing 1 .*Correct .* and nothing behind it\.$"),
    ],
)  # fmt: skip
def test_a_loss_that_is_none_is_told(loss: Any, told: str) -> None:
    net = explorer.wrap(tabular(), rows(1, 6), metric=error, loss=loss)
    with pytest.raises(TrainingError, match=told):
        list(explorer.fine_tune(net.module, net, **LEARN))


def test_what_is_no_loss_is_refused() -> None:
    with pytest.raises(
        NetworkError, match=r"`loss` of network 'mine' must be a function of the network and a batch, got"
    ):
        explorer.wrap(tabular(), rows(1, 6), loss=nn.MSELoss())
    with pytest.raises(NetworkError, match=r"`steps` of the loss of network 'mine' must be .* from 1, got 0"):
        explorer.wrap(tabular(), rows(1, 6), loss=stepless)
    assert explorer.wrap(tabular(), rows(1, 6), loss=Loss(squared, "mse", 7)).loss == Loss(squared, "mse", 7)
