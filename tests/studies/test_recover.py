"""Which zeros are held while a pruned network is trained on, on a layer that is small enough to write down."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from explorer.studies.recover import zeros_kept


def trained(weight: list[list[float]], bias: list[float]) -> nn.Linear:
    """A linear layer after one step that would move every value."""
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
        layer.bias.copy_(torch.tensor(bias))
    with zeros_kept(layer):
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
        layer(torch.ones(1, 2)).sum().backward()
        optimizer.step()
    return layer


def test_zeros_of_weights_and_of_masked_biases_are_held_and_the_rest_moves() -> None:
    layer = trained([[0.0, 1.0], [2.0, 0.0]], [0.0, 3.0])
    assert layer.weight.tolist() == [[0.0, 1.0 - 0.5], [2.0 - 0.5, 0.0]]
    assert layer.bias.tolist() == [0.0, 3.0 - 0.5]


@pytest.mark.parametrize(("bias", "after"), [([0.0, 0.0], [-0.5, -0.5]), ([1.0, 1.0], [0.5, 0.5])])
def test_a_bias_without_any_value_was_never_trained_and_may_be(bias: list[float], after: list[float]) -> None:
    assert trained([[0.0, 0.0], [0.0, 0.0]], bias).weight.count_nonzero() == 0
    assert trained([[1.0, 1.0], [1.0, 1.0]], bias).bias.tolist() == after
