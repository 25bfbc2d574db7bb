"""Copies are the networks that they are copies of: with their own numbers, and tied where those are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from explorer.anatomy.copies import copied, sharing
from explorer.anatomy.surgery import Cut, Room, zero_channels
from explorer.values import Axis


class Layer(nn.Module):
    """Remembers, and shares what it remembers with others."""

    def __init__(self, memory: dict[str, Tensor], other: nn.Module | None) -> None:
        super().__init__()
        self.inner, self.norm = nn.Linear(4, 4), nn.BatchNorm1d(4)
        self.memory, self.others = memory, [other]
        self.register_buffer("table", torch.arange(8.0))
        self.register_buffer("start", self.get_buffer("table")[:4])

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.norm(self.inner(x)) + self.get_buffer("start")
        return found


def network() -> nn.Sequential:
    memory: dict[str, Tensor] = {}
    first = Layer(memory, None)
    return nn.Sequential(first, Layer(memory, first)).eval()


@pytest.mark.parametrize("copy_of", [copied, sharing])
def test_a_copy_answers_alike_and_has_state_of_its_own(copy_of: Callable[[nn.Module], nn.Module]) -> None:
    module, x = network(), torch.randn(3, 4)
    copy, before = copy_of(module), module(x)
    assert torch.equal(copy(x), before)
    for buffer in copy.buffers():
        buffer.add_(1)
    assert torch.equal(module(x), before)
    own, other = dict(module.named_parameters()), dict(copy.named_parameters())
    assert all((own[name] is other[name]) is (copy_of is sharing) for name in own)


@pytest.mark.parametrize("copy_of", [copied, sharing])
def test_what_is_one_thing_in_a_network_is_one_in_its_copy(copy_of: Callable[[nn.Module], nn.Module]) -> None:
    first, second = copy_of(network()).children()
    assert first.memory is second.memory  # empty, and still the same
    assert second.others == [first]
    first.get_buffer("table")[0] = 7
    assert first.get_buffer("start")[0] == 7
    assert first._forward_hooks is not second._forward_hooks


def test_silent_parameters_in_one_room_are_those_of_fresh_ones() -> None:
    module, room = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), Room()
    cuts: list[Cut] = [
        {("0", Axis.OUT): (0, 2), ("1", Axis.IN): (0, 2)},
        {("0", Axis.OUT): (1,), ("1", Axis.IN): (1,)},
    ]
    for cut in cuts:
        again, fresh = zero_channels(sharing(module), cut, room), zero_channels(sharing(module), cut)
        for ours, theirs in zip(again.parameters(), fresh.parameters(), strict=True):
            assert torch.equal(ours, theirs)
    assert all(bool(parameter.all()) for parameter in module.parameters())


def test_a_parameter_of_two_layers_is_silenced_for_each_by_itself() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    module[1].weight = module[0].weight
    room = Room()
    for channel in (0, 1):
        silent = zero_channels(sharing(module), {("0", Axis.OUT): (channel,), ("1", Axis.OUT): (3,)}, room)
        weights = silent.get_parameter("0.weight"), silent.get_parameter("1.weight")
        assert [rows.abs().sum(1).nonzero().flatten().tolist() for rows in weights] == [
            [row for row in range(4) if row != channel],
            [0, 1, 2],
        ]
