"""Prune with the library, train on, and measure what each step costs and wins."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

from torch import nn

from explorer.anatomy.counting import effective_macs, total_macs, total_nonzero, total_params
from explorer.anatomy.data import DataSet
from explorer.anatomy.soundness import verify
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.measuring.training import check_settings, fine_tune
from explorer.studies.applying.depgraph import differences, file_bytes
from explorer.values import FineTune, FineTuneReport, Progress, TrainingPoint
from explorer.values.errors import TrainingError

BEFORE = 0.1  # of the run, by the feel of it: pruning and the measurements before training


def fine_tune_and_measure(
    planner: DepGraphPlanner, ratio: float, settings: FineTune
) -> Generator[Progress, None, FineTuneReport]:
    """Dense, pruned, re-calibrated, fine-tuned: each measured on the test split.

    Yields:
        What is being done; while it trains, with the curve so far.

    Raises:
        TrainingError: for settings out of bounds, a network that is not judged, or a loss that is no number.
    """
    check_settings(settings.epochs, settings.learning_rate, settings.seed)
    net, data = planner.net, _judged(planner)
    yield Progress(0.0, "Pruning a copy with Torch-Pruning")
    plan = planner.counts(ratio)
    start = time.perf_counter()
    module, removed = planner.carry_out(plan)
    library_seconds = time.perf_counter() - start
    verify(net, module, removed)
    apart = tuple(differences(planner, plan, module, removed))
    yield Progress(BEFORE / 2, "Measuring accuracy before training")
    dense, pruned = evaluate(net.module, data), evaluate(module, data)
    recalibrated = evaluate(module, data) if recalibrate(module, data) else None
    start = time.perf_counter()
    curve = yield from _trained(module, data, settings)
    training_seconds = time.perf_counter() - start
    return FineTuneReport(
        plan=plan,
        settings=settings,
        params=total_params(module),
        nonzero=total_nonzero(module),
        macs=total_macs(module, net.example_input),
        effective_macs=effective_macs(replace(net, module=module)),
        file_bytes=file_bytes(module),
        differences=apart,
        dense=dense,
        pruned=pruned,
        recalibrated=recalibrated,
        fine_tuned=evaluate(module, data),
        curve=curve,
        library_seconds=library_seconds,
        training_seconds=training_seconds,
    )


def _judged(planner: DepGraphPlanner) -> DataSet:
    """The data that the network is trained and measured on."""
    data = planner.net.judged_on
    if data is None:
        raise TrainingError(
            f"Network '{planner.net.name}' has no trained weights or no labelled images, so there is nothing to "
            "fine-tune. Pick a digits network with trained weights."
        )
    return data


def _trained(
    module: nn.Module, data: DataSet, settings: FineTune
) -> Generator[Progress, None, tuple[TrainingPoint, ...]]:
    """Train in place, telling the curve so far; returns all of it."""
    curve: list[TrainingPoint] = []
    for point in fine_tune(module, data, settings.epochs, settings.learning_rate, settings.seed):
        curve.append(point)
        done = point.epoch / settings.epochs
        epoch = min(int(point.epoch) + 1, settings.epochs)
        yield Progress(
            BEFORE + (1 - BEFORE) * done,
            f"Epoch {epoch} of {settings.epochs}",
            tuple(curve),
        )
    return tuple(curve)
