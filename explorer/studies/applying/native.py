"""Mask with ``torch.nn.utils.prune``, make it permanent, prune again; measure all that a plan claims."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from functools import partial

import torch
from torch import nn

from explorer.anatomy.counting import state_bytes, total_macs, total_nonzero
from explorer.anatomy.inputs import answer, call
from explorer.backends.native.planner import MaskPlan, NativePlanner
from explorer.backends.native.torch_prune import attach, containers, make_permanent, masks_of
from explorer.measuring.evaluation import evaluate
from explorer.measuring.saving import compressed, saved
from explorer.measuring.timing import Turns
from explorer.values import Amount, NativeReport, Progress, SecondRound
from explorer.values.errors import PruningError


def apply_and_measure(planner: NativePlanner, amount: Amount) -> Generator[Progress, None, NativeReport]:
    """Have the library do what the plan says, and measure the result.

    Yields:
        What is being done, before each step.
    """
    net = planner.net
    plan = planner.plan(amount)
    yield Progress(0.1, "Masking a copy with torch.nn.utils.prune")
    start = time.perf_counter()
    masked = planner.apply(plan)
    seconds = time.perf_counter() - start
    permanent = make_permanent(planner.apply(plan))
    yield Progress(0.3, "Comparing the masks with the plan")
    differences = tuple(_differences(planner, plan, masked, permanent))
    yield Progress(0.4, "Saving and compressing")
    dense_file, masked_file, file = saved(net.module), saved(masked), saved(permanent)
    sizes = compressed(dense_file), compressed(file)
    yield Progress(0.6, "Pruning again")
    again = _again(planner, plan)
    yield Progress(0.7, "Measuring latency, the three networks in turns")
    modules = {"dense": net.module, "masked": masked, "permanent": permanent}
    with torch.no_grad():
        timings = Turns(
            {name: partial(call, module, net.example_input) for name, module in modules.items()}
        ).times()
        pairs = zip(answer(masked, net.example_input), answer(permanent, net.example_input), strict=True)
        apart = max(float((one - other).abs().max()) for one, other in pairs)
    yield Progress(0.9, "Measuring accuracy")
    return NativeReport(
        plan=planner.counts(amount),
        differences=differences,
        nonzero=total_nonzero(permanent),
        macs=total_macs(masked, net.example_input),
        tensors_masked=_tensors(masked, planner),
        tensors_permanent=_tensors(permanent, planner),
        file_dense=len(dense_file),
        file_masked=len(masked_file),
        file_permanent=len(file),
        compressed_dense=sizes[0],
        compressed_permanent=sizes[1],
        latency_dense=timings["dense"],
        latency_masked=timings["masked"],
        latency_permanent=timings["permanent"],
        permanent_difference=apart,
        dense=evaluate(net.module, net.judged_on) if net.judged_on else None,
        pruned=evaluate(permanent, net.judged_on) if net.judged_on else None,
        again=again,
        library_seconds=seconds,
    )


def _differences(
    planner: NativePlanner, plan: MaskPlan, masked: nn.Module, permanent: nn.Module
) -> Iterator[str]:
    planned, done = plan.masks(), masks_of(masked, planner.slots)
    for name in planned:
        if apart := int((planned[name] != done[name]).sum()):
            yield f"'{name}': {apart} of {planned[name].numel()} values of the mask differ from the plan."
    counts = (
        ("non-zero parameters", plan.nonzero, total_nonzero(permanent)),
        ("MACs", plan.macs, total_macs(masked, planner.net.example_input)),
        ("bytes with masks attached", plan.bytes_masked, state_bytes(masked)),
        ("bytes once permanent", plan.bytes, state_bytes(permanent)),
    )
    for what, expected, counted in counts:
        if expected != counted:
            yield f"Planned {expected:,} {what}, the library left {counted:,}."


def _again(planner: NativePlanner, plan: MaskPlan) -> SecondRound:
    """The same order once more, on a copy of its own: a refusal leaves the library's hooks in disorder."""
    twice = planner.apply(plan)
    first = masks_of(twice, planner.slots)
    try:
        attach(twice, planner.order(plan.amount), planner.options)
    except PruningError as error:
        return SecondRound(plan.nonzero, 0, (), str(error))
    second = masks_of(twice, planner.slots)
    back = tuple(name for name in first if bool((second[name] & ~first[name]).any()))
    found = containers(twice)
    return SecondRound(total_nonzero(make_permanent(twice)), found, back)


def _tensors(module: nn.Module, planner: NativePlanner) -> tuple[str, ...]:
    """What saving stores of the first masked layer."""
    layer = f"{planner.slots[0].layer}."
    return tuple(name for name in module.state_dict() if name.startswith(layer))
