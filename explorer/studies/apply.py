"""Carry a plan out with its library, and measure the result beside the plan and the dense network."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn

from explorer.backends import backend_of, resolved
from explorer.backends.base import Planner, plain
from explorer.measuring.training import can_train, check_settings
from explorer.process.steps import heard, retold
from explorer.studies.measure import DENSE, in_turns, measuring
from explorer.studies.recover import check_trainable, fine_tuned
from explorer.studies.steps import step
from explorer.values import Asked, FineTune, Outcome, Plan, Progress, Report

# Of an apply run, by the feel of it: when each part is done.
RANKED, PRUNED, TIMED, COUNTED = 0.1, 0.3, 0.5, 0.8
COPY = "the pruned copy"
TIMING = "Measuring latency, dense and pruned alternately"
BEFORE, AFTER = 0.1, 0.9  # of a run that trains: when training begins and ends


def apply_and_measure(planner: Planner[Any], amount: Asked | None) -> Generator[Progress, None, Report]:
    """Prune a copy with the library, and measure everything that the plan claims.

    Args:
        planner: ranked or not.
        amount: a ratio in [0, 1), or what else the library's `plan_of` takes: a count, or channels by layer.

    Yields:
        What is being done, before each step.

    Raises:
        PruningError: if the library refuses, or does not do what was planned.
    """
    known = backend_of(planner.backend)
    yield from _ranked(planner, RANKED)
    plan = plan_at(planner, amount)
    yield Progress(RANKED, f"Pruning a copy with {known.library}")
    module, seconds = yield from carried_out(planner, plan, RANKED, PRUNED - RANKED)
    net, between = planner.net, (TIMED + COUNTED) / 2
    dense_time, pruned_time = yield from step(
        PRUNED, TIMED, TIMING, lambda _: in_turns(net, [net.module, module])
    )
    dense = yield from measuring(net, net.module, dense_time, TIMED, between, DENSE)
    pruned = yield from measuring(net, module, pruned_time, between, COUNTED, COPY)
    yield Progress(COUNTED, "Comparing the result with the plan")
    apart = tuple(differences(planner, plan, module, pruned))
    evidence = yield from _shown(planner, plan, module)
    return Report(
        planner.backend, plain(plan), dense, pruned, apart, seconds, evidence, trains=can_train(planner.net)
    )


def _shown(planner: Planner[Any], plan: Plan, module: nn.Module) -> Generator[Progress, None, Any]:
    """What only this library shows of a result; None where there is nothing."""
    known = backend_of(planner.backend)
    if not known.evidence:
        return None
    show = partial(resolved(known.evidence), planner, plan, module)
    text = f"Running what {known.library} made beside the dense network"
    return (yield from step((1 + COUNTED) / 2, 1.0, text, lambda _: show()))


def prune_and_train(
    planner: Planner[Any], amount: Asked | None, settings: FineTune
) -> Generator[Progress, None, Report]:
    """The same, and train the pruned copy on: removed channels stay away, zeros stay zero.

    Yields:
        What is being done; while it trains, with the curve so far.

    Raises:
        TrainingError: for settings out of bounds, a network that is not judged, or a loss that is no number.
    """
    check_settings(settings.epochs, settings.learning_rate, settings.seed)
    net = planner.net
    check_trainable(net)
    yield from _ranked(planner, BEFORE / 4)
    plan = plan_at(planner, amount)
    yield Progress(BEFORE / 4, f"Pruning a copy with {backend_of(planner.backend).library}")
    module, seconds = yield from carried_out(planner, plan, BEFORE / 4, BEFORE / 4)
    timing, half = partial(in_turns, net, [net.module, module]), BEFORE / 2
    dense_time, pruned_time = yield from step(half, 0.75 * BEFORE, TIMING, lambda _: timing())
    right_after = yield from measuring(net, module, pruned_time, 0.75 * BEFORE, BEFORE, COPY)
    apart = tuple(differences(planner, plan, module, right_after))
    start = time.perf_counter()
    trained, curve = yield from fine_tuned(module, net, settings, BEFORE, AFTER - BEFORE)
    training = time.perf_counter() - start
    # Of the same shapes
    after = yield from measuring(net, trained, pruned_time, AFTER, (1 + AFTER) / 2, "what was trained", curve)
    pruned = replace(
        after,
        pruned=right_after.pruned,
        recalibrated=right_after.recalibrated,
        fine_tuned=after.pruned,
    )
    dense = yield from measuring(net, net.module, dense_time, (1 + AFTER) / 2, 1.0, DENSE, curve)
    return Report(
        planner.backend, plain(plan), dense, pruned, apart, seconds, None, settings, curve, training
    )


def plan_at(planner: Planner[Any], amount: Asked | None) -> Plan:
    """The plan at a ratio, at what else the library's `plan_of` takes, or at what the options say (None)."""
    if amount is None:
        return planner.plan()  # type: ignore[call-arg]  # only of libraries whose options say it
    wider: Any = planner.plan_of if hasattr(planner, "plan_of") else planner.plan
    found: Plan = wider(amount)
    return found


def differences(planner: Planner[Any], plan: Plan, module: nn.Module, found: Outcome) -> Iterator[str]:
    """Every way in which the library's result is not what the plan says, as a sentence."""
    # An estimate names no channels, only how many.
    yield from _other_widths(plan, found) if plan.estimate else _other_tensors(planner.sketch(plan), module)
    counts = (
        ("parameters", plan.params, found.params),
        ("non-zero parameters", plan.nonzero, found.nonzero),
        ("MACs", plan.macs, found.macs),
        ("effective MACs", plan.effective_macs, found.effective_macs),
        ("bytes", plan.bytes, found.bytes),
    )
    for what, planned, counted in counts:
        if planned != counted:
            yield f"Planned {planned:,} {what}, the pruned network has {counted:,}."


def _other_widths(plan: Plan, found: Outcome) -> Iterator[str]:
    left = {row.name: row.width for row in found.layers}
    for row in plan.layers:
        if row.width != left.get(row.name):
            yield f"'{row.name}': planned to keep {row.width} channels, the library left {left.get(row.name)}."


def _other_tensors(sketch: nn.Module, module: nn.Module) -> Iterator[str]:
    planned, done = sketch.state_dict(), module.state_dict()
    for name in sorted(planned.keys() | done.keys()):
        ours, theirs = planned.get(name), done.get(name)
        if ours is None or theirs is None or ours.shape != theirs.shape:
            shapes = [None if tensor is None else tuple(tensor.shape) for tensor in (ours, theirs)]
            yield f"'{name}': planned with shape {shapes[0]}, the library left {shapes[1]}."
        elif apart := int((ours != theirs).sum()):
            yield f"'{name}': {apart} of {ours.numel()} values differ from the plan."


def carried_out(
    planner: Planner[Any], plan: Plan, at: float, share: float
) -> Generator[Progress, None, tuple[nn.Module, float]]:
    """The pruned copy, and the seconds that the library itself took: checking the result is not its work.

    Args:
        at: how far the whole run is before it.
        share: of the whole run that this takes.
    """
    start = time.perf_counter()
    steps = heard(partial(planner.apply, plan))
    module = yield from retold(steps, lambda told: told.within(at, share))
    seconds = time.perf_counter() - start
    return module.eval(), getattr(planner, "spent", seconds)


def _ranked(planner: Planner[Any], share: float) -> Iterator[Progress]:
    """Rank, where that was not done yet, as the first part of a run."""
    return (told.within(0.0, share) for told in planner.rank())
