"""Have SparseML carry a plan out, in one shot or with training, and hold the result against the plan."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator
from functools import partial

import torch
from torch import nn

from explorer.backends.sparseml import SparsePlanner
from explorer.backends.sparseml_options import BATCH, check_mode, scope_of, steps_per_epoch
from explorer.backends.sparseml_recipe import write_recipe
from explorer.backends.sparseml_schedule import total_steps
from explorer.evaluation import evaluate
from explorer.libraries.sparseml_worker import Training, mask_once
from explorer.saving import compressed, saved
from explorer.schema import (
    Evaluation,
    LayerSparsity,
    Modifier,
    Progress,
    RunMode,
    SchedulePoint,
    SparseReport,
    TrainingPoint,
    WeightScope,
)
from explorer.timing import in_turns


def run_and_measure(planner: SparsePlanner, mode: RunMode) -> Generator[Progress, None, SparseReport]:
    """Mask or train a copy, and measure everything that the plan claims.

    Yields:
        What is being done; while it trains, the curve so far after each epoch.

    Raises:
        PruningError: where the modifier cannot be run so, or SparseML fails.
    """
    net = planner.net
    start = time.perf_counter()
    module, curve, applied = yield from carry_out(planner, mode)
    seconds = time.perf_counter() - start
    yield Progress(0.9, "Comparing with the plan", curve)
    reached = planner.rows_of(module)
    differences = tuple(_differences(planner, mode, module, reached, applied))
    yield Progress(0.95, "Measuring latency, dense and masked in turns", curve)
    with torch.no_grad():
        timings = in_turns(
            {"dense": partial(net.module, net.example_input), "masked": partial(module, net.example_input)}
        )
    return SparseReport(
        mode=mode,
        plan=planner.counts(),
        applied=applied,
        reached=reached,
        differences=differences,
        dense=_judged(planner, net.module),
        pruned=_judged(planner, module),
        curve=curve,
        latency_dense=timings["dense"],
        latency_pruned=timings["masked"],
        compressed_dense=compressed(saved(net.module)),
        compressed_pruned=compressed(saved(module)),
        library_seconds=seconds,
    )


Carried = tuple[nn.Module, tuple[TrainingPoint, ...], tuple[SchedulePoint, ...]]


def carry_out(planner: SparsePlanner, mode: RunMode) -> Generator[Progress, None, Carried]:
    """A copy as SparseML leaves it, the training curve, and every update step that was taken."""
    check_mode(planner.net, planner.options, mode)
    module = copy.deepcopy(planner.net.module)
    if mode is RunMode.ONE_SHOT:
        yield Progress(0.2, "Masking a copy with SparseML")
        data = planner.net.data if planner.options.modifier.needs_gradients else None
        mask_once(module, write_recipe(planner.net, planner.options), data)
        return module.eval(), (), ()
    return (yield from _train(planner, module))


def _train(planner: SparsePlanner, module: nn.Module) -> Generator[Progress, None, Carried]:
    net, options, steps = planner.net, planner.options, steps_per_epoch(planner.net)
    assert net.data is not None  # check_mode saw to it
    recipe = write_recipe(net, options)
    training = Training(module, recipe, net.data, options, BATCH, steps, total_steps(options, steps))
    dense = evaluate(module, net.data)
    curve: tuple[TrainingPoint, ...] = (
        TrainingPoint(0.0, dense.loss, dense.accuracy, planner.sparsity(module)),
    )
    yield Progress(0.0, f"Training for {options.epochs:g} epochs", curve)
    for epoch, loss in training.epochs():
        result = evaluate(module, net.data)
        curve = (*curve, TrainingPoint(epoch, loss, result.accuracy, planner.sparsity(module)))
        yield Progress(0.9 * epoch / options.epochs, f"Epoch {epoch:g} of {options.epochs:g}", curve)
    return module.eval(), curve, tuple(training.applied)


def _judged(planner: SparsePlanner, module: nn.Module) -> Evaluation | None:
    return evaluate(module, planner.net.judged_on) if planner.net.judged_on else None


def _differences(
    planner: SparsePlanner,
    mode: RunMode,
    module: nn.Module,
    reached: tuple[LayerSparsity, ...],
    applied: tuple[SchedulePoint, ...],
) -> Iterator[str]:
    if mode is RunMode.ONE_SHOT and planner.options.modifier.by_magnitude:
        yield from _other_masks(planner, module)
    else:
        yield from _other_counts(planner, reached)
    if mode is RunMode.TRAINING:
        yield from _other_schedule(planner, applied)


def _other_masks(planner: SparsePlanner, module: nn.Module) -> Iterator[str]:
    for name, mask in planner.masks(planner.options.final_sparsity).items():
        planned = planner.net.module.get_parameter(name) * mask
        if apart := int((planned != module.get_parameter(name)).sum()):
            yield f"'{name}': {apart} of {mask.numel()} weights differ from the plan."


def _other_counts(planner: SparsePlanner, reached: tuple[LayerSparsity, ...]) -> Iterator[str]:
    """Where training or gradients decide which weights go, their number is planned all the same."""
    planned = planner.counts().layers
    if scope_of(planner.options) is WeightScope.GLOBAL:
        ours, theirs = sum(row.nonzero for row in planned), sum(row.nonzero for row in reached)
        if ours != theirs and planner.counts_follow(planner.ranked.layers):
            yield f"Planned {ours:,} non-zeros over all layers, SparseML left {theirs:,}."
        return
    for row, found in zip(planned, reached, strict=True):
        if row.nonzero != found.nonzero and row.maskable and planner.counts_follow([row.name]):
            yield f"'{row.name}': planned {row.nonzero:,} non-zeros, SparseML left {found.nonzero:,}."


def _other_schedule(planner: SparsePlanner, applied: tuple[SchedulePoint, ...]) -> Iterator[str]:
    planned = planner.schedule()
    if len(planned) != len(applied):
        yield f"Planned {len(planned)} updates of the masks, SparseML made {len(applied)}."
    for ours, theirs in zip(planned, applied, strict=False):
        same = ours.sparsity == theirs.sparsity or planner.options.modifier is Modifier.CONSTANT
        if (ours.step, ours.epoch) != (theirs.step, theirs.epoch) or not same:
            yield (
                f"Update planned at epoch {ours.epoch:g} to {ours.sparsity:.4f}, SparseML made it at "
                f"{theirs.epoch:g} to {theirs.sparsity:.4f}."
            )
            return
