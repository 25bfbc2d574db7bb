"""What cannot be followed is a wall: what flows into and out of it stays whole, named, and the rest is pruned."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.values.errors import PruningError
from tests.helpers import walled
from tests.helpers.silent import disagreement

GENERATOR = torch.Generator().manual_seed(0)
IMAGE = torch.randn(1, 3, 4, 4, generator=GENERATOR)
VECTOR = torch.randn(1, 6, generator=GENERATOR)
TOKENS = torch.randn(1, 5, 6, generator=GENERATOR)
SIGNAL = torch.randn(1, 6, 9, generator=GENERATOR)

DECODER = "decoder.layers.0.linear1", "decoder.layers.0.linear2"

Kind = tuple[Callable[[], nn.Module], torch.Tensor, set[str], dict[str, str]]


def across(made: Callable[[], nn.Module], operation: str) -> Kind:
    """What keeps the channels before it whole, since it works on all of them together."""
    return made, IMAGE, {"b", "c"}, {"a": f"'{operation}' works across channels"}


KINDS: dict[str, Kind] = {  # network, example, roots that lose channels, root of what stays -> why
    "an LSTM": (walled.Tagger, SIGNAL, {"a", "up"}, {"b": "'memory' is recurrent"}),
    "a GRU": (partial(walled.Tagger, nn.GRU), SIGNAL, {"a", "up"}, {"b": "'memory' is recurrent"}),
    "a recurrent cell": (walled.Step, TOKENS, {"up"}, {"a": "'cell' is recurrent"}),
    "attention": (walled.Attending, TOKENS, {"keys", "up"}, {}),
    "keys of another width": (
        partial(walled.Attending, kdim=12, vdim=12),
        TOKENS,
        {"up"},
        dict.fromkeys(("a", "keys"), "'attention' reads keys or values of another width"),
    ),
    "keys of its own": (
        partial(walled.Attending, add_bias_kv=True),
        TOKENS,
        {"up"},
        dict.fromkeys(("a", "keys"), "'attention' adds keys and values of its own"),
    ),
    "a frozen norm": (walled.FrozenNorm, IMAGE, {"b", "c"}, {"a": "multiplied by constants"}),
    "a table": (walled.AddedTable, IMAGE, {"b", "c"}, {"a": "cannot run"}),
    "a reshaped parameter": (
        walled.ViewedParameter,
        IMAGE,
        {"b", "c"},
        {"a": "a reshape takes the channels"},
    ),
    "a roll": (
        walled.Rolled,
        IMAGE,
        {"b", "c"},
        {"a": "'roll' works across channels. Along any other axis it"},
    ),
    "a roll along rows": (partial(walled.Rolled, along=2), IMAGE, {"a", "b", "c"}, {}),
    "a softmax": (walled.SoftChannels, IMAGE, {"b", "c"}, {"a": "'softmax' works across channels"}),
    "the least channel": across(partial(walled.Scaled, lambda x: x.amin(1, keepdim=True)), "amin"),
    "the middle channel": across(
        partial(walled.Scaled, lambda x: x.median(1, keepdim=True).values), "median"
    ),
    "a mean over channels that hardly counts": across(
        partial(walled.Scaled, lambda x: torch.sigmoid(0.001 * x.mean(1, keepdim=True))), "mean"
    ),
    "a deviation over channels that hardly counts": across(
        partial(walled.Scaled, lambda x: torch.sigmoid(0.001 * x.std(1, keepdim=True))), "std"
    ),
    "a log of summed exponentials that hardly counts": across(
        partial(walled.Scaled, lambda x: torch.sigmoid(0.001 * x.logsumexp(1, keepdim=True))), "logsumexp"
    ),
    "a sum over channels": (
        partial(walled.Scaled, lambda x: torch.sigmoid(0.001 * x.sum(1, keepdim=True))),
        IMAGE,
        {"a", "b", "c"},
        {},
    ),
    "a pool over channels that hardly counts": across(
        partial(walled.Spread, lambda tokens: functional.avg_pool1d(tokens, 3, stride=1, padding=1)),
        "avgpool2d",
    ),
    "a layer norm as a function that hardly counts": (
        partial(walled.Spread, lambda tokens: functional.layer_norm(tokens, tokens.shape[-1:])),
        IMAGE,
        {"b", "c"},
        {"a": "a norm is written as a plain function"},
    ),
    "a layer norm as a function over pixels": (
        partial(walled.Spread, lambda tokens: functional.layer_norm(tokens.mT, tokens.shape[1:2]).mT),
        IMAGE,
        {"a", "b", "c"},
        {},
    ),
    "a pool over pixels": (
        partial(walled.Spread, lambda tokens: functional.avg_pool1d(tokens.mT, 3, stride=1, padding=1).mT),
        IMAGE,
        {"a", "b", "c"},
        {},
    ),
    "the largest pixel": (
        partial(walled.Scaled, lambda x: x.amax((2, 3), keepdim=True)),
        IMAGE,
        {"a", "b", "c"},
        {},
    ),
    "a choice among many channels": (
        walled.Unanimous,
        IMAGE,
        {"b", "c"},
        {"a": "With almost all of them removed, the network's output differs by"},
    ),
    "a channel shuffle": (walled.Shuffled, IMAGE, {"a", "b", "c"}, {}),
    "a gate as a function": (partial(walled.OneHalfGates, read=4), IMAGE, {"a", "b", "c"}, {}),
    "channels beside what is made of them": (partial(walled.Ghost, read=16), IMAGE, {"each", "b", "c"}, {}),
    "neighbours in a graph": (walled.Diffused, IMAGE, {"a", "b", "c"}, {}),
    "a shape of another layer's": (
        walled.Likened,
        IMAGE,
        {"narrow", "b", "c"},
        dict.fromkeys(("a", "wide"), "cannot run"),
    ),
    "a pixel shuffle": (partial(walled.PixelShuffled, read=2), IMAGE, {"a", "b", "c"}, {}),
    "a pixel unshuffle": (partial(walled.PixelUnshuffled, read=32), IMAGE, {"a", "b", "c"}, {}),
    "a pixel shuffle by hand": (
        partial(walled.DepthToSpace, width=16, read=4),
        IMAGE,
        {"a", "b", "c"},
        {},
    ),
    "a filter for each channel": (walled.Blurred, IMAGE, {"a", "b", "c"}, {}),
    "places that are read": (
        walled.Warped,
        IMAGE,
        {"a", "b", "c"},
        {"flow": "channels say where others are read"},
    ),
    "a map of attention": (partial(walled.Pooled, 1), IMAGE, {"a", "b"}, {"maps": "a single channel"}),
    "maps of attention": (
        partial(walled.Pooled, 3),
        IMAGE,
        {"a", "b"},
        {"maps": "channels of different axes meet in a product"},
    ),
    "an encoder and a decoder": (
        walled.Translator,
        TOKENS,
        {f"both.{part}" for part in ("encoder.layers.0.linear1", *DECODER)},
        {},
    ),
    "what nobody reads": (walled.LeftOver, IMAGE, {"a", "skip", "b", "c"}, {}),
    "nearest neighbours": (walled.Nearest, TOKENS, {"a", "b"}, {}),
    "labels": (walled.Labelled, TOKENS, {"a", "b"}, {"parts": "is an output layer"}),
    "what the next call reads": (
        walled.Remembering,
        IMAGE,
        {"keep.0", "b", "c"},
        {"keep.2": "is an output layer", "a": "cannot run (The size of tensor a (3) must match"},
    ),
    "a layer under two names": (walled.TwiceNamed, IMAGE, {"a", "b", "c"}, {}),
    "an index": (walled.Picked, IMAGE, {"b", "c"}, {"a": "channels are picked by an index"}),
    "a slice that is written to": (
        walled.Written,
        IMAGE,
        {"b", "c"},
        {"a": "parts of a tensor are written to"},
    ),
    "a product": (walled.Unfolded, IMAGE, {"b", "c"}, {"a": "a product of matrices"}),
    "a function": (walled.Filtered, IMAGE, {"b", "c"}, {"a": "a layer is written as a plain function"}),
    "a similarity": (walled.Similar, IMAGE, {"a", "key", "b", "c"}, {}),
    "what autograd does not see": (walled.Unread, IMAGE, {"b", "c"}, {"a": "is an output layer"}),
    "what can never be recorded": (walled.Inferred, IMAGE, {"c"}, {"a": "is an output layer"}),
    "a compiled part": (walled.Scripted, IMAGE, {"b", "c"}, {"a": "a layer is written as a plain function"}),
    "slices at fixed places": (
        walled.Reordered,
        IMAGE,
        {"b", "c"},
        {"a": "the network's output differs"},
    ),
    "torch's own RMSNorm": (walled.RootMeanSquare, IMAGE, {"a", "b", "c"}, {}),
    "a stored shape": (walled.StoredShape, IMAGE, {"a", "b", "c"}, {}),
    "a choice": (walled.Chooser, IMAGE, {"a", "b"}, {"head": "is an output layer"}),
    "attention with tokens first": (walled.Crossing, TOKENS, {"a", "up"}, {}),
    "what autograd forbids": (walled.Unrecorded, IMAGE, {"b", "c"}, {}),
    "more weights than usual": (
        walled.adapted,
        VECTOR,
        {"4"},
        dict.fromkeys(("0", "2"), "'2' has more weights than its type usually has (Adapted)"),
    ),
    "another axis": (
        walled.Mixer,
        IMAGE,
        {"tokens.0", "channels.0"},
        dict.fromkeys(
            ("patch", "tokens.2", "channels.2"), "different axes meet. Channels that lie on the same"
        ),
    ),
    "an unknown attention": (
        walled.OwnAttention,
        TOKENS,
        {"mlp.0", "mlp.2"},
        {"qkv": "takes the channels of a layer apart"},
    ),
    "features that become images": (
        walled.Generator,
        VECTOR,
        {"a", "e"},
        {
            "b": "the network's own forward cannot run (shape '[1, 16, 2, 2]' is invalid",
            "c": "'d' is a transposed convolution in conv groups",
            "d": "'d' is a transposed",
        },
    ),
    "features that become as many channels as there are": (
        partial(walled.Generator, -1),
        VECTOR,
        {"a", "b", "e"},
        {"c": "'d' is a transposed convolution in conv groups"},
    ),
    "halves": (walled.Halves, IMAGE, {"inner", "b"}, {}),
    "a gate of the other half": (walled.Gated, IMAGE, {"a", "b"}, {}),
    "the input beside features": (
        walled.InputBeside,
        IMAGE,
        {"a", "c", "d"},
        {
            "b": "channels meet the network's own input",
            "each": "'each' hands on channels that come from no layer",
        },
    ),
    "one gate for all": (walled.OneGate, IMAGE, {"a", "b"}, {"gate": "'gate' has a single channel"}),
    "a flatten with channels last": (walled.LastFlatten, IMAGE, {"conv"}, {}),
    "a linear layer turned round": (walled.turned, VECTOR, {"0", "2"}, {}),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[DepGraphPlanner, set[str], dict[str, str]]:
    made, example, goes, stays = KINDS[request.param]
    torch.manual_seed(0)
    return explorer.planner(explorer.wrap(made(), example)), goes, stays


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_walls_are_named_and_the_rest_may_go(kind: tuple[DepGraphPlanner, set[str], dict[str, str]]) -> None:
    planner, goes, stays = kind
    reasons = {left.root: left.reason for left in planner.left_whole}
    assert {group.root for group in planner.ranked.groups} == goes
    assert {root for root, why in stays.items() if why in reasons.get(root, "")} == set(stays)


@pytest.mark.parametrize("ratio", [0.3, 0.5])
def test_what_goes_is_as_if_it_had_been_silent(
    kind: tuple[DepGraphPlanner, set[str], dict[str, str]], ratio: float
) -> None:
    planner, _, _ = kind
    plan = planner.plan(ratio)
    pruned = planner.apply(plan)
    assert plan.params < plan.params_before
    assert plan.params == total_params(pruned)
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    assert plan.bytes == state_bytes(pruned)
    assert disagreement(planner, ratio) < 1e-4


def lost(planner: DepGraphPlanner, layer: str) -> set[int]:
    """Output channels of a layer that go at half."""
    return set(planner.plan(0.5).removed[layer])


def test_both_halves_of_a_split_lose_the_same_positions() -> None:
    planner = explorer.planner(explorer.wrap(walled.Halves(), IMAGE))
    gone = lost(planner, "a")
    assert len(gone) == 8
    assert {channel + 8 for channel in gone if channel < 8} == {channel for channel in gone if channel >= 8}
    assert lost(planner, "inner") == {channel for channel in gone if channel < 8}


def test_a_pixel_of_a_shuffle_goes_with_all_of_its_channels() -> None:
    planner = explorer.planner(explorer.wrap(walled.DepthToSpace(16, 4), IMAGE))
    gone = lost(planner, "a")
    assert len(gone) == 8
    assert gone == {4 * pixel + place for pixel in {channel // 4 for channel in gone} for place in range(4)}


def test_a_flatten_with_channels_last_gives_every_channel_one_feature_of_each_pixel() -> None:
    planner = explorer.planner(explorer.wrap(walled.LastFlatten(), IMAGE))
    (item,) = (item for item in planner.trace.structure.groups[1].items if item.width == 8 * 16)
    assert item.index[item.root == 3].tolist() == [pixel * 8 + 3 for pixel in range(16)]


def test_a_turned_linear_layer_loses_columns_for_outputs_and_rows_for_inputs() -> None:
    planner = explorer.planner(explorer.wrap(walled.turned(), VECTOR))
    pruned: Any = planner.apply(planner.plan(0.5))
    assert [tuple(layer.weight.shape) for layer in pruned[::2]] == [(6, 8), (8, 6), (6, 4)]
    assert [(layer.nx, layer.nf) for layer in pruned[::2]] == [(6, 8), (8, 6), (6, 4)]


@pytest.mark.parametrize("criterion", ["l1", "l2", "lamp", "fpgm", "random"])
def test_a_turned_linear_layer_is_scored_as_one_that_is_not(criterion: str) -> None:
    turned: Any = walled.turned()
    usual: Any = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 4))
    for ours, theirs in zip(turned[::2], usual[::2], strict=True):
        theirs.weight.data, theirs.bias.data = ours.weight.data.T.contiguous(), ours.bias.data
    for ratio in (0.2, 0.6):
        plans = [
            explorer.planner(explorer.wrap(module, VECTOR), criterion=criterion, scope="global").plan(ratio)
            for module in (turned, usual)
        ]
        assert plans[0].removed == plans[1].removed
        assert (plans[0].params, plans[0].macs) == (plans[1].params, plans[1].macs)


def test_weights_that_are_whole_numbers_and_frozen_ones_are_no_reason_to_refuse() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 12, 1), nn.Conv2d(12, 4, 1))
    module.register_parameter("steps", nn.Parameter(torch.arange(4), requires_grad=False))
    module.requires_grad_(False)
    planner = explorer.planner(explorer.wrap(module, IMAGE))
    assert {group.root for group in planner.ranked.groups} == {"0", "2"}
    assert not any(parameter.requires_grad for parameter in planner.apply(planner.plan(0.5)).parameters())


def test_a_network_that_answers_with_no_tensor_is_refused() -> None:
    class Counting(nn.Sequential):
        def forward(self, x: torch.Tensor) -> int:
            return int(super().forward(x).argmax())

    module = Counting(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4))
    with pytest.raises(
        PruningError, match=r"^'mine' answers with no tensor, so what pruning changes cannot be"
    ):
        explorer.planner(explorer.wrap(module, VECTOR))


def test_a_network_that_cannot_run_while_autograd_records_it_is_refused_by_the_place() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.head = nn.Linear(6, 4), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if torch.is_grad_enabled():
                raise RuntimeError("inference only")
            return self.head(self.first(x))

    with pytest.raises(
        PruningError,
        match=r"The network's own forward cannot run while autograd records it \(inference only\)",
    ):
        explorer.planner(explorer.wrap(Counting(), VECTOR))
