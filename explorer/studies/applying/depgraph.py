"""Carry a plan out with the library, and hold the result against what the plan said."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace

from safetensors.torch import save
from torch import nn

from explorer.anatomy.counting import (
    effective_macs,
    state_bytes,
    stored_tensors,
    total_macs,
    total_nonzero,
    total_params,
)
from explorer.anatomy.inputs import answer
from explorer.anatomy.network import Network
from explorer.anatomy.soundness import verify, zeroing_difference, zeroing_note
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.values import ApplyReport, Axis, Evaluation, Plan, Progress


def apply_and_check(planner: DepGraphPlanner, ratio: float) -> Generator[Progress, None, ApplyReport]:
    """Prune with Torch-Pruning and measure everything the plan claims.

    Yields:
        What is being done, before each step.
    """
    net = planner.net
    plan = planner.counts(ratio)
    steps = planner.options.steps
    yield Progress(0.1, f"Pruning a copy with Torch-Pruning{f' in {steps} steps' if steps > 1 else ''}")
    start = time.perf_counter()
    pruned, removed = planner.carry_out(plan)
    seconds = time.perf_counter() - start
    yield Progress(0.5, "Comparing the result with silent channels")
    verify(net, pruned, removed)
    yield Progress(0.6, "Counting what is left")
    apart = tuple(differences(planner, plan, pruned, removed))
    yield Progress(0.7, "Comparing removing with zeroing")
    difference = zeroing_difference(net, pruned, removed)
    yield Progress(0.8, "Measuring accuracy")
    dense, after, recalibrated = _accuracies(net, pruned)
    return ApplyReport(
        plan=plan,
        params=total_params(pruned),
        nonzero=total_nonzero(pruned),
        macs=total_macs(pruned, net.example_input),
        effective_macs=effective_macs(replace(net, module=pruned)),
        file_bytes=file_bytes(pruned),
        output_shape=tuple(answer(pruned, net.example_input)[0].shape),
        differences=apart,
        zeroing_difference=difference,
        zeroing_note=zeroing_note(net.module, removed),
        dense=dense,
        pruned=after,
        recalibrated=recalibrated,
        library_seconds=seconds,
    )


def file_bytes(module: nn.Module) -> int:
    """Size of the network's safetensors file."""
    return len(save({name: tensor.contiguous() for name, tensor in stored_tensors(module).items()}))


def differences(
    planner: DepGraphPlanner,
    plan: Plan,
    pruned: nn.Module,
    removed: Mapping[tuple[str, Axis], tuple[int, ...]],
) -> Iterator[str]:
    """Every way in which what the library did is not what the plan says, as a sentence."""
    planned = planner.cut_at(plan.ratio)
    for path, axis in sorted(planned.keys() | removed.keys()):
        ours, theirs = planned.get((path, axis), ()), removed.get((path, axis), ())
        # An estimate names no channels, only how many.
        if len(ours) != len(theirs) or (ours != theirs and not plan.estimate):
            yield f"'{path}' ({axis}): planned to lose {len(ours)} channels, Torch-Pruning removed {len(theirs)}."
    counts = (
        ("parameters", plan.params, total_params(pruned)),
        ("MACs", plan.macs, total_macs(pruned, planner.net.example_input)),
        ("bytes", plan.bytes, state_bytes(pruned)),
    )
    for what, expected, counted in counts:
        if expected != counted:
            yield f"Planned {expected:,} {what}, the pruned network has {counted:,}."


def _accuracies(
    net: Network, pruned: nn.Module
) -> tuple[Evaluation | None, Evaluation | None, Evaluation | None]:
    """Before, right after, and after BatchNorm re-calibration."""
    data = net.judged_on
    if data is None:
        return None, None, None
    before, after = evaluate(net.module, data), evaluate(pruned, data)
    copied = copy.deepcopy(pruned)
    return before, after, evaluate(copied, data) if recalibrate(copied, data) else None
