"""Parts that people write themselves: norms and gates, constants beside channels, layers that nothing names."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.anatomy.verifying import zeroing_note
from explorer.values import Axis
from explorer.values.errors import NetworkError
from tests.helpers.silent import disagreement
from tests.helpers.walled import Between

IMAGE = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
UNREACHED = "'spare' did not run on the example and takes 8 channels: it may read these"


class Scaled(nn.Module):
    """One number a channel, and a mean over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(8) + 0.5)


class Gate(Scaled):
    """The mean opens or closes all channels: with fewer of them it is another one."""

    def forward(self, x: Tensor) -> Tensor:
        return self.gamma.view(-1, 1, 1) * x * x.mean(1, keepdim=True).sigmoid()


class GRN(Scaled):
    """ConvNeXt V2's norm, as its authors write it but for the axis."""

    def forward(self, x: Tensor) -> Tensor:
        size = x.norm(dim=(2, 3), keepdim=True)
        return x + self.gamma.view(-1, 1, 1) * x * size / (size.mean(1, keepdim=True) + 1e-6)


class OneLayer(Between):
    """A layer of one's own between two convolutions."""

    def __init__(self, made: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.layer = made()

    def odd(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Normalized(Between):
    """torch spreads the norm over all channels before it divides by it."""

    def odd(self, x: Tensor) -> Tensor:
        return functional.normalize(x)


class Coordinates(Between):
    """Every position's own place as two more channels."""

    def __init__(self) -> None:
        super().__init__(read=10)

    def odd(self, x: Tensor) -> Tensor:
        place = torch.linspace(-1, 1, 4).expand(len(x), 1, 4, 4)
        return torch.cat([x, place, place.mT], 1)


class Spare(Between):
    """A layer that is made, and named nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.spare = nn.Conv2d(8, 12, 1)

    def odd(self, x: Tensor) -> Tensor:
        return self.chosen(x)

    def chosen(self, x: Tensor) -> Tensor:
        return x.abs()


class SpareForSome(Spare):
    """A method that this class calls by name runs it on other inputs."""

    def chosen(self, x: Tensor) -> Tensor:
        return x if bool(x.isfinite().all()) else self.spare(x)


def spare_for_some(module: Spare, x: Tensor) -> Tensor:
    return x if bool(x.isfinite().all()) else module.spare(x)


class SpareForAFunction(Spare):
    """The same in a function."""

    def chosen(self, x: Tensor) -> Tensor:
        return spare_for_some(self, x)


KINDS: dict[str, tuple[Callable[[], nn.Module], dict[str, str]]] = {  # network, root of what stays -> why
    "a gate with scales": (lambda: OneLayer(Gate), {"a": "'mean' works across channels"}),
    "a norm by hand": (lambda: OneLayer(GRN), {}),
    "normalised channels": (Normalized, {}),
    "constants beside channels": (Coordinates, {}),
    "a layer that nothing names": (Spare, {}),
    "a layer that a method names": (SpareForSome, {"a": UNREACHED, "b": "gives out 12"}),
    "a layer that a function names": (SpareForAFunction, {"a": UNREACHED, "b": "gives out 12"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_ones_own_go_or_stay_with_their_reason(kind: str) -> None:
    made, stays = KINDS[kind]
    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(made(), IMAGE))
    reasons = {left.root: left.reason for left in planner.left_whole if left.root != "head"}
    assert {root for root, why in stays.items() if why in reasons.get(root, "")} == set(reasons)
    plan = planner.plan(0.4)
    pruned = planner.apply(plan)
    assert plan.params < plan.params_before
    assert (plan.params, plan.bytes) == (total_params(pruned), state_bytes(pruned))
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    assert disagreement(planner, 0.4) < 1e-4


def test_a_norm_of_ones_own_is_told_as_torchs_are() -> None:
    module = OneLayer(GRN)
    assert zeroing_note(module, {("layer.gamma", Axis.OUT): (0,)}) == (
        "GRN takes its mean over the channels there are: zeros count, removed ones do not."
    )
    assert not zeroing_note(OneLayer(Gate), {("layer.gamma", Axis.OUT): (0,)})


def test_parameters_that_share_their_numbers_do_in_what_is_pruned() -> None:
    module: Any = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 6))
    module.append(copy.deepcopy(module[0]))
    module[5].weight = nn.Parameter(module[0].weight.data)  # another parameter, the same numbers
    planner = explorer.planner(explorer.wrap(module, torch.randn(2, 6)))
    plan = planner.plan(0.5)
    pruned: Any = planner.apply(plan)
    assert plan.bytes == state_bytes(pruned) == 4 * (6 * 6 + 6 + 6 * 8 + 8 + 8 * 6 + 6 + 6)
    assert pruned[0].weight.data_ptr() == pruned[5].weight.data_ptr()


def test_a_network_that_makes_layers_when_it_first_runs_is_told_to_run() -> None:
    class Growing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(6, 12)
            self.head: nn.Module | None = None

        def forward(self, x: Tensor) -> Any:
            self.head = self.head or nn.Linear(12, 3)
            return self.head(torch.relu(self.first(x)))

    module, example = Growing(), torch.randn(1, 6)
    with pytest.raises(NetworkError, match=r"makes layers when it first runs \('head'\).* Run it once"):
        explorer.wrap(module, example)
    module(example)
    planner = explorer.planner(explorer.wrap(module, example))
    assert [group.root for group in planner.ranked.groups] == ["first"]
