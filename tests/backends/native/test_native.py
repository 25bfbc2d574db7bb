"""Plan = torch.nn.utils.prune, to the last bit of every mask."""

from __future__ import annotations

import copy
import gc
import itertools
from collections.abc import Callable
from functools import cache
from typing import Any, cast
from weakref import ref

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

import explorer
from explorer.anatomy.counting import state_bytes, total_macs
from explorer.anatomy.network import Network, wrap
from explorer.backends import parsed
from explorer.backends.base import plain
from explorer.backends.bench import Bench
from explorer.backends.masked_layers import MaskTable
from explorer.backends.native import order, ranking
from explorer.backends.native.order import TopkOrder
from explorer.backends.native.planner import MasksAtHand, NativePlanner
from explorer.backends.native.pool import Pool
from explorer.backends.native.steps import POINTS, mask_steps, thinned
from explorer.backends.slots import Slot
from explorer.values import LayerRow, MaskEvidence, Progress, Report
from explorer.values.errors import ExplorerError, PruningError, UnknownNameError
from tests.helpers import toys
from tests.helpers.planning import BUNDLED, assert_layers_are, assert_same_tensors
from tests.helpers.planning import report as report_of
from tests.helpers.present import present

RATIOS = (0.0, 0.05, 0.1, 0.25, 0.4, 0.5, 0.65, 0.8, 0.95, 1.0)
UNSTRUCTURED = list(itertools.product(("l1", "random"), ("layer", "global"), (False, True)))
STRUCTURED = list(itertools.product(("l1", "l2", "linf", "random"), ("out", "in")))
NORMS = {"l1": 1, "l2": 2, "linf": float("inf")}


@cache
def loaded(name: str) -> Network:
    return explorer.load(name)


def native(net: Network, **words: Any) -> NativePlanner:
    """A planner that nobody has ranked yet."""
    return NativePlanner(Bench(net), parsed("native", words))


def maskable(module: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    """Convolutions and linear layers outside attention."""
    inside = [name for name, child in module.named_modules() if isinstance(child, nn.MultiheadAttention)]
    return {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and not name.startswith(tuple(f"{n}." for n in inside))
    }


def parameters(module: nn.Module, biases: bool) -> list[tuple[str, nn.Module, str]]:
    return [
        (name, layer, parameter)
        for name, layer in maskable(module).items()
        for parameter in ("weight", "bias")[: 1 + biases]
        if getattr(layer, parameter) is not None
    ]


def unstructured(
    net: Network, criterion: str, scope: str, biases: bool, amount: float | int, seed: int
) -> nn.Module:
    """The library called the plain way, without any of the explorer's code around it."""
    module = copy.deepcopy(net.module)
    torch.manual_seed(seed)
    found = [(layer, name) for _, layer, name in parameters(module, biases)]
    method = {"l1": prune.L1Unstructured, "random": prune.RandomUnstructured}[criterion]
    if scope == "global":
        prune.global_unstructured(found, method, amount=amount)
    else:
        for layer, name in found:
            method.apply(layer, name, amount=amount)
    return module


def structured(net: Network, criterion: str, axis: str, amount: float, seed: int) -> nn.Module:
    module = copy.deepcopy(net.module)
    torch.manual_seed(seed)
    for layer in maskable(module).values():
        dim = ("out", "in").index(axis)
        if criterion == "random":
            prune.random_structured(layer, "weight", amount=amount, dim=dim)
        else:
            prune.ln_structured(layer, "weight", amount=amount, n=NORMS[criterion], dim=dim)
    return module


def assert_plan_is(planner: NativePlanner, amount: float | int, pruned: nn.Module) -> None:
    plan = planner.plan_of(amount)
    masks = {name: mask.bool() for name, mask in pruned.named_buffers() if name.endswith("_mask")}
    planned = plan.masks()
    assert {f"{name}_mask" for name in planned} == set(masks)
    assert all(torch.equal(planned[name], masks[f"{name}_mask"]) for name in planned)
    assert plan.bytes_masked == state_bytes(pruned)
    assert plan.macs == total_macs(pruned, planner.net.example_input)
    for layer, _, parameter in parameters(planner.net.module, True):
        if f"{layer}.{parameter}" in planned:
            prune.remove(pruned.get_submodule(layer), parameter)
    assert plan.nonzero == sum(int(p.count_nonzero()) for p in pruned.parameters())
    assert plan.bytes == state_bytes(pruned)
    assert_layers_are(plan, planner.net, pruned)


@pytest.mark.parametrize("criterion, scope, biases", UNSTRUCTURED)
@pytest.mark.parametrize("name", BUNDLED)
def test_unstructured_masks_are_the_librarys(name: str, criterion: str, scope: str, biases: bool) -> None:
    net = loaded(name)
    planner = native(net, criterion=criterion, scope=scope, biases=biases, seed=3)
    for ratio in RATIOS:
        assert_plan_is(planner, ratio, unstructured(net, criterion, scope, biases, ratio, seed=3))


@pytest.mark.parametrize("criterion, axis", STRUCTURED)
@pytest.mark.parametrize("name", BUNDLED)
def test_structured_masks_are_the_librarys(name: str, criterion: str, axis: str) -> None:
    net = loaded(name)
    planner = native(net, pattern="structured", criterion=criterion, axis=axis, seed=5)
    for ratio in RATIOS:
        assert_plan_is(planner, ratio, structured(net, criterion, axis, ratio, seed=5))


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_masks_of_torchvision_networks_are_the_librarys(name: str, scope: str) -> None:
    net = loaded(name)
    planner = native(net, scope=scope)
    for ratio in RATIOS[2:9:3]:
        assert_plan_is(planner, ratio, unstructured(net, "l1", scope, False, ratio, seed=0))


def ties() -> Network:
    """A network whose weights take five values only, so that thresholds cut through ties everywhere."""
    module = toys.Chain()
    generator = torch.Generator().manual_seed(7)
    for parameter in module.parameters():
        parameter.data = torch.randint(-2, 3, parameter.shape, generator=generator) / 4
    return wrap(module, toys.example(2), name="ties")


@pytest.mark.parametrize("criterion, scope, biases", UNSTRUCTURED)
def test_ties_are_broken_as_the_library_breaks_them(criterion: str, scope: str, biases: bool) -> None:
    net = ties()
    planner = native(net, criterion=criterion, scope=scope, biases=biases)
    for ratio in RATIOS:
        assert_plan_is(planner, ratio, unstructured(net, criterion, scope, biases, ratio, seed=0))


@pytest.mark.parametrize("criterion, axis", STRUCTURED)
def test_ties_between_slices_are_broken_as_the_library_breaks_them(criterion: str, axis: str) -> None:
    net = ties()
    planner = native(net, pattern="structured", criterion=criterion, axis=axis)
    for ratio in RATIOS:
        assert_plan_is(planner, ratio, structured(net, criterion, axis, ratio, seed=0))


def per_layer(plan: MasksAtHand) -> dict[str, int]:
    return {row.name: row.masked for row in plan.layers if row.maskable}


@pytest.mark.parametrize("net", [ties(), loaded("resnet18")], ids=["ties", "resnet18"])
@pytest.mark.parametrize("criterion", ["l1", "random"])
def test_what_each_layer_loses_globally_is_counted_to_the_last_tie(net: Network, criterion: str) -> None:
    planner = native(net, criterion=criterion, scope="global")
    for ratio in RATIOS[1:9:2]:
        plan = planner.plan(ratio)
        masks = plan.masks()
        assert per_layer(plan) == {
            name.removesuffix(".weight"): int((~mask).sum()) for name, mask in masks.items()
        }


@pytest.mark.parametrize("criterion", ["l1", "random"])
@pytest.mark.parametrize(
    "change",
    [(order, "topk_splits_like_this", lambda: False), (TopkOrder, "_settle", lambda *_: False)],
    ids=["ties broken otherwise", "splitting given up"],
)
def test_where_only_the_library_knows_it_is_asked(
    criterion: str, change: tuple[object, str, Callable[..., bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*change)
    net = ties()
    planner = native(net, criterion=criterion, scope="global")
    for ratio in RATIOS:
        assert_plan_is(planner, ratio, unstructured(net, criterion, "global", False, ratio, seed=0))


def test_once_ranked_no_stop_of_a_slider_asks_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 1 % the cut goes through a tie, which ``topk`` breaks by a heap."""
    bench, options = Bench(ties()), parsed("native", {"scope": "global"})
    net, planner = bench.net, cast(NativePlanner, bench.planner("native", options))
    fractions = [present(bench.rank("native", options, 0.0).fraction)]
    while fractions[-1] != 1:
        fractions.append(present(bench.rank("native", options, 0.0).fraction))
    assert fractions == sorted(fractions)
    assert len(fractions) > 10
    assert not planner.ranking.pool.knows(round(0.01 * planner.ranking.pool.size))
    expected = unstructured(net, "l1", "global", False, 0.01, seed=0)
    assert order.topk_splits_like_this()  # which asks once, and keeps the answer
    with monkeypatch.context() as patch:
        patch.setattr(torch, "topk", None)
        plans = [planner.plan_of(stop / 100) for stop in range(101)]
        masks = plans[1].masks()
    assert all(torch.equal(mask, expected.get_buffer(f"{name}_mask").bool()) for name, mask in masks.items())
    assert [sum(plan.layer_masked) for plan in plans] == [
        round(stop / 100 * planner.ranking.pool.size) for stop in range(101)
    ]


def test_equal_weights_of_one_layer_are_counted_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them go at 1 %, a heap decides; how many of that layer go does not hang on it."""
    module = toys.Chain()
    module.head.weight.data.fill_(1e-3)
    module.conv.weight.data.fill_(0.5)
    planner = native(wrap(module, toys.example(2), name="even"), scope="global")
    size = module.head.weight.numel() + module.conv.weight.numel()
    with monkeypatch.context() as patch:
        patch.setattr(torch, "topk", None)
        assert list(planner.rank())
        assert not planner.ranking.pool.knows(round(0.01 * size))
        assert per_layer(planner.plan(0.01)) == {"conv": 0, "head": round(0.01 * size)}
    assert_plan_is(planner, 0.01, unstructured(planner.net, "l1", "global", False, 0.01, seed=0))


def test_what_takes_long_is_told_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "LONG", 0)
    bench, options = Bench(ties()), parsed("native", {"scope": "global"})
    planner = cast(NativePlanner, bench.planner("native", options))
    told = [bench.rank("native", options, 60) for _ in range(3)]
    weights = f"{planner.ranking.pool.size:,} weights"
    assert [progress.text for progress in told] == [
        f"Reading {weights}",
        "Asking torch.topk which of equal weights go at 1 %",
        "Ranked",
    ]


def test_it_is_not_called_done_while_topk_is_still_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "rank", lambda pool: iter((0.5, 1.0)))
    bench, options = Bench(ties()), parsed("native", {"scope": "global"})
    planner = cast(NativePlanner, bench.planner("native", options))
    told = [bench.rank("native", options, 0.0) for _ in range(2)]
    assert [progress.fraction for progress in told] == [0.5, 1]
    monkeypatch.setattr(torch, "topk", None)
    assert not planner.ranking.pool.knows(round(0.01 * planner.ranking.pool.size))
    assert sum(planner.plan(0.01).layer_masked) == round(0.01 * planner.ranking.pool.size)


def test_a_plan_waits_for_no_one_to_rank() -> None:
    net = loaded("digits-cnn")
    halfway = native(net, scope="global")
    next(halfway.rank())
    assert plain(halfway.plan(0.37)) == plain(native(net, scope="global").plan(0.37))
    assert (
        Bench(net).rank("native", parsed("native", {}), 0.0).fraction == 1
    )  # by layer there is nothing to rank


def test_a_ranking_that_somebody_left_goes_on_where_it_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    planner = native(ties(), scope="global")
    every = [progress.fraction for progress in native(ties(), scope="global").rank()]
    seen: list[float | None] = []
    while len(seen) < len(every):
        seen.append(next(planner.rank()).fraction)  # and this generator is let go of
    assert seen == every
    assert list(planner.rank()) == []
    monkeypatch.setattr(torch, "topk", None)
    assert sum(planner.plan(0.01).layer_masked) == round(0.01 * planner.ranking.pool.size)


def test_a_planner_that_nobody_needs_any_more_gives_its_weights_back_at_once() -> None:
    planner = native(loaded("digits-cnn"), scope="global")
    assert list(planner.rank())
    assert planner.plan(0.5).masks()
    ranking = ref(planner.ranking)
    gc.disable()
    try:
        del planner
        assert ranking() is None
    finally:
        gc.enable()


def test_a_layer_that_is_used_twice_is_masked_once() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Sequential(nn.Conv2d(3, 3, 1))
            self.again = nn.Sequential(self.first[0], nn.ReLU())

        def forward(self, image: Tensor) -> Tensor:
            return self.again(self.first(image))

    net = wrap(Twice(), toys.example(2), name="twice")
    plan = native(net).plan(0.5)
    assert set(plan.masks()) == {"first.0.weight"}
    assert plan.effective_macs == plan.macs * 5 // 9  # round(0.5 * 9) = 4 weights of 9 go


def test_effective_macs_of_a_layer_with_very_many_are_exact() -> None:
    module = nn.Sequential(nn.Linear(6, 5))
    row = LayerRow("0", "Linear", (5, 6), (1, 5), 35, 2**62 + 7)
    table = MaskTable(module, [row], [Slot("0", "weight")])
    columns = table.columns(np.array([11]), np.array([10]))
    assert columns["layer_masked"] == (11,)
    assert columns["layer_effective_macs"] == ((2**62 + 7) * 20 // 30,)


def test_an_int_is_a_count_and_a_float_a_fraction() -> None:
    planner = native(loaded("digits-cnn"))
    layers = len(maskable(planner.net.module))
    assert sum(row.masked for row in planner.plan_of(1).layers) == layers
    assert sum(row.masked for row in planner.plan_of(1.0).layers) == sum(
        layer.weight.numel() for layer in maskable(planner.net.module).values()
    )
    pooled = native(loaded("digits-cnn"), scope="global")
    assert sum(row.masked for row in pooled.plan_of(1).layers) == 1


def test_counts_are_those_of_the_library_too() -> None:
    net = loaded("digits-resnet")
    for scope, count in (("layer", 100), ("global", 5000)):
        planner = native(net, scope=scope)
        assert_plan_is(planner, count, unstructured(net, "l1", scope, False, count, seed=0))


def test_effective_macs_leave_out_the_zeros_and_dense_macs_stay() -> None:
    net = wrap(toys.Chain(), toys.example(2), name="chain")
    plan = native(net, layers=("conv",)).plan(0.5)
    conv = next(row for row in plan.layers if row.name == "conv")
    weights = 6 * 3 * 3 * 3
    assert conv.macs == weights * 2 * 2
    assert conv.effective_macs == (weights - weights // 2) * 2 * 2
    assert conv.nonzero == weights - weights // 2 + 6
    assert conv.sparsity == pytest.approx((weights // 2) / (weights + 6))
    assert plan.effective_macs == conv.effective_macs + 6 * 2 * 2 * 5


def test_attention_is_left_out_and_its_work_stays() -> None:
    plan = native(loaded("digits-vit")).plan_of(1.0)
    attention = [row for row in plan.layers if row.type == "MultiheadAttention"]
    assert attention
    for row in attention:
        assert row.maskable == 0
        assert row.effective_macs == row.macs > 0


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("criterion", ["l1", "random"])
def test_a_layer_with_an_amount_of_its_own_leaves_the_others_to_the_slider(
    criterion: str, scope: str
) -> None:
    net = loaded("digits-resnet")
    options = {"criterion": criterion, "scope": scope, "seed": 2}
    planner = native(net, overrides={"head": 0.25, "stem.conv": 7}, **options)
    module = copy.deepcopy(net.module)
    torch.manual_seed(2)
    method = {"l1": prune.L1Unstructured, "random": prune.RandomUnstructured}[criterion]
    layers = maskable(module)
    if scope == "global":
        pool = [(layer, "weight") for name, layer in layers.items() if name not in ("head", "stem.conv")]
        prune.global_unstructured(pool, method, amount=0.6)
        layers = {name: layer for name, layer in layers.items() if name in ("head", "stem.conv")}
    for name, layer in layers.items():
        method.apply(layer, "weight", amount={"head": 0.25, "stem.conv": 7}.get(name, 0.6))
    assert_plan_is(planner, 0.6, module)


def test_apply_masks_a_fresh_copy_with_the_library_and_makes_the_masks_permanent() -> None:
    planner = native(loaded("digits-cnn"), scope="global")
    before = copy.deepcopy(planner.net.module.state_dict())
    plan = planner.plan(0.7)
    masked, permanent = planner.attach(plan), planner.apply(plan)
    assert all(prune.is_pruned(layer) for layer in maskable(masked).values())
    assert not prune.is_pruned(permanent)
    assert permanent.state_dict().keys() == before.keys()
    assert all(
        torch.equal(permanent.get_parameter(name), planner.net.module.get_parameter(name) * mask)
        for name, mask in plan.masks().items()
    )
    assert planner.spent > 0
    assert not prune.is_pruned(planner.net.module)
    assert all(torch.equal(before[name], tensor) for name, tensor in planner.net.module.state_dict().items())


def test_the_quick_copy_answers_like_the_library() -> None:
    planner = native(loaded("digits-resnet"), scope="global")
    image, plan = planner.net.example_input, planner.plan(0.6)
    answer: Tensor = planner.sketch(plan)(image)
    assert torch.equal(answer, planner.attach(plan)(image))
    assert torch.equal(answer, planner.apply(plan)(image))


def test_each_quick_copy_is_its_own_and_the_network_stays_as_it_is() -> None:
    planner = native(loaded("digits-cnn"), biases=True)
    before = copy.deepcopy(planner.net.module.state_dict())
    first = planner.sketch(planner.plan(0.6))
    answer = first(planner.net.example_input)
    second = planner.sketch(planner.plan(0.1))
    assert_same_tensors(second, planner.apply(planner.plan(0.1)))
    for tensor in (*second.parameters(), *second.buffers()):
        tensor.detach().zero_()
    assert torch.equal(first(planner.net.example_input), answer)
    assert all(torch.equal(before[name], tensor) for name, tensor in planner.net.module.state_dict().items())


def test_what_the_library_did_otherwise_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    planner = native(loaded("digits-cnn"))
    other = planner.attach(planner.plan(0.25))
    monkeypatch.setattr(planner, "attach", lambda plan, on_progress: other)
    with pytest.raises(PruningError, match="did not mask '.*' of 'digits-cnn' as planned"):
        planner.apply(planner.plan(0.5))


def test_more_is_never_kept_at_a_higher_ratio() -> None:
    planner = native(loaded("digits-mobilenet"), scope="global")
    kept = [planner.plan_of(percent / 100).nonzero for percent in range(101)]
    assert kept == sorted(kept, reverse=True)


def test_a_layer_that_loses_everything_is_named() -> None:
    plan = native(loaded("digits-cnn"), overrides={"head": 1.0}).plan(0.2)
    assert [warning for warning in plan.warnings if "'head'" in warning and "all" in warning]


def test_an_amount_that_takes_nothing_says_why() -> None:
    own = {"layers": ["head"], "overrides": {"head": 0.0}}
    for options, amount, reason in (
        ({}, 1e-5, "1e-05 of every layer's weights rounds to none"),
        ({"scope": "global"}, 1e-6, "1e-06 of all weights together rounds to none"),
        ({"pattern": "structured"}, 0.001, "0.001 of every layer's slices rounds to none"),
        (own, 0.5, "every layer to mask has its own ratio, and these round to nothing"),
    ):
        (warning,) = native(loaded("digits-cnn"), **options).plan(amount).warnings
        assert warning.startswith(f"Nothing is zeroed: {reason}")


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"pattern": "structured", "scope": "global"}, "no global structured pruning"),
        ({"pattern": "structured", "biases": True}, "bias has one axis only"),
        ({"criterion": "l2"}, "ranks single weights by L1 or at random, got 'l2'"),
        ({"layers": ()}, "No layer is picked"),
        ({"layers": ("stem.bn",)}, "'stem.bn' .* cannot be masked"),
        ({"overrides": {"head": 1.5}}, "got 1.5"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_what_torch_does_not_offer_is_refused_in_a_sentence(
    options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ExplorerError, match=sentence):
        explorer.planner(loaded("digits-resnet"), "native", **options)


@pytest.mark.parametrize(
    "options", [{"criterion": "taylor"}, {"round_to": 8}, {"layers": ("nope",)}, {"overrides": {"no": 0.1}}]
)
def test_unknown_words_are_refused_with_the_known_ones(options: dict[str, object]) -> None:
    with pytest.raises(UnknownNameError, match="Known|layers"):
        explorer.planner(loaded("digits-resnet"), "native", **options)


@pytest.mark.parametrize("amount", [1.01, -0.1, -1, True, "half", float("nan"), None])
def test_an_amount_that_is_none_is_refused(amount: object) -> None:
    planner = native(loaded("digits-cnn"))
    with pytest.raises(PruningError, match="fraction in \\[0, 1\\] or a count"):
        planner.plan_of(amount)  # type: ignore[arg-type]  # no amount, on purpose


def test_a_count_above_what_a_layer_has_is_refused_by_name() -> None:
    planner = native(loaded("digits-cnn"))
    with pytest.raises(PruningError, match="1000000 .* only"):
        planner.plan_of(1_000_000)


def test_a_network_with_masks_on_it_is_refused() -> None:
    module = toys.Chain()
    prune.l1_unstructured(module.conv, "weight", 0.5)
    net = wrap(module, toys.example(2), name="masked")
    with pytest.raises(PruningError, match="'conv' of network 'masked' carries a mask already"):
        native(net)


def test_weights_that_two_layers_share_are_left_out() -> None:
    """``prune.remove`` on one of them would zero the other."""
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 4, 1))
    module[1].weight = module[0].weight
    net = wrap(module, toys.example(), name="tied")
    assert set(native(net).plan(0.5).masks()) == {"2.weight"}


def report(planner: NativePlanner, amount: float | int) -> tuple[Report, MaskEvidence]:
    found = report_of(planner, amount)
    assert isinstance(found.evidence, MaskEvidence)
    return found, found.evidence


@pytest.mark.parametrize(
    "options",
    [{}, {"scope": "global"}, {"pattern": "structured", "criterion": "l2"}, {"criterion": "random"}],
)
def test_the_report_finds_the_plan_in_what_the_library_did(options: dict[str, str]) -> None:
    planner = native(loaded("digits-cnn"), **options)
    found, evidence = report(planner, 0.5)
    dense, pruned, plan = found.dense, found.pruned, found.plan
    assert found.plan_is_library, found.differences
    assert (pruned.nonzero, pruned.effective_macs) == (plan.nonzero, plan.effective_macs)
    assert (pruned.params, pruned.macs, pruned.bytes) == (plan.params, plan.macs, plan.bytes)
    assert (dense.params, dense.macs, dense.bytes) == (pruned.params, pruned.macs, pruned.bytes)
    assert evidence.permanent_difference == 0
    assert evidence.file_masked > pruned.file_bytes
    assert pruned.compressed_bytes < dense.compressed_bytes
    assert evidence.again.containers == len(planner.slots)
    assert evidence.again.differences == ()
    assert evidence.again.nonzero < pruned.nonzero
    assert dense.pruned == explorer.evaluate(planner.net.module, planner.net.data)
    assert pruned.pruned == explorer.evaluate(planner.apply(planner.plan(0.5)), planner.net.data)


def test_masking_tells_each_layer_and_how_many_weights_came_before_it() -> None:
    net = explorer.load("digits-cnn")
    planner: Any = explorer.planner(net, "native")
    told: list[Progress] = []
    planner.apply(planner.plan(0.5), told.append)
    sizes = {name: one.numel() for name, one in net.module.named_parameters() if one.dim() > 1}
    before = [sum(list(sizes.values())[:place]) / sum(sizes.values()) for place in range(len(sizes))]
    assert [one.fraction for one in told] == pytest.approx(before)
    assert [one.text for one in told] == [f"torch.nn.utils.prune masks '{name}'" for name in sizes]


def test_a_second_round_takes_its_share_of_what_the_first_one_left() -> None:
    net = wrap(toys.Chain(), toys.example(2), name="chain")
    planner = native(net, layers=("conv",))
    weights, rest = (
        6 * 3 * 3 * 3,
        6 + 6 + 24 * 5 + 5,
    )  # biases of conv, BatchNorm (bias starts at zero) and head
    assert (
        report(planner, 0.5)[1].again.nonzero == weights - weights // 2 - round(0.5 * (weights // 2)) + rest
    )


def test_a_second_round_that_the_library_refuses_is_told() -> None:
    net = wrap(toys.Chain(), toys.example(2), name="chain")
    found, evidence = report(native(net, layers=("conv",)), 100)
    assert found.plan_is_library
    assert "torch.nn.utils.prune refused" in evidence.again.refused


def test_masks_attached_are_stored_beside_the_weights_until_they_are_permanent() -> None:
    _, found = report(native(loaded("digits-cnn")), 0.5)
    assert any(name.endswith("weight_mask") for name in found.tensors_masked)
    assert not any("mask" in name or "orig" in name for name in found.tensors_permanent)


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scope": "global"},
        {"criterion": "random"},
        {"criterion": "random", "scope": "global"},
        {"pattern": "structured", "criterion": "linf", "axis": "in"},
        {"pattern": "structured", "criterion": "random"},
    ],
)
def test_the_three_steps_are_those_of_the_mask(options: dict[str, str], amount: float) -> None:
    planner = native(loaded("digits-cnn"), **options)
    layer = planner.slots[1].layer
    mask = planner.masks(amount)[f"{layer}.weight"]
    assert torch.equal(planner.ranking.mask(planner.order(amount), planner.slots[1]), mask)
    steps = mask_steps(planner, amount, layer)
    assert steps.zeroed / steps.total == pytest.approx(float((~mask).float().mean()))
    assert (steps.threshold is None) == (steps.zeroed == 0)
    assert sum(steps.counts) == len(planner.ranking.scores(planner.slots[1], planner.order(amount)))
    assert torch.tensor(steps.picture).mean() == pytest.approx(float(mask.float().mean()), abs=2e-3)
    assert [score for _, score in steps.curve] == sorted(score for _, score in steps.curve)


@pytest.mark.parametrize("scope", ["global", "layer"])
@pytest.mark.parametrize("criterion", ["l1", "random"])
def test_the_mask_of_one_layer_is_that_of_all_where_ties_are_cut_through(criterion: str, scope: str) -> None:
    planner = native(ties(), criterion=criterion, scope=scope)
    for amount in RATIOS:
        for slot, mask in planner.ranking.masks(planner.order(amount)).items():
            assert torch.equal(planner.ranking.mask(planner.order(amount), slot), mask)


def test_steps_of_a_layer_that_is_not_masked_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="'nope' is not masked"):
        mask_steps(native(loaded("digits-cnn")), 0.5, "nope")


@pytest.mark.parametrize("size", [1, POINTS, 25_088 * 4096])
def test_the_curve_reaches_from_the_first_rank_to_the_last_and_no_further(size: int) -> None:
    """25,088 × 4,096 is VGG's largest layer, whose last rank has no exact float32."""
    ranks = thinned(size)
    assert (ranks[0], ranks[-1], len(ranks)) == (0, size - 1, min(POINTS, size))


def test_what_is_stored_sparse_is_every_non_zero_and_a_bit_for_each_masked_value() -> None:
    net = loaded("digits-cnn")
    plan = native(net).plan(0.75)
    kept = sum(int(mask.sum()) for mask in plan.masks().values())
    masked = sum(mask.numel() for mask in plan.masks().values())
    assert plan.bytes_compressed == plan.bytes - 4 * (masked - kept) + (masked + 7) // 8
