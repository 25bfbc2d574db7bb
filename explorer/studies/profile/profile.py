"""Measure one network through and through, step by step, and judge what was found; a job."""

from __future__ import annotations

import gc
from collections.abc import Generator
from dataclasses import replace

from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.measuring import onnx_runtime
from explorer.studies.profile import removal
from explorer.studies.profile.accuracy import accuracy_facts
from explorer.studies.profile.gradients import gradient_costs
from explorer.studies.profile.layers import waterfalls
from explorer.studies.profile.libraries import library_costs
from explorer.studies.profile.sweeps import batch_sweep, layout_sweep, thread_sweep
from explorer.studies.profile.variants import Made, make_all, time_all, time_exported
from explorer.values import NetworkTime, Profile, ProfileRequest, Progress, Variant
from explorer.values.errors import NetworkError
from explorer.why import verdicts

RANKED = 0.05  # of the whole run, by the feel of it: when ranking is done
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
    yield Progress(RANKED, "Pruning copies with PyTorch native and DepGraph")
    made, notes = make_all(bench, request)
    yield Progress(0.12, f"Timing {len(made)} forms of the network, in turns")
    networks = time_all(net, made, 2 * seconds)
    yield Progress(0.25, "Exporting to ONNX Runtime and timing there")
    exported, note = _exported(net, made, seconds)
    yield Progress(0.35, "Measuring accuracy and its counterfactuals")
    zeros = made.get(Variant.ZEROS)
    accuracy = accuracy_facts(bench, request, zeros.module if zeros else None)
    pruned = made[Variant.REMOVED].module
    del made, zeros
    gc.collect()  # the other forms hold the weights many times
    yield Progress(0.4, "Timing every layer")
    layers, machine = waterfalls({Variant.DENSE: net, Variant.REMOVED: replace(net, module=pruned)}, seconds)
    yield Progress(0.5, "Timing larger batches")
    batches, shared = batch_sweep(net, pruned, seconds)
    yield Progress(0.65, "Timing more threads")
    threads = thread_sweep(net, pruned, seconds)
    yield Progress(0.75, "Timing channels last")
    layouts = layout_sweep(net, pruned, seconds)
    yield Progress(0.83, "Timing the libraries' own steps")
    libraries = library_costs(bench, request)
    gradients = gradient_costs(net.module, net.data)
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
        libraries,
        gradients,
        accuracy,
        (),
        (*notes, *note),
    )
    return replace(found, verdicts=verdicts(found))


def _exported(
    net: Network, made: dict[Variant, Made], seconds: float
) -> tuple[tuple[NetworkTime, ...], tuple[str, ...]]:
    """Times in ONNX Runtime, or the sentence that says why there are none."""
    if not onnx_runtime.installed():
        return (), (NO_ONNX,)
    try:
        return time_exported(net, made, seconds), ()
    except NetworkError as error:
        return (), (str(error),)
