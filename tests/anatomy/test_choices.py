"""Choices along an axis are told by how many values there were to choose from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.profile import profiled

CHOICES: dict[
    str, tuple[Callable[[Tensor], Tensor], set[int]]
] = {  # of a tensor [2, 5, 3, 4] -> among how many
    "all": (lambda x: (x > 0).all(1), {5}),
    "any of an axis from the end": (lambda x: (x > 0).any(-1), {4}),
    "the largest": (lambda x: x.argmax(dim=2), {3}),
    "the largest with its place": (lambda x: x.max(1).indices, {5}),
    "how many are positive": (lambda x: (x > 0).sum((1, 2)), {5, 3}),
    "the largest two": (lambda x: x.topk(2).indices, {4}),
    "the largest two of an axis": (lambda x: x.topk(2, dim=1).indices, {5}),
    "an order": (lambda x: x.argsort(), {4}),
    "a sum": (lambda x: x.sum(1), set()),
    "the largest of all": (lambda x: x.max(), set()),
    "the larger of two": (lambda x: torch.max(x, -x), set()),
}


class Choosing(nn.Module):
    """A choice, and what the answer takes of it: nothing."""

    def __init__(self, choose: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.choose = nn.Conv2d(3, 5, 1), choose

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        self.choose(x)
        return x


@pytest.mark.parametrize("kind", CHOICES)
def test_a_choice_along_an_axis_is_told_by_the_size_of_that(kind: str) -> None:
    choose, among = CHOICES[kind]
    net = explorer.wrap(Choosing(choose), torch.randn(2, 3, 3, 4))
    assert profiled(net).chosen == among
