"""A native plan against the library's own way to it: a fresh copy, global_unstructured, count what is left."""

from __future__ import annotations

import copy
import statistics
from functools import partial

from torch.nn.utils import prune

from benchmarks.measuring import NETWORKS, Memory, in_own_process, median, megabytes, title
from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.native.planner import NativePlanner
from explorer.measuring.timing import once
from explorer.values import NativeOptions, WeightScope

RATIO = 0.5
LIBRARY_RUNS = 3
STOPS = [step / 100 for step in range(1, 100)]  # where the slider stops, each for the first time
BETWEEN = [0.1 + step / 123.4 for step in range(99)]  # what the notebook may ask for as well


def main() -> None:
    """Print one row a network, each from a process of its own on one thread."""
    title(
        f"Native, global L1: medians over {len(STOPS)} ratios asked for the first time, and of {LIBRARY_RUNS} "
        f"library runs at {RATIO}; one thread",
        "network",
        "one-off ms",
        "memory MB (peak)",
        "plan with counts ms",
        "slowest ms",
        "between the slider's stops ms",
        "library ms",
        "library / plan",
    )
    for name in NETWORKS:
        print(in_own_process(_row, name), flush=True)


def _row(name: str) -> str:
    net = sources.load(name)
    planner = NativePlanner(Bench(net), NativeOptions(scope=WeightScope.GLOBAL))
    memory = Memory()
    first = once(partial(_prepare, planner))
    held = f"{megabytes(memory.grown())} ({megabytes(memory.peak())})"
    plans = [once(partial(_counts, planner, ratio)) for ratio in STOPS]
    between = statistics.median(once(partial(_counts, planner, ratio)) for ratio in BETWEEN)
    plan = statistics.median(plans)
    library = median(lambda: _library(net, planner), LIBRARY_RUNS)
    own = f"{first * 1e3:.0f} | {held} | {plan * 1e3:.2f} | {max(plans) * 1e3:.1f} | {between * 1e3:.2f}"
    return f"| {name} | {own} | {library * 1e3:.0f} | {library / plan:.0f}× |"


def _prepare(planner: NativePlanner) -> None:
    list(planner.rank())
    planner.plan(0.0)


def _counts(planner: NativePlanner, ratio: float) -> tuple[int, int]:
    plan = planner.plan(ratio)
    return plan.nonzero, plan.effective_macs


def _library(net: Network, planner: NativePlanner) -> int:
    module = copy.deepcopy(net.module)
    slots = [(module.get_submodule(slot.layer), slot.parameter) for slot in planner.slots]
    prune.global_unstructured(slots, prune.L1Unstructured, amount=RATIO)
    return sum(int(getattr(layer, name).count_nonzero()) for layer, name in slots)
