"""Odd networks: pruned and right, or one sentence that names the layer; no error of another library comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import explorer
from explorer.backends.depgraph.torch_pruning.patches import library_errors
from explorer.values.errors import ExplorerError, NetworkError, PruningError
from tests.helpers.blocks import image
from tests.helpers.silent import disagreement
from tests.helpers.toys import Turned

VECTOR = torch.randn(1, 6, generator=torch.Generator().manual_seed(0))


class Made(nn.Module):
    """Linear layers of 6, 8, 8 and 3 with a forward of one line."""

    def __init__(self, way: Callable[..., Any], **more: nn.Module) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.a, self.b, self.head = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)
        self.way = way
        self.register_buffer("mask", torch.arange(8) < 4)
        for name, module in more.items():
            self.add_module(name, module)

    def forward(self, *inputs: Any) -> Any:
        return self.way(self, *inputs)


def line(net: Made, x: Tensor) -> Tensor:
    return net.head(torch.relu(net.b(torch.relu(net.a(x)))))


def twice(net: Made, x: Tensor) -> Tensor:
    return net.head(torch.relu(net.b(torch.relu(net.b(torch.relu(net.a(x)))))))


def masked(net: Any, x: Tensor) -> Tensor:
    return net.head(net.b(torch.relu(net.a(x))).masked_fill(net.mask, 0.0))


def divided(net: Made, x: Tensor) -> Tensor:
    return net.head(torch.relu(net.b(torch.relu(net.a(x))))) / net.b.out_features


def nested(net: Made, x: Tensor) -> dict[str, Any]:
    return {"all": [(line(net, x), None), 3], "more": {"view": line(net, x).T}}


def gated(net: Made, x: Tensor, y: Tensor) -> Tensor:
    return net.head(torch.relu(net.b(net.a(x) * torch.sigmoid(net.a(y)))))


def routed(net: Any, x: Tensor) -> Tensor:
    return net.head(net.ways["one" if len(x) else "other"](torch.relu(net.a(x))))


def in_place(net: Made, x: Tensor) -> Tensor:
    hidden = net.a(x)
    hidden += 1
    return net.head(functional.relu_(net.b(hidden.mul_(2))))


GOES: dict[str, tuple[Callable[..., Any], Any, set[str], dict[str, str]]] = {
    # forward, example, groups that may go, and why others stay
    "a line": (line, VECTOR, {"a", "b"}, {}),
    "a module that runs twice": (twice, VECTOR, {"b"}, {}),
    "nested outputs and views": (nested, VECTOR, {"a", "b"}, {}),
    "two inputs": (gated, (VECTOR, VECTOR.flip(1)), {"a", "b"}, {}),
    "in place": (in_place, VECTOR, {"a", "b"}, {}),
    "a mask in a buffer": (masked, VECTOR, {"a"}, {"b": "the network's own forward cannot run"}),
    "a width that code reads": (divided, VECTOR, {"a"}, {"b": "the network's output differs by"}),
}


@pytest.mark.parametrize("kind", GOES)
def test_what_may_go_of_an_odd_network_goes_and_is_right(kind: str) -> None:
    way, example, goes, stays = GOES[kind]
    planner: Any = explorer.planner(explorer.wrap(Made(way), example))
    reasons = {left.root: left.reason for left in planner.left_whole}
    assert {group.root for group in planner.ranked.groups} == goes
    assert all(why in reasons[root] for root, why in stays.items())
    assert planner.apply(planner.plan(0.5)) is not None
    assert disagreement(planner, 0.5) < 1e-3


def ways() -> nn.ModuleDict:
    return nn.ModuleDict({name: nn.Linear(8, 8) for name in ("one", "other")})


def linear_of_none() -> nn.Module:
    with pytest.warns(UserWarning, match="zero-element"):
        return nn.Sequential(nn.Linear(6, 0), nn.Linear(0, 3))


class Crossed(nn.Module):
    """Everything meets everything where nobody can see it."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.head = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(Turned.apply(self.a(x)) + self.a(x)) * self.a(x).mean()


NOTHING: dict[str, tuple[Callable[[], nn.Module], Any, str]] = {
    "a single layer": (lambda: nn.Linear(6, 3), VECTOR, "The network is a single layer"),
    "an embedding": (lambda: nn.Embedding(9, 4), torch.arange(5)[None], "No convolution or linear layer"),
    "layers of one channel": (
        lambda: nn.Sequential(nn.Linear(6, 1), nn.Linear(1, 3)),
        VECTOR,
        "'0' has a single channel",
    ),
    "labels": (
        lambda: Made(lambda net, x: (line(net, x) > 1e9).long()),
        VECTOR,
        "let it return scores, not labels",
    ),
    "no tensor": (lambda: Made(lambda net, x: float(line(net, x).sum())), VECTOR, "answers with no tensor"),
    "NaN": (
        lambda: Made(lambda net, x: (line(net, x) - 1e9).log()),
        VECTOR,
        "100 % of what 'mine' answers .* is no finite number",
    ),
    "what is seen nowhere": (Crossed, image(), "'a' is an output layer"),
    "ways not taken": (
        lambda: Made(routed, ways=ways()),
        VECTOR,
        "'ways.other' did not run on the example and takes 8",
    ),
    "kept layers": (lambda: Made(line), VECTOR, "'a' is to be kept"),
}


@pytest.mark.parametrize("kind", NOTHING)
def test_where_nothing_can_go_the_layer_is_named_and_no_coupling_is_blamed(kind: str) -> None:
    make, example, sentence = NOTHING[kind]
    keep = ("a", "b") if kind == "kept layers" else ()
    with pytest.raises(PruningError, match=sentence) as refused:
        explorer.planner(explorer.wrap(make(), example), keep=keep)
    assert "coupl" not in str(refused.value)


def test_a_layer_without_channels_is_refused_by_name() -> None:
    with pytest.raises(NetworkError, match="'0' of network 'mine' has a weight of 0×6, which holds nothing"):
        explorer.wrap(linear_of_none(), VECTOR)


def test_a_single_layer_cannot_be_masked_and_is_told_how_it_can() -> None:
    for library in ("native", "sparseml"):
        with pytest.raises(ExplorerError, match=r"is a single layer.*nn.Sequential\(layer\)"):
            explorer.planner(explorer.wrap(nn.Linear(6, 3), VECTOR), library)


def test_fpgm_scores_what_it_can_and_names_the_conv_groups_that_it_cannot() -> None:
    module = nn.Sequential(
        *(nn.Conv2d(3, 12, 1), nn.ReLU(), nn.Conv2d(12, 24, 1, groups=4), nn.ReLU()),
        *(nn.Conv2d(24, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1)),
    )
    planner: Any = explorer.planner(explorer.wrap(module, image()), criterion="fpgm")
    reasons = {left.root: left.reason for left in planner.left_whole}
    assert "'fpgm' cannot score '2', which has conv groups" in reasons["0"]
    assert {group.root for group in planner.ranked.groups} == {"2", "4"}
    planner.apply(planner.plan(0.5))
    whole = nn.Sequential(nn.Conv2d(3, 12, 1), nn.ReLU(), nn.Conv2d(12, 4, 1, groups=2))
    with pytest.raises(PruningError, match="the criterion 'fpgm' cannot score '2'") as refused:
        explorer.planner(explorer.wrap(whole, image()), criterion="fpgm")
    assert refused.value.field == "criterion"


def in_groups() -> nn.Module:
    """A convolution that has one output for each of its three conv groups once half of six are gone."""
    return nn.Sequential(
        *(nn.Conv2d(3, 12, 1), nn.ReLU(), nn.Conv2d(12, 6, 1, groups=3), nn.ReLU(), nn.Conv2d(6, 2, 1)),
    )


def test_conv_groups_that_become_depthwise_between_two_steps_are_told() -> None:
    net = explorer.wrap(in_groups(), image())
    once: Any = explorer.planner(net, overrides={"0": 0.25})
    assert disagreement(once, 0.5) < 1e-3
    steps = explorer.planner(net, overrides={"0": 0.25}, steps=3)
    with pytest.raises(PruningError, match="'2' has one output left for each of its conv groups"):
        steps.apply(steps.plan(0.75))


def test_what_the_library_raises_is_told_of_the_layer_that_it_was_at() -> None:
    def work_on(layer: nn.Module) -> None:
        raise IndexError(f"list index out of range of {type(layer).__name__}\nand more")

    net = Made(line)
    sentence = r"could not score 'b' \(IndexError: list index out of range of Linear\). Keep that layer"
    with pytest.raises(PruningError, match=sentence), library_errors("score", net):
        work_on(net.b)
    sentence = r"could not score this network \(KeyError: 'x'\). Pick another network"
    with pytest.raises(PruningError, match=sentence), library_errors("score", net):
        raise KeyError("x")
