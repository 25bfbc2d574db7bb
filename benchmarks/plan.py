"""A DepGraph plan against the library's own way to the same answer: a fresh copy, prune, count."""

from __future__ import annotations

import statistics
from functools import partial

from benchmarks.measuring import NETWORKS, Memory, in_own_process, median, megabytes, title
from explorer import sources
from explorer.anatomy.counting import total_macs, total_params
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.measuring.timing import once
from explorer.values import ChannelOptions, ChannelScope

RATIO = 0.5
RATIOS = [0.3 + step / 75.3 for step in range(31)]  # each asked for the first time
LIBRARY_RUNS = 3


def main() -> None:
    """Print one row a network, each from a process of its own on one thread."""
    title(
        f"DepGraph, global L2: medians over {len(RATIOS)} ratios asked for the first time, and of {LIBRARY_RUNS} "
        f"library runs at {RATIO}; one thread",
        "network",
        "one-off ms",
        "memory MB (peak)",
        "plan with counts ms",
        "all removed channels ms",
        "library ms",
        "library / plan",
    )
    for name in NETWORKS:
        print(in_own_process(_row, name), flush=True)


def _row(name: str) -> str:
    net = sources.load(name)
    planner = DepGraphPlanner(Bench(net), ChannelOptions(scope=ChannelScope.GLOBAL))
    memory = Memory()
    first = once(partial(_prepare, planner))
    held = f"{megabytes(memory.grown())} ({megabytes(memory.peak())})"
    plan = statistics.median(once(partial(_counts, planner, ratio)) for ratio in RATIOS)
    removed = statistics.median(once(partial(_removed, planner, ratio)) for ratio in RATIOS)
    library = median(lambda: _library(planner), LIBRARY_RUNS)
    own = f"{first * 1e3:.0f} | {held} | {plan * 1e3:.2f} | {removed * 1e3:.2f}"
    return f"| {name} | {own} | {library * 1e3:.0f} | {library / plan:.0f}× |"


def _prepare(planner: DepGraphPlanner) -> None:
    list(planner.rank())
    planner.plan(0.0)


def _counts(planner: DepGraphPlanner, ratio: float) -> tuple[int, int]:
    plan = planner.plan(ratio)
    return plan.params, plan.macs


def _removed(planner: DepGraphPlanner, ratio: float) -> dict[str, tuple[int, ...]]:
    return planner.plan(ratio).removed


def _library(planner: DepGraphPlanner) -> tuple[int, int]:
    pruned = planner.carry_out(planner.plan(RATIO))
    return total_params(pruned), total_macs(pruned, planner.net.example_input)
