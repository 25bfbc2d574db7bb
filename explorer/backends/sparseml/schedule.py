"""When SparseML makes new masks in a training run, and to which sparsity: its own arithmetic, without it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

from explorer.backends.sparseml.fields import EVERY_STEP
from explorer.values import Interpolation, Modifier, SchedulePoint, SparseOptions


def schedule(options: SparseOptions, steps_per_epoch: int) -> tuple[SchedulePoint, ...]:
    """Every update step of a run of ``options.epochs``."""
    return tuple(
        SchedulePoint(step, epoch, sparsity_at(epoch, options))
        for step, epoch in update_steps(options, steps_per_epoch)
    )


def total_steps(options: SparseOptions, steps_per_epoch: int) -> int:
    """Optimizer steps of the whole run."""
    return round(options.epochs * steps_per_epoch)


def epoch_of(step: int, steps_per_epoch: int) -> float:
    """The epoch at which a step is taken; added up as SparseML does, to the last bit."""
    return float(step // steps_per_epoch) + float(step % steps_per_epoch) / float(steps_per_epoch)


def update_steps(options: SparseOptions, steps_per_epoch: int) -> Iterator[tuple[int, float]]:
    """Steps at which a modifier is due: at its start, each frequency after the last update, and at its end.

    Source: ``ScheduledUpdateModifier.update_ready`` of SparseML 1.8.0.
    """
    last: float | None = None
    holds = options.modifier is Modifier.CONSTANT  # at every step, until the run ends
    frequency = EVERY_STEP if holds else options.update_frequency
    end = math.inf if holds else options.end_epoch
    for step in range(total_steps(options, steps_per_epoch)):
        epoch = epoch_of(step, steps_per_epoch)
        if last is None:
            due = epoch >= options.start_epoch
        else:
            due = epoch >= end or frequency == EVERY_STEP or epoch >= last + frequency
        if due:
            yield step, epoch
            last = epoch
            if epoch >= end:
                return


def sparsity_at(epoch: float, options: SparseOptions) -> float:
    """The sparsity that SparseML asks for at an epoch; 0 where it keeps the zeros there are."""
    if options.modifier is Modifier.CONSTANT:
        return 0.0
    if options.modifier is Modifier.ACDC:
        return _alternating(epoch, options)
    return interpolated(epoch, options) if options.modifier.traits.gradual else options.final_sparsity


def _alternating(epoch: float, options: SparseOptions) -> float:
    """AC/DC: dense phases and sparse ones take turns, and the last one is sparse."""
    phase = math.floor((epoch - options.start_epoch) / options.update_frequency)
    dense = phase % 2 == 0 and options.end_epoch - options.update_frequency > epoch
    return 0.0 if dense else options.final_sparsity


def interpolated(epoch: float, options: SparseOptions) -> float:
    """``sparseml.utils.interpolate``, operation by operation: the last bit can decide how many weights go."""
    x = (epoch - options.start_epoch) / (options.end_epoch - options.start_epoch)
    if options.interpolation is Interpolation.LINEAR:
        y = x
    elif options.interpolation is Interpolation.CUBIC:
        y = 1 - (1 - x) ** 3
    else:
        y = 1 - max(1 - x, 0.0) ** (1 / 3)
    if y <= sys.float_info.epsilon:
        return options.init_sparsity
    if y >= 1 - sys.float_info.epsilon:
        return options.final_sparsity
    return y * (options.final_sparsity - options.init_sparsity) + options.init_sparsity
