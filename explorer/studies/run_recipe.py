"""Have SparseML carry a recipe out, in one shot or with training, and hold the result against the plan.

Runs in SparseML's process only.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from torch import nn

from explorer.anatomy.copies import copied
from explorer.backends import SPARSEML
from explorer.backends.base import plain
from explorer.backends.sparseml.library import Training, mask_once
from explorer.backends.sparseml.options import BATCH, check_mode, scope_of, steps_per_epoch
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.backends.sparseml.recipe import write_recipe
from explorer.backends.sparseml.schedule import total_steps
from explorer.measuring.evaluation import evaluate
from explorer.studies.measure import DENSE, in_turns, measuring
from explorer.studies.steps import step
from explorer.values import (
    MaskedLayer,
    Modifier,
    Progress,
    RecipeEvidence,
    Report,
    RunMode,
    SchedulePoint,
    TrainingPoint,
    WeightScope,
)


def run_recipe(planner: SparsePlanner, mode: RunMode) -> Generator[Progress, None, Report]:
    """Mask or train a copy, and measure everything that the plan claims.

    Yields:
        What is being done; while it trains, the curve so far after each epoch.

    Raises:
        PruningError: where the modifier cannot be run so, or SparseML fails.
    """
    net = planner.net
    start = time.perf_counter()
    done = yield from carry_out(planner, mode)
    seconds = time.perf_counter() - start
    yield Progress(0.9, "Comparing with the plan", done.curve)
    reached = planner.rows_of(done.module)
    differences = tuple(_differences(planner, mode, done, reached))
    text = "Measuring latency, dense and masked alternately"
    timing = partial(in_turns, net, [net.module, done.module])
    times = yield from step(0.92, 0.94, text, lambda _: timing(), done.curve)
    dense = yield from measuring(net, net.module, times[0], 0.94, 0.97, DENSE, done.curve)
    pruned = yield from measuring(net, done.module, times[1], 0.97, 1.0, "the masked copy", done.curve)
    evidence = RecipeEvidence(mode, done.applied, reached)
    return Report(
        SPARSEML, plain(planner.plan()), dense, pruned, differences, seconds, evidence, curve=done.curve
    )


@dataclass(frozen=True)
class Carried:
    """What SparseML made of a copy."""

    module: nn.Module
    curve: tuple[TrainingPoint, ...] = ()  # with training only, as are the others
    applied: tuple[SchedulePoint, ...] = ()  # every update step that was taken
    masked: Mapping[str, int] = field(default_factory=dict)  # weights under a zero at the end, by layer


def carry_out(planner: SparsePlanner, mode: RunMode) -> Generator[Progress, None, Carried]:
    """Have SparseML mask or train a copy; see `run_recipe`."""
    check_mode(planner.net, planner.options, mode)
    module = copied(planner.net.module)
    if mode is RunMode.ONE_SHOT:
        yield Progress(0.2, "Masking a copy with SparseML")
        data = planner.net.data if planner.options.modifier.traits.gradients else None
        mask_once(module, write_recipe(planner.net, planner.options), data)
        return Carried(module.eval())
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
    return Carried(module.eval(), curve, tuple(training.applied), training.masked)


def _differences(
    planner: SparsePlanner, mode: RunMode, done: Carried, reached: tuple[MaskedLayer, ...]
) -> Iterator[str]:
    if mode is RunMode.TRAINING:
        yield from _other_schedule(planner, done.applied)
        yield from _other_counts(planner, done.masked)
    elif planner.options.modifier.by_magnitude:
        yield from _other_masks(planner, done.module)
    else:
        yield from _other_counts(planner, {row.name: row.masked for row in reached})


def _other_masks(planner: SparsePlanner, module: nn.Module) -> Iterator[str]:
    for name, mask in planner.masks(planner.options.final_sparsity).items():
        planned = planner.net.module.get_parameter(name) * mask
        if apart := int((planned != module.get_parameter(name)).sum()):
            yield f"'{name}': {apart} of {mask.numel()} weights differ from the plan."


def _other_counts(planner: SparsePlanner, found: Mapping[str, int]) -> Iterator[str]:
    """Where training or gradients decide which weights go, their number is planned all the same."""
    planned = {name: loss.masked for name, loss in planner.losses(planner.options.final_sparsity).items()}
    together = scope_of(planner.options) is WeightScope.GLOBAL
    for layers in [list(planned)] if together else [[name] for name in planned]:
        ours, theirs = (sum(masked[name] for name in layers) for masked in (planned, found))
        if ours != theirs and planner.counts_follow(layers):
            where = "all layers" if together else f"'{layers[0]}'"
            yield f"{where}: planned {ours:,} masked weights, SparseML masked {theirs:,}."


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
