"""One contract for every pruning library: what menus, pages, Compare and notebooks rely on, whichever prunes."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from functools import cache
from inspect import Parameter, signature
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_nonzero, total_params
from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, SPARSEML, resolved
from explorer.backends.base import Planner, plain
from explorer.backends.bench import RANKED, Bench
from explorer.process import island
from explorer.studies.measure import measure
from explorer.values import Plan, Progress, Timing
from explorer.values.errors import PruningError
from tests.helpers.planning import assert_layers_are, assert_same_tensors

NETWORKS = ("digits-cnn", "digits-resnet", "digits-vit", "resnet18")
RATIO = 0.33
GRID = [step / 20 for step in range(20)]

every_library = pytest.mark.parametrize("key", BACKENDS)
every_network = pytest.mark.parametrize("name", NETWORKS)


def planner_of(net: Network, key: str) -> Planner[Any]:
    """A planner under the library's usual options, on a bench of its own; not ranked yet."""
    return Bench(net).planner(key, resolved(BACKENDS[key].options)())


@cache
def loaded(name: str) -> Network:
    return explorer.load(name)


@cache
def ranked(key: str, name: str) -> Planner[Any]:
    planner = planner_of(loaded(name), key)
    assert planner.backend == key
    assert all(isinstance(progress, Progress) for progress in planner.rank())
    return planner


@cache
def applied(key: str, name: str) -> nn.Module:
    """What the library leaves, once for all tests: SparseML starts a process for each."""
    if key == SPARSEML and (missing := island.why_missing()):
        pytest.skip(missing)
    planner, told = ranked(key, name), list[Progress]()
    pruned = planner.apply(planner.plan(RATIO), told.append)
    assert all(isinstance(progress, Progress) for progress in told)
    return pruned


def figures(plan: Plan) -> tuple[object, ...]:
    return plan.costs, plan.widths, plan.layer_params, plan.layer_nonzero, plan.layer_macs, plan.layers


def assert_counts(plan: Plan, net: Network, module: nn.Module) -> None:
    """Every figure of a plan is the one that is counted on `module`, layer by layer and in all."""
    assert_layers_are(plan, net, module)
    assert plan.params == total_params(module)
    assert plan.nonzero == total_nonzero(module)
    assert plan.macs == total_macs(module, net.example_input)
    assert plan.bytes == state_bytes(module)


# --- plan = library ------------------------------------------------------------------------------------


@every_network
@every_library
def test_a_plan_is_what_the_library_does_in_every_figure(key: str, name: str) -> None:
    planner = ranked(key, name)
    plan = planner.plan(RATIO)
    assert plan.estimate == ""
    assert plan.ratio == RATIO
    assert plan.nonzero < sum(plan.dense.nonzero)
    assert_counts(plan, planner.net, applied(key, name))


@every_network
@every_library
def test_a_sketch_is_what_the_library_leaves_tensor_by_tensor(key: str, name: str) -> None:
    planner = ranked(key, name)
    assert_same_tensors(planner.sketch(planner.plan(RATIO)), applied(key, name))


@every_network
@every_library
def test_what_is_handed_out_runs_and_carries_nothing_of_the_library(key: str, name: str) -> None:
    dense, pruned = loaded(name).module, applied(key, name)
    assert state_names(pruned) == state_names(dense)
    assert not any(hooks_of(pruned))
    assert not any(layer.training for layer in pruned.modules())
    assert switches(pruned) == switches(dense)
    assert not addresses(pruned) & addresses(dense)
    with torch.no_grad():
        answer = pruned(loaded(name).example_input)
    assert answer.shape == dense(loaded(name).example_input).shape
    assert torch.isfinite(answer).all()


def test_the_effective_macs_that_are_measured_are_those_that_were_planned() -> None:
    plan = ranked("native", "resnet18").plan(RATIO)
    found = measure(loaded("resnet18"), applied("native", "resnet18"), Timing(1.0, 1.0, 1.0, 1))
    assert plan.effective_macs == found.effective_macs
    assert (plan.params, plan.nonzero, plan.macs, plan.bytes) == (
        found.params,
        found.nonzero,
        found.macs,
        found.bytes,
    )


# --- what a plan is ------------------------------------------------------------------------------------


@every_network
@every_library
def test_a_ratio_of_zero_is_the_dense_network_in_every_figure(key: str, name: str) -> None:
    planner = ranked(key, name)
    plan, module = planner.plan(0.0), planner.net.module
    assert plan.warnings == ()
    assert plan.ratio == 0
    assert figures(planner.plan(0)) == figures(plan)
    assert_counts(plan, planner.net, module)
    dense = plan.dense
    assert (plan.widths, plan.layer_params, plan.layer_nonzero) == (dense.widths, dense.params, dense.nonzero)
    assert (plan.layer_macs, plan.bytes) == (dense.macs, dense.bytes)
    assert_same_tensors(planner.sketch(plan), module)


@every_network
@every_library
def test_more_ratio_never_keeps_more_until_a_plan_carries_a_warning(key: str, name: str) -> None:
    plans = [ranked(key, name).plan(ratio) for ratio in GRID]
    clear = next((place for place, plan in enumerate(plans) if plan.warnings), len(plans))
    assert clear > 5
    for left in ([plan.params for plan in plans[:clear]], [plan.nonzero for plan in plans[:clear]]):
        assert left == sorted(left, reverse=True)
    assert len({plan.nonzero for plan in plans[:clear]}) == clear


@pytest.mark.parametrize("ratio", [1.0, 1.5, -0.1, 50, 1, float("nan"), float("inf"), "half", True, None, 1j])
@every_library
def test_what_is_no_ratio_is_refused_by_the_same_sentence(key: str, ratio: object) -> None:
    planner = ranked(key, "digits-cnn")
    if ratio is None and signature(planner.plan).parameters["ratio"].default is not Parameter.empty:
        assert planner.plan(None) == planner.plan()  # type: ignore[arg-type, call-arg]  # what the options say
        return
    sentence = f"Pruning ratio must be a fraction in [0, 1), got {ratio!r}. Half is 0.5."
    with pytest.raises(PruningError, match=f"^{re.escape(sentence)}$"):
        planner.plan(ratio)  # type: ignore[arg-type]  # no ratio, on purpose


@every_network
@every_library
def test_once_ranked_a_plan_touches_no_tensor_of_the_network(key: str, name: str) -> None:
    planner = planner_of(loaded(name), key)
    for _ in planner.rank():
        pass
    before = versions(planner.net.module)
    with Watched(planner.net.module) as watched:
        assert planner.plan(RATIO).nonzero < planner.plan(0.1).nonzero < planner.plan(0.0).nonzero
    assert watched.touched == []
    assert versions(planner.net.module) == before


@every_library
def test_a_plan_crosses_to_another_process_as_a_plain_value(key: str) -> None:
    planner = ranked(key, "digits-cnn")
    plan = planner.plan(RATIO)
    crossed = pickle.loads(pickle.dumps(plain(plan)))
    assert type(crossed).__module__.startswith("explorer.values.")
    assert crossed == plain(plan)
    assert figures(crossed) == figures(plan)
    assert_same_tensors(planner.sketch(crossed), planner.sketch(plan))


# --- planners ------------------------------------------------------------------------------------------


@every_library
def test_the_plan_of_another_planner_is_refused(key: str) -> None:
    planner = ranked(key, "digits-cnn")
    twin, other = planner_of(loaded("digits-cnn"), key), ranked(key, "digits-resnet")
    twins = [plan for plan in [twin.plan(RATIO)] if hasattr(plan, "planner")]  # a plain value tells no maker
    for foreign in (*twins, other.plan(RATIO), plain(other.plan(RATIO)), "half", None):
        for use in (planner.sketch, planner.apply):
            with pytest.raises(PruningError, match="This plan was made by another planner"):
                use(foreign)


@every_library
def test_ranking_can_be_left_half_way_and_plans_wait_for_nobody(key: str) -> None:
    planned = plain(ranked(key, "digits-resnet").plan(RATIO))
    never, halfway = (planner_of(loaded("digits-resnet"), key) for _ in range(2))
    steps = halfway.rank()
    assert isinstance(next(steps, RANKED), Progress)
    del steps
    assert plain(halfway.plan(RATIO)) == plain(never.plan(RATIO)) == planned
    assert all(isinstance(progress, Progress) for progress in halfway.rank())
    assert plain(halfway.plan(RATIO)) == planned


@every_library
def test_a_network_is_left_exactly_as_it_was(key: str) -> None:
    net = explorer.load("digits-vit")
    next(net.module.parameters()).requires_grad_(False)
    weights = {name: tensor.clone() for name, tensor in net.module.state_dict().items()}
    before = traits(net.module), versions(net.module)
    planner = planner_of(net, key)
    for _ in planner.rank():
        pass
    planner.sketch(planner.plan(0.5))
    if key != SPARSEML or not island.why_missing():
        planner.apply(planner.plan(0.5))
    assert (traits(net.module), versions(net.module)) == before
    assert all(torch.equal(weights[name], tensor) for name, tensor in net.module.state_dict().items())


@every_library
def test_every_sketch_is_a_copy_of_its_own(key: str) -> None:
    planner = ranked(key, "digits-cnn")
    plan = planner.plan(RATIO)
    first, second = planner.sketch(plan), planner.sketch(plan)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.zero_()
    assert not addresses(first) & (addresses(second) | addresses(planner.net.module))
    assert total_nonzero(second) == plan.nonzero


# --- options that fix the sparsity ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, own, why",
    [
        ({"mask_type": "2:4"}, 0.5, "A 2:4 mask zeroes exactly half"),
        ({"mask_type": "4:8"}, 0.5, "A 4:8 mask zeroes exactly half"),
        ({"modifier": "constant"}, 0.0, "ConstantPruningModifier keeps the zeros there are"),
    ],
)
def test_options_that_fix_the_sparsity_refuse_any_other_ratio_and_name_theirs(
    words: dict[str, str], own: float, why: str
) -> None:
    planner = explorer.planner(loaded("digits-vit"), SPARSEML, **words)
    assert planner.plan().ratio == planner.plan(own).ratio == own
    assert figures(planner.plan()) == figures(planner.plan(own))
    for ratio in {0.0, 0.3, 0.5, 0.9} - {own}:
        sentence = f"{why}, so its ratio is always {own:g}, got {ratio:g}. Use {own:g}."
        with pytest.raises(PruningError, match=f"^{re.escape(sentence)}$"):
            planner.plan(ratio)


# --- what is looked at ---------------------------------------------------------------------------------


def tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def state_names(module: nn.Module) -> set[str]:
    return {name for name, _ in tensors(module)}


def addresses(module: nn.Module) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for _, tensor in tensors(module)}


def versions(module: nn.Module) -> dict[str, tuple[int, int]]:
    """Where every tensor lies, and how often anything was written into it."""
    return {name: (tensor.data_ptr(), tensor._version) for name, tensor in tensors(module)}


def switches(module: nn.Module) -> dict[str, bool]:
    return {name: parameter.requires_grad for name, parameter in module.named_parameters()}


def hooks_of(module: nn.Module) -> list[int]:
    """How many hooks of any kind every module carries."""
    kinds = [kind for kind in vars(module) if kind.endswith("_hooks")]
    return [sum(len(getattr(layer, kind) or ()) for kind in kinds) for layer in module.modules()]


def traits(module: nn.Module) -> tuple[object, ...]:
    """All that may have been left behind on a network, but for its values."""
    modes = [layer.training for layer in module.modules()]
    grads = [parameter.grad is None for parameter in module.parameters()]
    return state_names(module), switches(module), hooks_of(module), modes, grads


class Watched(TorchDispatchMode):
    """Notes every operation of torch that a tensor of the network goes into."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.touched: list[str] = []
        self._mine = addresses(module)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        for value in tree_leaves((args, kwargs)):
            if isinstance(value, Tensor) and value.untyped_storage().data_ptr() in self._mine:
                self.touched.append(str(func))
        return func(*args, **kwargs)
