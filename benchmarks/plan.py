"""A plan against the library's own way to the same answer: a fresh copy, prune, count."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from explorer import zoo
from explorer.backends.depgraph import DepGraphPlanner
from explorer.counting import total_macs, total_params
from explorer.schema import PruningOptions, Scope

NETWORKS = (
    "digits-resnet",
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "densenet121",
    "convnext_tiny",
    "vit_b_16",
)
RATIO = 0.5
PLANS, LIBRARY_RUNS = 31, 3


def main() -> None:
    """Print one row a network, on one thread."""
    torch.set_num_threads(1)
    print(f"\nratio {RATIO}, global L2, medians of {PLANS} plans and {LIBRARY_RUNS} library runs, one thread")
    print("| network | one-off ms | plan ms | library ms | library / plan |")
    print("|---|---|---|---|---|")
    for name in NETWORKS:
        print(_row(name), flush=True)


def _row(name: str) -> str:
    net = zoo.load(name)
    start = time.perf_counter()
    planner = DepGraphPlanner(net, PruningOptions(scope=Scope.GLOBAL))
    once = time.perf_counter() - start
    plan = _median(lambda: planner.plan(RATIO), PLANS)
    library = _median(lambda: _library(planner), LIBRARY_RUNS)
    return f"| {name} | {once * 1e3:.0f} | {plan * 1e3:.2f} | {library * 1e3:.0f} | {library / plan:.0f}× |"


def _library(planner: DepGraphPlanner) -> tuple[int, int]:
    pruned, _ = planner.carry_out(planner.plan(RATIO))
    return total_params(pruned), total_macs(pruned, planner.net.example_input)


def _median(run: Callable[[], object], times: int) -> float:
    """Seconds."""
    measured = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        measured.append(time.perf_counter() - start)
    return statistics.median(measured)
