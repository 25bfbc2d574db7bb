"""SparseML itself: it does what was planned, stays off the network and the disk, and takes nothing down."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

import explorer
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.sparseml.layers import weight_of
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.backends.sparseml.schedule import schedule, total_steps
from explorer.process import island
from explorer.process.engine import EngineProcess
from explorer.process.frames import Request
from explorer.process.island_settings import sparse_settings
from explorer.process.jobs import JobBoard
from explorer.values import (
    ChannelOptions,
    Interpolation,
    JobState,
    JobStatus,
    MaskType,
    Modifier,
    NativeOptions,
    NetworkSpec,
    ProfileRequest,
    RunMode,
    SparseOptions,
    Weights,
    WeightScope,
)
from explorer.values.errors import EngineError, PruningError
from tests.helpers import processes
from tests.helpers.blocks import blocks, image
from tests.helpers.paths import ROOT
from tests.helpers.sparse_options import COMBINATIONS, made

pytestmark = [pytest.mark.large, pytest.mark.skipif(bool(island.why_missing()), reason=island.why_missing())]

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)
RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)


def process() -> EngineProcess:
    """SparseML's process, with functions for tests beside the app's."""
    return EngineProcess(replace(sparse_settings(), functions="tests.helpers.sparse_functions"))


@pytest.fixture(scope="module")
def worker() -> Iterator[EngineProcess]:
    """One process for all tests that do no harm to it: importing SparseML takes seconds."""
    started = process()
    yield started
    started.stop()


def ask(worker: EngineProcess, function: str, *args: Any, timeout: float = 120.0) -> Any:
    return worker.call(Request(function, args), timeout)


def line() -> Network:
    """The network on which `sparse_functions.applied` steps."""
    return explorer.wrap(nn.Sequential(nn.Linear(40, 25), nn.Linear(25, 4)), torch.ones(1, 40), name="line")


SCHEDULES = [
    SparseOptions(end_epoch=3.0, epochs=4.0),
    SparseOptions(start_epoch=0.7, end_epoch=2.9, update_frequency=0.3, epochs=4.0),
    SparseOptions(end_epoch=1.0, update_frequency=-1.0, epochs=1.5),
    SparseOptions(end_epoch=2.0, interpolation=Interpolation.LINEAR, epochs=2.5),
    SparseOptions(end_epoch=2.0, interpolation=Interpolation.INVERSE_CUBIC, epochs=2.5),
    SparseOptions(
        Modifier.GLOBAL_MAGNITUDE, start_epoch=1.0, end_epoch=2.0, update_frequency=0.1, epochs=3.0
    ),
    SparseOptions(Modifier.ACDC, end_epoch=6.0, update_frequency=1.0, epochs=7.0),
    SparseOptions(Modifier.ACDC, start_epoch=1.0, end_epoch=6.0, update_frequency=2.0, epochs=7.0),
    SparseOptions(Modifier.TOPKAST, start_epoch=0.5, end_epoch=2.0, epochs=3.0),
    SparseOptions(Modifier.STRUCTURED, MaskType.FILTER, end_epoch=2.0, epochs=3.0),
]


@pytest.mark.parametrize("steps", [7, 22])
@pytest.mark.parametrize("options", SCHEDULES)
def test_the_planned_schedule_is_what_sparseml_applies(
    worker: EngineProcess, options: SparseOptions, steps: int
) -> None:
    recipe = SparsePlanner(Bench(line()), options).plan().recipe()
    applied = ask(worker, "applied", recipe, steps, total_steps(options, steps))
    assert applied == schedule(options, steps)


@pytest.fixture(scope="module")
def nets() -> tuple[Network, ...]:
    """A trained network, and one full of equal weights and zeros whose channels divide by nothing."""
    torch.manual_seed(3)
    odd = nn.Sequential(nn.Conv2d(5, 12, 3), nn.Conv2d(12, 8, 1), nn.Flatten(), nn.Linear(8, 16))
    with torch.no_grad():
        for parameter in odd.parameters():
            parameter.copy_((parameter * 12).round() / 12)
    return explorer.load("digits-resnet"), explorer.wrap(odd, torch.ones(1, 5, 3, 3), name="odd")


ONE_SHOT = [(modifier, mask) for modifier, mask in COMBINATIONS if modifier.by_magnitude]


@pytest.mark.parametrize(("modifier", "mask_type"), ONE_SHOT)
def test_one_shot_masks_are_sparsemls(
    worker: EngineProcess, nets: tuple[Network, ...], modifier: Modifier, mask_type: MaskType
) -> None:
    for net in nets:
        for sparsity in [0.5] if mask_type.fixed_sparsity else [0.07, 0.5, 0.81]:
            for scope in modifier.traits.scopes:
                options = made(modifier, mask_type, scope=scope, backward_sparsity=0.0)
                options = replace(options, init_sparsity=min(sparsity, 0.5), final_sparsity=sparsity)
                assert same(worker, SparsePlanner(Bench(net), options)), (net.name, sparsity, scope)


def same(worker: EngineProcess, planner: SparsePlanner) -> bool:
    """Whether SparseML leaves the very weights that were planned."""
    module, layers = planner.net.module, planner.ranked.layers
    weights = {f"{layer}.weight": weight_of(module, layer).detach().contiguous() for layer in layers}
    kinds = tuple((layer, isinstance(module.get_submodule(layer), nn.Linear)) for layer in layers)
    left = load(ask(worker, "mask_layers", save(weights), kinds, planner.plan().recipe()))
    masks = planner.plan().masks()
    return left.keys() == masks.keys() and all(
        torch.equal(left[name], weights[name] * mask) for name, mask in masks.items()
    )


def test_param_groups_are_masked_together_as_planned(worker: EngineProcess) -> None:
    net = explorer.load("digits-resnet")
    layers = ("stem.conv", "stage1.block0.conv2")
    options = SparseOptions(
        Modifier.STRUCTURED, MaskType.FILTER, final_sparsity=0.5, layers=layers, param_groups=(layers,)
    )
    planner = SparsePlanner(Bench(net), options)
    first, second = (mask.flatten(1).any(dim=1) for mask in planner.plan().masks().values())
    assert torch.equal(first, second)
    assert same(worker, planner)


@pytest.mark.parametrize(
    ("modifier", "mode"), [(modifier, mode) for modifier in Modifier for mode in modifier.modes]
)
def test_every_modifier_runs_and_does_what_was_planned(
    worker: EngineProcess, modifier: Modifier, mode: RunMode
) -> None:
    ends: dict[str, Any] = (
        {"end_epoch": 2.0, "epochs": 2.2} if modifier is Modifier.ACDC else {"end_epoch": 0.5, "epochs": 0.7}
    )
    report = ask(worker, "run_recipe", CNN, made(modifier, update_frequency=1.0, **ends), mode)
    assert report.differences == ()
    assert len(report.curve) == (0 if mode is RunMode.ONE_SHOT else 4 if modifier is Modifier.ACDC else 2)
    nonzero = sum(row.nonzero for row in report.evidence.reached)
    assert nonzero == report.pruned.nonzero
    assert (report.evidence.mode, bool(report.evidence.applied)) == (mode, mode is RunMode.TRAINING)
    if modifier in (Modifier.MOVEMENT, Modifier.RIGL):  # weights that they let back start from zero
        assert nonzero <= report.plan.nonzero
    else:
        assert nonzero == report.plan.nonzero


def test_eight_epochs_to_80_percent_keep_the_accuracy(worker: EngineProcess) -> None:
    report = ask(
        worker, "run_recipe", RESNET, SparseOptions(final_sparsity=0.8, epochs=8.0), RunMode.TRAINING
    )
    assert report.differences == ()
    assert report.evidence.applied == report.plan.schedule
    assert report.curve[-1].sparsity == pytest.approx(0.8, abs=1e-4)
    dense, pruned, plan = report.dense, report.pruned, report.plan
    assert pruned.pruned.accuracy >= dense.pruned.accuracy - 0.02
    assert pruned.macs == dense.macs == plan.macs  # masks save no MAC
    assert sum(row.macs for row in report.evidence.reached) == plan.macs
    assert (pruned.params, pruned.nonzero, pruned.bytes) == (plan.params, plan.nonzero, plan.bytes)
    assert pruned.effective_macs == plan.effective_macs
    assert pruned.compressed_bytes < dense.compressed_bytes / 2


@pytest.mark.parametrize(("modifier", "mask_type"), COMBINATIONS)
def test_a_recipe_read_back_gives_the_same_options(
    worker: EngineProcess, modifier: Modifier, mask_type: MaskType
) -> None:
    options = made(modifier, mask_type, layers=("fc",), scope=modifier.traits.scopes[-1], epochs=9.0)
    if modifier is Modifier.STRUCTURED:
        options = replace(options, param_groups=(("fc",),))
    plan = SparsePlanner(Bench(explorer.load("digits-cnn")), options).plan()
    read = ask(worker, "read_recipe", CNN, plan.recipe()).options
    assert read is not None
    assert SparsePlanner(Bench(explorer.load("digits-cnn")), read).plan().recipe() == plan.recipe()
    assert (read.modifier, read.mask_type, read.layers) == (modifier, mask_type, ("fc",))


GOOD = SparsePlanner(Bench(explorer.load("digits-cnn")), SparseOptions()).plan().recipe()


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("final_sparsity: 0.8", "final_sparsity: eighty", "final_sparsity", "must be a number, got 'eighty'"),
        ("final_sparsity: 0.8", "final_sparsity: 8", "final_sparsity", "must be a fraction in [0, 1), got 8.0"),
        ("      final_sparsity: 0.8\n", "", "final_sparsity", "lacks 'final_sparsity'"),
        ("cubic", "quartic", "interpolation", "inter_func 'quartic' is unknown"),
        ("unstructured", "[2, 2]", "mask_type", "[2, 2] and the like act as [1, 4]"),
        ("unstructured", "2:4", "mask_type", "Write N:M in quotes"),
        ("!GMPruning", "!LayerPruning", "modifier", "'LayerPruningModifier' is not offered: it swaps layers"),
        ("__ALL_PRUNABLE__", "['re:.*weight']", "pattern", "of a BatchNorm2d"),
        ("__ALL_PRUNABLE__", "['fc.bias']", "layers", "only weights are pruned"),
        ("end_epoch: 6.0", "end_epoch: 60.0", "epochs", "stop short of its final value"),
        ("cubic", "cubic\n      phased: true", "", "has no field 'phased' here"),
        ("cubic", "'eval(2 * 3)'", "interpolation", "inter_func 'eval(2 * 3)' is unknown"),
        ("modifiers:", "modifiers: [", "", "The recipe is no YAML in line"),
        ("modifiers:", "!!python/object/apply:os.system ['true']\n", "", "The recipe is no YAML"),
        (GOOD, "zoo:cv/classification", "", "A recipe is a list named 'modifiers'"),
    ],
)  # fmt: skip
def test_a_recipe_is_refused_in_one_sentence_where_it_is_wrong(
    worker: EngineProcess, old: str, new: str, field: str, says: str
) -> None:
    assert old in GOOD
    reading = ask(worker, "read_recipe", CNN, GOOD.replace(old, new, 1))
    assert (reading.options, reading.field) == (None, field)
    assert says in reading.problem


def test_a_run_leaves_no_line_in_the_servers_log_and_a_recipe_that_hangs_is_stopped(
    capfd: pytest.CaptureFixture[str],
) -> None:
    alone = EngineProcess(sparse_settings())  # as the app starts it
    try:
        ask(alone, "run_recipe", CNN, SparseOptions(), RunMode.ONE_SHOT)
        assert capfd.readouterr() == ("", "")
        # No repeat within a repeat, which would be refused, and yet a name can be split in endless ways.
        hanging = GOOD.replace("__ALL_PRUNABLE__", r"['re:(\w|\w|\w\w|\.)+!']")
        with pytest.raises(EngineError, match="took longer than 1.5 s, so the SparseML process was stopped"):
            ask(alone, "read_recipe", RESNET, hanging, timeout=1.5)
        assert not alone.alive
    finally:
        alone.stop()


def profiled(scope: WeightScope, amount: float) -> ProfileRequest:
    return ProfileRequest(ChannelOptions(), 0.5, NativeOptions(scope=scope), amount, seconds=0.05)


def test_sparsemls_cost_is_measured_step_by_step_with_its_spread(worker: EngineProcess) -> None:
    found = ask(worker, "recipe_cost", CNN, profiled(WeightScope.LAYER, 0.5))
    initialise, masks, longer = (step.time for step in found.cost.steps)
    assert [step.step for step in found.cost.steps] == ["initialise", "make masks", "each step: masks"]
    for time_ in (initialise, masks, longer, found.cost.whole, found.plain, found.masked):
        assert time_.low <= time_.median <= time_.high
        assert time_.runs >= 6
    assert min(initialise.low, masks.low, found.plain.low, found.masked.low) > 0
    assert found.cost.whole.median >= max(initialise.median, masks.median)
    assert found.cost.params == sum(p.numel() for p in explorer.load("digits-cnn").module.parameters())
    assert found.imported > found.cost.whole.median  # it brings hundreds of modules
    assert found.images == 64


def test_a_network_without_data_is_timed_too(worker: EngineProcess) -> None:
    spec = NetworkSpec("squeezenet1_1", Weights.RANDOM)
    assert ask(worker, "recipe_cost", spec, profiled(WeightScope.LAYER, 0.5)).images == 2


@pytest.mark.parametrize("scope", WeightScope)
@pytest.mark.parametrize("amount", [0.05, 0.5, 0.95])
def test_the_steps_that_are_timed_train_under_the_masks_that_were_asked_for(
    worker: EngineProcess, scope: WeightScope, amount: float
) -> None:
    zeros = ask(worker, "zeros_in_training", CNN, profiled(scope, amount), 3)
    modifier = Modifier.GLOBAL_MAGNITUDE if scope is WeightScope.GLOBAL else Modifier.GM
    planner = SparsePlanner(Bench(explorer.load("digits-cnn")), SparseOptions(modifier, init_sparsity=0.0))
    assert zeros["masked"] == {layer: loss.masked for layer, loss in planner.losses(amount).items()}
    assert not any(zeros["plain"].values())


def test_nothing_goes_out_and_nothing_is_written_where_it_runs(worker: EngineProcess) -> None:
    ask(worker, "run_recipe", CNN, SparseOptions(), RunMode.ONE_SHOT)
    assert ask(worker, "connect") == ()
    tried = ask(worker, "tried")
    assert len(tried) >= 3
    assert [one for one in tried if "localhost" not in one and "127.0.0.1" not in one] == []
    folder, held = ask(worker, "where")
    assert Path(folder).parent == Path(tempfile.gettempdir())
    assert set(held) <= {"logs"}
    assert not (ROOT / "sparse_logs").exists()


def until(board: JobBoard, job: str, reached: Callable[[JobStatus], bool]) -> JobStatus:
    """The first status that is as wished."""
    end = time.monotonic() + 90
    while not reached(status := board.status(job)):
        assert time.monotonic() < end, status
        time.sleep(0.1)
    return status


def test_a_killed_run_says_so_and_leaves_its_curve_and_a_cancelled_one_ends() -> None:
    board = JobBoard()
    before = set(psutil.Process().children())
    options = SparseOptions(epochs=150.0)
    run = Request("run_recipe", (CNN, options, RunMode.TRAINING), doing="pruning")
    job, other = (board.begin(run, sparse_settings()) for _ in range(2))
    for one in (job, other):
        until(board, one, lambda status: len(status.progress.curve) >= 2 or status.over)
    board.cancel(other)
    assert until(board, other, lambda status: status.over).state is JobState.CANCELLED
    (child,) = [one for one in set(psutil.Process().children()) - before if one.is_running()]
    os.kill(child.pid, signal.SIGKILL)
    status = until(board, job, lambda status: status.over)
    assert status.state is JobState.FAILED
    assert status.error == "The SparseML process was killed (SIGKILL) while pruning. Start the run again."
    assert [point.epoch for point in status.progress.curve[:2]] == [0.0, 1.0]


def test_a_growth_that_is_cancelled_takes_sparsemls_process_with_it() -> None:
    board = JobBoard()
    job = board.start("growth", (CNN,), profiled(WeightScope.LAYER, 0.5))
    until(board, job, lambda status: "SparseML" in status.progress.text or status.over)
    children: list[psutil.Process] = []

    def found() -> bool:
        """Whether SparseML's process runs: a child of the job's own."""
        everybody = psutil.Process().children(recursive=True)
        children[:] = [one for one in everybody if sparse_settings().functions in one.cmdline()]
        return bool(children)

    assert processes.until(found)
    board.cancel(job)
    assert until(board, job, lambda status: status.over).state is JobState.CANCELLED
    assert all(processes.until(partial(processes.gone, child.pid)) for child in children)


def test_a_notebook_gets_weights_of_every_kind_masked_as_planned_and_stored_as_they_were() -> None:
    module: Any = blocks()
    module.stem.half()
    module.layer1[0].bfloat16()
    module.layer2[0].double()
    for layer in (module.layer1[2], module.layer2[0]):
        layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
    module.head.weight.data = module.head.weight.data.t().contiguous().t()

    def cast(layer: Any, inputs: tuple[torch.Tensor]) -> torch.Tensor:
        return inputs[0].to(layer.weight.dtype)

    for layer in (module.stem, *module.layer1, *module.layer2, module.head):
        if hasattr(layer, "weight"):
            layer.register_forward_pre_hook(cast)
    planner: Any = explorer.planner(explorer.wrap(module, image()), "sparseml", modifier="Magnitude")
    plan = planner.plan(0.5)
    masked = planner.apply(plan)
    assert sum(int(parameter.count_nonzero()) for parameter in masked.parameters()) == plan.nonzero
    for name, mask in plan.masks().items():
        weight = module.get_parameter(name)
        assert torch.equal(masked.get_parameter(name), weight * mask)
        assert masked.get_parameter(name).dtype is weight.dtype
        assert masked.get_parameter(name).stride() == weight.stride()


def test_a_notebook_can_train_the_bundled_networks_only() -> None:
    planner = explorer.planner(
        explorer.load("digits-cnn"), "sparseml", modifier="Movement", end_epoch=0.5, epochs=0.7
    )
    trained = planner.apply(planner.plan(0.5))
    assert planner.sparsity(trained) >= 0.5
    own = replace(explorer.load("digits-cnn"), spec=NetworkSpec("mine", Weights.TRAINED))
    other = explorer.planner(own, "sparseml", modifier="Movement")
    with pytest.raises(PruningError, match="knows the bundled networks and their digits only, not 'mine'"):
        other.apply(other.plan())
