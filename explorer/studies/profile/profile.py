"""Measure one network through and through, step by step, and judge what was found; a job."""

from __future__ import annotations

import gc
from collections.abc import Generator
from dataclasses import replace
from functools import partial

from explorer.anatomy.network import Network
from explorer.backends.base import Listener
from explorer.backends.bench import Bench
from explorer.measuring import onnx_runtime
from explorer.process.limits import is_out_of_memory
from explorer.studies.profile import removal
from explorer.studies.profile.accuracy import accuracy_facts
from explorer.studies.profile.gradients import gradient_costs
from explorer.studies.profile.layers import waterfalls
from explorer.studies.profile.libraries import depgraph_cost, native_cost
from explorer.studies.profile.sweeps import batch_sweep, layout_sweep, thread_sweep
from explorer.studies.profile.variants import EXPORTED, NO_ROOM, Made, make_all, time_all, time_exported
from explorer.studies.steps import step
from explorer.values import LibraryCost, NetworkTime, Profile, ProfileRequest, Progress, Variant
from explorer.values.errors import NetworkError
from explorer.why import verdicts

RANKED = 0.05  # of the whole run, by the feel of it: when ranking is done
NO_STEPS = "torch.nn.utils.prune takes more memory on this network than a run may use, so its own steps are not timed."
NO_ONNX = "ONNX Runtime is not installed here, so all times are of eager PyTorch."


def profile(net: Network, request: ProfileRequest) -> Generator[Progress, None, Profile]:
    """Profile `net` as asked.

    Yields:
        What is being measured, before each step.

    Raises:
        PruningError: if DepGraph cannot prune the network.
    """
    seconds = request.seconds
    bench = Bench(net)
    for told in removal.planner_of(bench, request.options).rank():
        yield told.within(0.0, RANKED)
    text = "Pruning copies with PyTorch native and DepGraph"
    made, notes = yield from step(RANKED, 0.1, text, partial(make_all, bench, request))
    text = f"Timing {len(made)} forms of the network, alternating"
    networks = yield from step(0.1, 0.2, text, lambda _: time_all(net, made, 2 * seconds))
    for variant in made.keys() - EXPORTED:
        del made[variant]  # three hold the dense network's weights five times
    text = "Exporting to ONNX Runtime and timing there"
    exported, note = yield from step(0.2, 0.3, text, partial(_exported, net, made, seconds))
    text = "Measuring accuracy and its counterfactuals"
    zeros = made[Variant.ZEROS].module if Variant.ZEROS in made else None
    accuracy = yield from step(0.3, 0.6, text, partial(accuracy_facts, bench, request, zeros))
    pruned = made[Variant.REMOVED].module
    made.clear()
    del zeros
    gc.collect()  # the other forms hold the weights many times
    both = {Variant.DENSE: net, Variant.REMOVED: replace(net, module=pruned)}
    layers, machine = yield from step(0.6, 0.65, "Timing every layer", lambda _: waterfalls(both, seconds))
    text = "Timing larger batches"
    batches, shared = yield from step(0.65, 0.72, text, lambda _: batch_sweep(net, pruned, seconds))
    text = "Timing more threads"
    threads = yield from step(0.72, 0.8, text, lambda _: thread_sweep(net, pruned, seconds))
    text = "Timing channels last"
    layouts = yield from step(0.8, 0.85, text, lambda _: layout_sweep(net, pruned, seconds))
    gradients = gradient_costs(net.module, net.data)
    depgraph = yield from step(
        0.85,
        0.93,
        "Timing DepGraph's own steps",
        lambda _: depgraph_cost(bench, request.options, request.ratio, seconds),
    )
    both.clear()
    bench.forget()  # what comes last takes most memory
    gc.collect()
    text = "Timing PyTorch native's own steps"
    native, missing = yield from step(0.93, 1.0, text, lambda _: _native(net, request))
    found = Profile(
        request,
        networks,
        exported,
        layers,
        batches,
        shared,
        threads,
        layouts,
        machine,
        (*native, depgraph),
        gradients,
        accuracy,
        (),
        (*notes, *note, *missing),
    )
    return replace(found, verdicts=verdicts(found))


def _exported(
    net: Network, made: dict[Variant, Made], seconds: float, tell: Listener
) -> tuple[tuple[NetworkTime, ...], tuple[str, ...]]:
    """Times in ONNX Runtime, or the sentence that says why there are none."""
    if not onnx_runtime.installed():
        return (), (NO_ONNX,)
    try:
        return time_exported(net, made, seconds, tell), ()
    except NetworkError as error:
        return (), (NO_ROOM if is_out_of_memory(error) else str(error),)


def _native(net: Network, request: ProfileRequest) -> tuple[tuple[LibraryCost, ...], tuple[str, ...]]:
    """What torch.nn.utils.prune takes, or the sentence that says why nobody knows: its topk holds 16 bytes a weight."""
    try:
        return (native_cost(net, request.native, request.amount, request.seconds),), ()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return (), (NO_STEPS,)
