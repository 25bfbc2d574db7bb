"""On any network: what can be pruned is, what cannot stays whole and is named, and nothing is wrong without a word."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.anatomy.layers import layer_outcomes
from explorer.backends.base import Listener
from explorer.backends.bench import Bench
from explorer.backends.depgraph import couplings
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.trial import BOTH
from explorer.values import Axis, ChannelOptions
from explorer.values.errors import PruningError
from tests.helpers import awkward, toys, walled
from tests.helpers.silent import disagreement

IMAGE = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
BRIGHT = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0)) + 0.1
VECTOR = torch.randn(1, 6, generator=torch.Generator().manual_seed(0))
IDS = torch.arange(7)[None]
CALCULATED = "works its weight out of others"
APART = "With half of them removed, "
UNREACHED = "did not run on the example and takes 16 channels"

Made = Callable[[], nn.Module]
KINDS: dict[str, tuple[Made, Any, dict[str, str]]] = {  # network, example, root of what stays -> why
    "a gamma curve": (awkward.Gamma, BRIGHT, {"b": APART}),
    "a logarithm": (awkward.Logarithm, BRIGHT, {"b": APART}),
    "boxes beside scores": (awkward.BoxesAndScores, IMAGE, {"b": APART, "score": "output layer"}),
    "functional dropout": (awkward.AlwaysDropping, VECTOR, {}),
    "sampling": (awkward.Sampling, VECTOR, {"mean": "output layer", "out": "output layer"}),
    "a state of batch 2": (awkward.StateOfTwo, torch.randn(2, 8), {}),
    "a batch laid out as one row": (awkward.OneRow, torch.randn(4, 64), {"a": "invalid for input of size"}),
    "an answer that is read on": (awkward.ReadOn, VECTOR, {"embed": "output layer"}),
    "an answer in a dataclass": (awkward.AsDataclass, VECTOR, {"embed": "output layer"}),
    "an expert that did not run": (awkward.Experts, VECTOR, {"stem": UNREACHED, "experts.0.2": UNREACHED}),
    "an expert of another width": (
        partial(awkward.Experts, 12),
        VECTOR,
        {"stem": UNREACHED, "experts.0.2": "gives out 12 channels: it may take the place of these"},
    ),
    "a branch that chance chooses": (awkward.Chance, VECTOR, {"a": "takes 16", "c": "gives out 12"}),
    "a head for training": (
        awkward.Auxiliary,
        IMAGE,
        {"b": "In train mode, with half of them"},
    ),
    "tied weights": (awkward.Tied, IDS, {"down": "'embed', 'head' share one weight"}),
    "a branch that is closed": (awkward.ZeroAtFirst, IMAGE, {"one": APART}),
    "a layer scale": (awkward.scaled, IMAGE, {}),
    "norm groups and conv groups": (partial(awkward.normed, 3, 4), IMAGE, {}),
    "as many of both": (partial(awkward.normed, 4, 4), IMAGE, {}),
    "parametrize": (
        partial(awkward.calculated, torch.nn.utils.parametrizations.weight_norm),
        IMAGE,
        {"0": CALCULATED},
    ),
    "spectral norm": (partial(awkward.calculated, torch.nn.utils.spectral_norm), IMAGE, {"0": CALCULATED}),
    "a cached result": (awkward.Cached, VECTOR, {}),
    "two inputs": (awkward.TwoInputs, (IMAGE, torch.randn(1, 5)), {}),
    "inputs by name": (awkward.TwoInputs, {"vector": torch.randn(1, 5), "image": IMAGE}, {}),
    "channels last": (
        lambda: awkward.chain().to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        IMAGE.contiguous(memory_format=torch.channels_last),
        {},
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[DepGraphPlanner, dict[str, str]]:
    """Made once: planners are not changed by what is asked of them."""
    made, example, stays = KINDS[request.param]
    torch.manual_seed(0)
    return explorer.planner(explorer.wrap(made(), example)), stays


def test_what_stays_whole_is_named_with_its_reason(kind: tuple[DepGraphPlanner, dict[str, str]]) -> None:
    planner, stays = kind
    reasons = {left.root: left.reason for left in planner.left_whole}
    assert {root for root, why in stays.items() if why in reasons.get(root, "")} == set(stays)
    outputs = {root for root, why in reasons.items() if "is an output layer" in why}
    assert set(reasons) == set(stays) | outputs
    graph = explorer.dependency_graph(planner.net)
    assert {g.id: g.kept_because for g in graph.groups if g.kept_because} == {
        left.group: left.reason for left in planner.left_whole
    }


@pytest.mark.parametrize("ratio", [0.2, 0.5, 0.7])
def test_the_rest_is_pruned_and_right(kind: tuple[DepGraphPlanner, dict[str, str]], ratio: float) -> None:
    planner, _ = kind
    plan = planner.plan(ratio)
    pruned = planner.apply(plan)
    assert plan.params < plan.params_before
    assert plan.params == total_params(pruned)
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    left = layer_outcomes(planner.net, pruned)
    assert [(row.name, row.nonzero, row.effective_macs) for row in plan.layers] == [
        (row.name, row.nonzero, row.effective_macs) for row in left
    ]
    assert plan.bytes == state_bytes(pruned)
    if not isinstance(planner.net.module, (awkward.AlwaysDropping, awkward.Sampling)):
        assert disagreement(planner, ratio) < 1e-3


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.half])
@pytest.mark.parametrize("scope", ["local", "global", "isomorphic"])
def test_half_precision_is_pruned_as_it_is(dtype: torch.dtype, scope: str) -> None:
    planner = explorer.planner(explorer.wrap(awkward.chain(dtype), IMAGE.to(dtype)), scope=scope)
    pruned = planner.apply(planner.plan(0.5))
    assert {parameter.dtype for parameter in pruned.parameters()} == {dtype}
    assert planner.plan(0.5).params == total_params(pruned)
    assert disagreement(planner, 0.5) < 0.1  # seven or ten bits of precision


def test_norm_groups_and_conv_groups_lose_channels_in_sets_of_their_least_common_multiple() -> None:
    planner = explorer.planner(explorer.wrap(awkward.normed(3, 4), IMAGE))
    (group,) = (group for group in planner.ranked.groups if group.root == "0")
    assert planner.ranked.candidates[planner.ranked.groups.index(group)].group.heads == 3 * 4
    assert {len(gone) for gone in planner.plan(0.5).removed.values()} >= {12}


def test_what_does_not_divide_into_its_sets_stays_whole() -> None:
    class Side(nn.Module):
        """12 and 20 channels side by side under a norm in 8 groups of 4."""

        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Conv2d(3, 12, 1), nn.Conv2d(3, 20, 1)
            self.norm, self.after, self.head = nn.GroupNorm(8, 32), nn.Conv2d(32, 8, 1), nn.Conv2d(8, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.after(self.norm(torch.cat([self.left(x), self.right(x)], 1))))

    planner = explorer.planner(explorer.wrap(Side(), IMAGE))
    reasons = {left.root: left.reason for left in planner.left_whole}
    assert "'norm' works on parts of its channels, and only some are in this group" in reasons["left"]
    assert [group.root for group in planner.ranked.groups] == ["after"]


def test_a_norm_that_would_mix_its_groups_is_noticed() -> None:
    """16 and 16 channels under 4 norm groups: a set of one from each eighth moves what lies in which group."""

    class Side(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Conv2d(3, 16, 1), nn.Conv2d(3, 16, 1)
            self.norm, self.after, self.head = nn.GroupNorm(4, 32), nn.Conv2d(32, 8, 1), nn.Conv2d(8, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.after(self.norm(torch.cat([self.left(x), self.right(x)], 1))))

    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(Side(), IMAGE))
    assert disagreement(planner, 0.5) < 1e-3


@pytest.mark.parametrize("kind", ["rms", "layer", "function", "response"])
def test_a_norm_of_ones_own_takes_its_statistics_over_the_channels_there_are(kind: str) -> None:
    """That is no wrong coupling: the pruned norm equals the dense one of a network that never had those channels."""
    torch.manual_seed(0)
    module = awkward.own_normed(kind)
    planner = explorer.planner(explorer.wrap(module, torch.randn(1, 3, 8, 8)))
    assert [left.root for left in planner.left_whole] == ["4"]
    plan = planner.plan(0.5)
    pruned = planner.apply(plan)
    kept = [channel for channel in range(16) if channel not in plan.removed["0"]]
    norm, x = awkward.OwnNorm(8, kind), torch.randn(2, 8, 5, 5)
    norm.weight.data, norm.bias.data = (p.data[kept] for p in (module[1].weight, module[1].bias))  # type: ignore[index]
    assert torch.allclose(pruned.get_submodule("1")(x), norm(x))


# --- no way round the check ----------------------------------------------------------------------------


def test_no_planner_is_made_without_the_check() -> None:
    net = explorer.wrap(awkward.Gamma(), BRIGHT)
    made = DepGraphPlanner(Bench(net), ChannelOptions())
    assert [group.root for group in made.plan(0.5).groups] == ["a"]


def test_sensitivity_is_measured_of_what_holds_alone() -> None:
    data = (torch.rand(40, 3, 4, 4) + 0.1, torch.arange(40) % 4)
    net = explorer.wrap(awkward.Gamma(), BRIGHT, (data, data))
    found = explorer.measure_sensitivity(net, ratios=(0.5,))
    assert [group.layer for group in found.groups] == ["a"]


class Noting(nn.Linear):
    """Notes how many rows any copy of it was given, run by run."""

    rows: ClassVar[list[int]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.rows.append(len(x))
        return super().forward(x)


@pytest.mark.parametrize(("width", "looks_at_few"), [(16, 1), (15, 2)])
def test_opening_a_network_runs_it_no_more_often_than_it_takes(width: int, looks_at_few: int) -> None:
    layers = Noting(6, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 3)
    net = explorer.wrap(nn.Sequential(*layers), VECTOR)
    Noting.rows.clear()
    explorer.planner(net)
    traced, dense = 1, 1  # which is counted, too
    batch, alone_and_again = 2 * 2, 2  # a batch of two without half, and with it silent
    assert sum(Noting.rows) == traced + dense + batch + alone_and_again + looks_at_few * 2


class Deciding(nn.Module):
    """One of its layers runs only where all scales are one, as those of a fresh norm are."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 20), nn.Linear(20, 12)
        self.scale, self.more, self.head = nn.Parameter(torch.ones(12)), nn.Linear(12, 12), nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.b(torch.relu(self.a(x)))) * self.scale
        return self.head(self.more(x) if bool((self.scale == 1).all()) else x)


def test_what_a_network_costs_is_counted_with_its_own_weights() -> None:
    net = explorer.wrap(Deciding(), VECTOR)
    assert explorer.planner(net).plan(0.0).macs == 6 * 20 + 20 * 12 + 12 * 12 + 12 * 3


class Recalling(nn.Module):
    """Adds what the call before left behind, where there are as many channels as that has."""

    left: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(6, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        self.register_buffer("left", torch.zeros(1, 16))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.a(x))
        if x.shape[1] == 16:
            x = x + self.left
            self.left.copy_(x.detach()[:1])
        return self.head(torch.relu(self.b(x)))


def test_what_only_the_dense_network_remembers_is_noticed() -> None:
    planner = explorer.planner(explorer.wrap(Recalling(), VECTOR))
    assert {left.root: "differs" in left.reason for left in planner.left_whole} == {"a": True, "head": False}


def test_a_width_taken_from_another_group_is_noticed_where_all_are_broad() -> None:
    torch.manual_seed(0)
    module = walled.Likened(16, 24)
    module.b, module.c, module.head = nn.Conv2d(16, 16, 1), nn.Conv2d(16, 16, 1), nn.Conv2d(16, 4, 1)
    planner = explorer.planner(explorer.wrap(module, IMAGE))
    some = {left.root for left in planner.left_whole if left.reason.startswith("With some of them removed, ")}
    assert some == {"a", "wide"}
    assert {group.root for group in planner.ranked.groups} == {"narrow", "b", "c"}


@pytest.mark.parametrize("size", [16, 17, 24, 64, 512])
def test_broad_groups_lose_uneven_numbers_of_channels_below_half_in_one_look(size: int) -> None:
    lost = {BOTH.lost(size, number) for number in range(4)}
    assert len(lost) == 4
    assert max(lost) < size / 2
    assert all(count % 2 for count in lost)


def test_many_planners_of_one_network_check_once(monkeypatch: pytest.MonkeyPatch) -> None:
    net = explorer.wrap(awkward.Gamma(), BRIGHT)
    explorer.planner(net)
    monkeypatch.setattr(couplings, "dense_judge", lambda *_: pytest.fail("checked again"))
    assert explorer.planner(net, criterion="l1", scope="global").left_whole
    assert explorer.dependency_graph(net).groups


def test_a_sensitivity_of_another_network_of_that_name_is_refused() -> None:
    data = (torch.randn(40, 3, 4, 4), torch.arange(40) % 4)
    first, second = (explorer.wrap(toys.Residual(), IMAGE, (data, data)) for _ in range(2))
    found = explorer.measure_sensitivity(first, ratios=(0.5,))
    assert explorer.spend_budget(first, found, share=0.9).solved.params
    with pytest.raises(PruningError, match="measured on another network that is called 'mine', too"):
        explorer.spend_budget(second, found, share=0.9)


def test_workers_are_not_sent_to_a_network_that_only_has_the_name_of_theirs() -> None:
    data = (torch.randn(40, 3, 4, 4), torch.arange(40) % 4)
    net = explorer.wrap(toys.Residual(), IMAGE, (data, data), "digits-cnn")
    assert explorer.measure_sensitivity(net, ratios=(0.5,), workers=1).where == "this process"


# --- what is handed out --------------------------------------------------------------------------------


def test_a_result_that_the_library_left_wrong_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    planner = explorer.planner(explorer.wrap(toys.Residual(), IMAGE))

    def carry_out(plan: Any, on_progress: Listener) -> nn.Module:
        module, planner.removed = planner.sketch(plan), planner.cut_at(plan.ratio)
        after = module.get_parameter("after.weight")
        after.data = after.data.flip(1)
        return module

    monkeypatch.setattr(planner, "carry_out", carry_out)
    with pytest.raises(
        PruningError,
        match="is not handed out. With the planned channels removed, the network's output differs by",
    ):
        planner.apply(planner.plan(0.5))


def test_a_result_with_other_figures_than_planned_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    planner = explorer.planner(explorer.wrap(toys.Residual(), IMAGE))

    def carry_out(plan: Any, on_progress: Listener) -> nn.Module:
        module, planner.removed = planner.sketch(plan), planner.cut_at(plan.ratio)
        module.extra = nn.Parameter(torch.zeros(3))
        return module

    monkeypatch.setattr(planner, "carry_out", carry_out)
    with pytest.raises(PruningError, match="parameters, and the plan for 'mine' said"):
        planner.apply(planner.plan(0.5))


def test_what_is_handed_out_trains_where_the_dense_network_does() -> None:
    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(awkward.Auxiliary(), IMAGE))
    pruned = copy.deepcopy(planner.apply(planner.plan(0.5))).train()
    assert [tuple(scores.shape) for scores in pruned(IMAGE.expand(2, -1, -1, -1))] == [(2, 3), (2, 3)]


# --- what cannot be told is refused ----------------------------------------------------------------------


def test_answers_that_are_no_numbers_are_no_evidence() -> None:
    class Overflowing(awkward.Gamma):
        def first(self, x: Tensor) -> Tensor:
            return torch.log(x - 10)

    with pytest.raises(PruningError, match="100 % of what 'mine' answers on the example input is no finite"):
        explorer.planner(explorer.wrap(Overflowing(), BRIGHT))


def test_answers_that_depend_on_no_channel_are_no_evidence() -> None:
    class Deaf(awkward.Gamma):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x).sign().abs()

    with pytest.raises(PruningError, match="Nothing can be checked on this example input"):
        explorer.planner(explorer.wrap(Deaf(), BRIGHT))


def test_a_network_in_which_no_group_holds_is_refused_with_the_reason() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ChannelShuffle(2), nn.Conv2d(8, 4, 1))
    with pytest.raises(
        PruningError,
        match=r"has no group of channels that can be pruned.*in '1' channels are rearranged",
    ):
        explorer.planner(explorer.wrap(module, IMAGE))


# --- scores that are no numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "gone", "what"),
    [
        ("local", {"0", "1", "3", "4"}, "which of them are removed is arbitrary"),
        ("global", {"3", "4"}, "none of them is removed"),
    ],
)
def test_channels_whose_scores_are_no_numbers_are_not_ranked_without_a_word(
    scope: str, gone: set[str], what: str
) -> None:
    module = nn.Sequential(
        *(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), nn.ReLU()),
        *(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1)),
    )
    nn.init.zeros_(module.get_parameter("1.weight"))
    nn.init.uniform_(module.get_parameter("4.weight"))
    planner = explorer.planner(explorer.wrap(module, IMAGE), criterion="bn_scale", scope=scope)
    plan = planner.plan(0.4)
    assert {layer for layer, channels in plan.removed.items() if channels} == gone
    assert any(
        "The channels of the group of '0' cannot be told apart" in w and what in w for w in plan.warnings
    )
    assert planner.apply(plan)


def test_gradients_that_are_no_numbers_rank_nothing() -> None:
    labels = torch.arange(40) % 4
    images = torch.randn(40, 3, 4, 4)
    images[3] = 3e38  # a number, whose products are none
    net = explorer.wrap(toys.Residual(), IMAGE, ((images, labels), (images[:1], labels[:1])))
    with pytest.raises(PruningError, match="The gradients of the loss on the train images are no numbers"):
        explorer.planner(net, criterion="taylor")


def test_the_axis_of_a_layer_scale_is_counted_with_what_it_scales() -> None:
    planner = explorer.planner(explorer.wrap(awkward.scaled(), IMAGE))
    plan = planner.plan(0.5)
    left = {row.name: row.params for row in plan.layers}
    assert left["1.gamma"] == 8
    assert left["0"] == 8 * 3 * 9 + 8
    assert planner.cut_at(0.5)["1.gamma", Axis.OUT] == planner.cut_at(0.5)["0", Axis.OUT]


@pytest.mark.parametrize("what", ["tied weights", "parametrize", "spectral norm"])
def test_zeros_of_a_layer_that_stays_whole_are_counted_as_they_are(what: str) -> None:
    made, example, _ = KINDS[what]
    module = made()
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() > 1 and parameter.shape[1] > 1:
                parameter[:, 1] = 0
    planner = explorer.planner(explorer.wrap(module, example))
    plan = planner.plan(0.5)
    left = layer_outcomes(planner.net, planner.apply(plan))
    assert 0 < plan.effective_macs < plan.macs
    assert [(row.name, row.nonzero, row.effective_macs) for row in plan.layers] == [
        (row.name, row.nonzero, row.effective_macs) for row in left
    ]
