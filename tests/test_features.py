"""The feature matrix, cell by cell: each check asks the library, and gives the very text that the cell must have."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import distribution, distributions, version
from typing import Any

import pytest
import torch
import torch_pruning as tp
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn import functional

import explorer
from explorer.anatomy.counting import total_macs
from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, DEPGRAPH, NATIVE, SPARSEML
from explorer.backends.bench import Bench
from explorer.backends.native.planner import NativePlanner
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.measuring.onnx_runtime import engine, exported
from explorer.measuring.saving import compressed, saved
from explorer.process import island
from explorer.process.engine import EngineProcess
from explorer.process.frames import Request
from explorer.process.island_settings import sparse_settings
from explorer.values import (
    Axis,
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    MaskType,
    Modifier,
    NativeOptions,
    NetworkSpec,
    Pattern,
    RunMode,
    SparseOptions,
    WeightCriterion,
    Weights,
    WeightScope,
)
from explorer.values.errors import PruningError
from explorer.values.named import Named
from explorer.words.features import features
from tests.helpers.sparse_options import made

SPARSE_HALF = SparseOptions(final_sparsity=0.5)
OPTIONS = {NATIVE: NativeOptions(), DEPGRAPH: ChannelOptions(), SPARSEML: SPARSE_HALF}
BRANCHES = ("stage2.block0.conv2", "stage2.block0.downsample.0")  # of one residual sum

Ask = Callable[..., Any]  # calls a function in SparseML's process


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """SparseML's process, started by the first test that asks it."""
    started: list[EngineProcess] = []

    def call(function: str, *arguments: Any) -> Any:
        if not started:
            started.append(
                EngineProcess(replace(sparse_settings(), functions="tests.helpers.sparse_functions"))
            )
        return started[0].call(Request(function, arguments), 120.0)

    yield call
    for process in started:
        process.stop()


@cache
def network(name: str = "digits-cnn") -> Network:
    return explorer.load(name)


@cache
def pruned(library: str, ask: Ask) -> nn.Module:
    """digits-cnn as the library leaves it at a half."""
    if library == SPARSEML:
        return masked(ask, network(), SPARSE_HALF)
    return halved(library, network(), OPTIONS[library])


def halved(library: str, net: Network, options: Any) -> nn.Module:
    """A copy as the library leaves it at a half."""
    planner = Bench(net).planner(library, options)
    return planner.apply(planner.plan(0.5))


def masked(ask: Ask, net: Network, options: SparseOptions) -> nn.Module:
    """A copy as SparseML masks it in one shot."""
    spec = NetworkSpec(net.name, Weights.TRAINED)
    module = copy.deepcopy(net.module)
    module.load_state_dict(load(ask("train", spec, saved(net.module), options, RunMode.ONE_SHOT)))
    return module.eval()


def listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def called(values: Iterable[Named]) -> str:
    return listed(value.label for value in values)


def accepted(choices: Iterable[Any], run: Callable[[Any], object]) -> list[Any]:
    """Those that the library carries out."""
    done = []
    for choice in choices:
        try:
            run(choice)
            done.append(choice)
        except PruningError:
            continue
    return done


# --- what goes ------------------------------------------------------------------------------------------


def removes(library: str, ask: Ask) -> str:
    left = dict(pruned(library, ask).named_parameters())
    shapes = all(left[name].shape == one.shape for name, one in network().module.named_parameters())
    zeros = any((one == 0).any() for one in left.values())
    assert shapes == (not BACKENDS[library].removes)
    return "no: writes zeros" if shapes and zeros else "yes"


def shrinks(library: str, ask: Ask) -> str:
    file, dense = saved(pruned(library, ask)), saved(network().module)
    assert compressed(file) < compressed(dense)
    return "yes" if len(file) < len(dense) else "no; packed only"


def lowers_macs(library: str, ask: Ask) -> str:
    x = network().example_input
    return "yes" if total_macs(pruned(library, ask), x) < total_macs(network().module, x) else "no"


def zero_filters(module: nn.Module) -> list[Tensor]:
    """Which output channels of the two branches are zero."""
    return [(module.get_parameter(f"{name}.weight") == 0).flatten(1).all(dim=1) for name in BRANCHES]


def follows_couplings(library: str, ask: Ask) -> str:
    """Both branches of a residual sum: only a structure-aware library takes the same channels from them."""
    net, alone = network("digits-resnet"), "no: each layer by itself"
    if library == DEPGRAPH:
        planner = explorer.planner(net, "depgraph")
        planner.carry_out(planner.plan(0.5))
        gone = planner.removed
        return (
            "yes: coupled groups go together"
            if gone[BRANCHES[0], Axis.OUT] == gone[BRANCHES[1], Axis.OUT]
            else alone
        )
    if library == NATIVE:
        assert not torch.equal(*zero_filters(halved(NATIVE, net, NativeOptions(Pattern.STRUCTURED))))
        return alone
    options = SparseOptions(Modifier.STRUCTURED, MaskType.FILTER, final_sparsity=0.5)
    assert not torch.equal(*zero_filters(masked(ask, net, options)))
    by_hand = replace(options, layers=BRANCHES, param_groups=(BRANCHES,))
    first, second = zero_filters(masked(ask, net, by_hand))
    assert first.any()
    return f"{alone}, unless a group is listed by hand" if torch.equal(first, second) else alone


# --- choices --------------------------------------------------------------------------------------------


def patterns(library: str, ask: Ask) -> str:
    if library == NATIVE:
        return f"{listed(one for one in Pattern if _native_pattern(one))} (either axis)"
    if library == DEPGRAPH:
        planner = explorer.planner(network(), "depgraph")
        module = planner.carry_out(planner.plan(0.5))
        assert all(torch.equal(*pair) for pair in _kept_and_left(module, planner.removed))
        return "whole channels"
    return f"{listed(one for one in MaskType if _mask_as_named(one, ask))} (N:M on linear layers only)"


def _native_pattern(pattern: Pattern) -> bool:
    """Whether whole slices go along either axis, or single weights."""
    for axis, dim in ((Axis.OUT, 0), (Axis.IN, 1)):
        options = NativeOptions(pattern=pattern, axis=axis, layers=("block2.conv",))
        module = halved(NATIVE, network(), options)
        weight = module.get_parameter("block2.conv.weight").transpose(0, dim).flatten(1)
        gone = (weight == 0).float().mean(dim=1)
        whole = bool(((gone == 0) | (gone == 1)).all())
        assert gone.mean() == pytest.approx(0.5, abs=0.01)
        assert whole == (pattern is Pattern.STRUCTURED)
    return True


def _kept_and_left(module: nn.Module, gone: Any) -> Iterator[tuple[Tensor, Tensor]]:
    """Every dense convolution without the channels that went, and what the library left of it."""
    for name, layer in network().module.named_modules():
        if isinstance(layer, nn.Conv2d):
            kept = [
                [n for n in range(size) if n not in gone.get((name, axis), ())]
                for axis, size in zip((Axis.OUT, Axis.IN), layer.weight.shape, strict=False)
            ]
            yield layer.weight[kept[0]][:, kept[1]], module.get_parameter(f"{name}.weight")


def _mask_as_named(mask_type: MaskType, ask: Ask) -> bool:
    """SparseML masks two layers of 16 inputs and 16 outputs; are zeros where the mask's name says?"""
    torch.manual_seed(0)
    toy = explorer.wrap(nn.Sequential(nn.Linear(16, 16), nn.Linear(16, 16)), torch.ones(1, 16), name="toy")
    modifier = next(one for one in Modifier if mask_type in one.traits.masks)
    half = SparseOptions(modifier, mask_type, init_sparsity=0.5, final_sparsity=0.5)
    weights = {f"{layer}.weight": toy.module.get_submodule(layer).weight.detach() for layer in "01"}
    left = load(
        ask(
            "mask_layers",
            save(weights),
            (("0", True), ("1", True)),
            SparsePlanner(Bench(toy), half).plan().recipe(),
        )
    )
    zero = left["0.weight"] == 0
    pieces = {
        MaskType.UNSTRUCTURED: zero.reshape(-1, 1),
        MaskType.BLOCK4: zero.reshape(-1, 4),
        MaskType.ONE_BY_FOUR: zero.reshape(-1, 4),
        MaskType.FOUR_BY_ONE: zero.T.reshape(-1, 4),
        MaskType.FILTER: zero,
        MaskType.CHANNEL: zero.T,
    }
    if mask_type in pieces:  # each piece goes as a whole
        return bool(zero.any() and torch.equal(pieces[mask_type].any(dim=1), pieces[mask_type].all(dim=1)))
    some, of = map(int, str(mask_type).split(":"))
    return bool((zero.reshape(-1, of).sum(dim=1) == of - some).all())


def criteria(library: str, ask: Ask) -> str:
    if library == SPARSEML:
        scorers = {scorer for scorer, _ in _scorers(ask)}
        in_order = sorted(scorers, key=[*map(str, Modifier)].index)
        return listed(in_order)

    def prune(criterion: Any) -> None:
        native = NativeOptions(Pattern.STRUCTURED, criterion) if library == NATIVE else None
        halved(library, network(), native or ChannelOptions(criterion))

    return called(accepted(WeightCriterion if library == NATIVE else ChannelCriterion, prune))


@cache
def _scorers(ask: Ask) -> tuple[tuple[str, bool], ...]:
    """By what each modifier scores, and whether it refuses to begin without labelled images."""
    recipes = [
        SparsePlanner(Bench(network()), made(one)).plan().recipe()
        for one in Modifier
        if one is not Modifier.CONSTANT  # keeps the zeros there are
    ]
    return tuple(ask("scored", recipe) for recipe in recipes)


def scopes(library: str, ask: Ask) -> str:
    """Ranked one by one, all layers lose the same share; ranked together, they do not."""
    if library == DEPGRAPH:

        def prune(scope: ChannelScope) -> None:
            halved(DEPGRAPH, network(), ChannelOptions(scope=scope))

        return listed(accepted(ChannelScope, prune))
    return listed(
        scope for scope in WeightScope if _evenly(library, scope, ask) == (scope is WeightScope.LAYER)
    )


def _evenly(library: str, scope: WeightScope, ask: Ask) -> bool:
    """Whether each layer loses a half."""
    if library == NATIVE:
        module = halved(NATIVE, network(), NativeOptions(scope=scope))
    else:
        modifier = Modifier.GM if scope is WeightScope.LAYER else Modifier.GLOBAL_MAGNITUDE
        module = masked(ask, network(), SparseOptions(modifier, final_sparsity=0.5))
    layers = [one for one in module.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    return all(float((one.weight == 0).float().mean()) == pytest.approx(0.5, abs=0.01) for one in layers)


def needs_data(library: str, ask: Ask) -> str:
    net = explorer.wrap(network().module, network().example_input)
    if library == NATIVE:
        assert halved(NATIVE, net, NativeOptions())
        return "never"
    if library == DEPGRAPH:
        without = accepted(ChannelCriterion, lambda one: explorer.planner(net, "depgraph", criterion=one))
        return f"for {called(one for one in ChannelCriterion if one not in without)}"
    return f"to train; for {listed(scorer for scorer, needs in _scorers(ask) if needs)} to score, too"


# --- training, files, releases --------------------------------------------------------------------------


def training(library: str, ask: Ask) -> str:
    if library == SPARSEML:
        net = explorer.wrap(
            nn.Sequential(nn.Linear(40, 25), nn.Linear(25, 4)), torch.ones(1, 40), name="line"
        )
        recipe = SparsePlanner(Bench(net), SparseOptions(end_epoch=3.0, epochs=4.0)).plan().recipe()
        points = ask("applied", recipe, 7, 28)
        grown = [point.sparsity for point in points]
        assert len({point.epoch // 1 for point in points}) > 2
        assert grown == sorted(set(grown))
        return "yes: masks grow on a schedule"
    return _native_training() if library == NATIVE else _depgraph_training()


def _train(module: nn.Module) -> None:
    data = network().data
    assert data
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    functional.cross_entropy(module(data.train_x[:32]), data.train_y[:32]).backward()
    optimizer.step()


def _native_training() -> str:
    planner = NativePlanner(Bench(network()), NativeOptions())
    module = planner.attach(planner.plan(0.5))
    before = {name: one.clone() for name, one in module.named_buffers() if name.endswith("_mask")}
    weight = module.get_parameter("block2.conv.weight_orig").clone()
    _train(module)
    assert not torch.equal(module.get_parameter("block2.conv.weight_orig"), weight)
    same = all(torch.equal(module.get_buffer(name), mask) for name, mask in before.items())
    return "no: masks stay fixed during training" if same and before else "yes"


def _depgraph_training() -> str:
    module = copy.deepcopy(network().module)
    x = network().example_input
    head = list(module.modules())[-1]
    importance = tp.importance.MagnitudeImportance()
    pruner = tp.pruner.BasePruner(
        module, x, importance, iterative_steps=2, pruning_ratio=0.5, ignored_layers=[head]
    )
    sizes = [total_macs(module, x)]
    for _ in range(2):
        pruner.step()
        _train(module)
        sizes.append(total_macs(module, x))
    assert sizes == sorted(set(sizes), reverse=True)
    return "in steps, with training in between"


def what_is_saved(library: str, ask: Ask) -> str:
    state, fresh = pruned(library, ask).state_dict(), copy.deepcopy(network().module)
    try:
        fresh.load_state_dict(state)
    except RuntimeError:
        assert len(saved(pruned(library, ask))) < len(saved(fresh))
        return "smaller tensors; needs the pruned module or its history"
    return "the same tensors; fits the original class"


def export(library: str, ask: Ask) -> str:
    """ONNX Runtime answers as torch does, or `engine` would refuse it."""
    module, x = pruned(library, ask), network().example_input
    engine(module, x)
    size, dense = (len(exported(one, x)) for one in (module, network().module))
    return "yes, smaller" if size < 0.9 * dense else "yes, as large as dense"


def release(library: str, ask: Ask) -> str:
    if library == SPARSEML:
        installed, told = ask("release")
        name = "sparseml"
    else:
        name = {NATIVE: "torch", DEPGRAPH: "torch-pruning"}[library]
        installed, told = version(name), {NATIVE: torch, DEPGRAPH: tp}[library].__version__
    return f"{name} {installed}" + ("" if told == installed else f"; its import says {told}")


def runs_today(library: str, ask: Ask) -> str:
    """What each asks for in its package."""
    if library == SPARSEML:
        (package,) = [one for one in distributions(path=[str(island.FOLDER)]) if one.name == "sparseml"]
    else:
        package = distribution({NATIVE: "torch", DEPGRAPH: "torch-pruning"}[library])
    asked = [Requirement(line) for line in package.requires or ()]
    numpy = [one.specifier for one in asked if one.name == "numpy" and not one.marker]
    python = SpecifierSet(package.metadata["Requires-Python"])
    fits = "3.12" in python and all("2.0" in specifier for specifier in numpy)
    return "yes" if fits else "no: needs its own packages"


def maintained(library: str, ask: Ask) -> str:
    assert library == NATIVE, "of the others only a source can tell"
    files = {str(file) for file in distribution("torch").files or ()}
    return "released with torch itself" if "torch/nn/utils/prune.py" in files else "no"


CHECKS: dict[str, Callable[[str, Ask], str]] = {
    "removes channels": removes,
    "shrinks the saved file": shrinks,
    "lowers MACs of ordinary kernels": lowers_macs,
    "structure-aware": follows_couplings,
    "patterns": patterns,
    "criteria": criteria,
    "scopes": scopes,
    "needs labelled data": needs_data,
    "training-aware": training,
    "what is saved": what_is_saved,
    "export to ONNX": export,
    "version": release,
    "allows Python 3.12 and NumPy 2": runs_today,
    "maintained": maintained,
}
CELLS = {(feature.name, library): cell for feature in features() for library, cell in feature.cells.items()}
NEEDS_ISLAND = pytest.mark.skipif(bool(island.why_missing()), reason=island.why_missing())
CHECKED = [
    pytest.param(name, library, marks=NEEDS_ISLAND if library == SPARSEML else (), id=f"{library}-{name}")
    for (name, library), cell in CELLS.items()
    if not cell.source
]


@pytest.mark.large
@pytest.mark.parametrize(("name", "library"), CHECKED)
def test_a_cell_says_what_the_library_does(name: str, library: str, ask: Ask) -> None:
    assert CELLS[name, library].text == CHECKS[name](library, ask)


def test_every_line_is_checked_and_only_facts_about_people_are_stated() -> None:
    assert set(CHECKS) == {name for name, _ in CELLS}
    stated = {place: cell for place, cell in CELLS.items() if cell.source}
    assert set(stated) == {("maintained", DEPGRAPH), ("maintained", SPARSEML)}
    assert all(cell.source.startswith("https://") and cell.seen for cell in stated.values())
