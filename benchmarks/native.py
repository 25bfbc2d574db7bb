"""A native plan against the library's own way to it: a fresh copy, global_unstructured, count what is left."""

from __future__ import annotations

import copy
import statistics
import time
from functools import partial

import torch
from torch.nn.utils import prune

from benchmarks.plan import NETWORKS, RATIO, _median
from explorer import zoo
from explorer.backends.native import NativePlanner
from explorer.network import Network
from explorer.schema import NativeOptions, WeightScope
from explorer.timing import once as once_of

PLANS, LIBRARY_RUNS = 31, 3


def main() -> None:
    """Print one row a network, on one thread."""
    torch.set_num_threads(1)
    print(
        f"\nratio {RATIO}, native global L1, medians of {PLANS} plans and {LIBRARY_RUNS} library runs, one thread"
    )
    print("| network | one-off ms | plan ms | slowest plan ms | library ms | library / plan |")
    print("|---|---|---|---|---|---|")
    for name in NETWORKS:
        print(_row(name), flush=True)


def _row(name: str) -> str:
    net = zoo.load(name)
    start = time.perf_counter()
    planner = NativePlanner(net, NativeOptions(scope=WeightScope.GLOBAL))
    planner.counts(RATIO)
    once = time.perf_counter() - start
    amounts = [RATIO + step / 1000 for step in range(PLANS)]  # never the same: a plan remembers its ties
    plans = [once_of(partial(planner.counts, amount)) for amount in amounts]
    plan = statistics.median(plans)
    library = _median(lambda: _library(net, planner), LIBRARY_RUNS)
    own = f"{once * 1e3:.0f} | {plan * 1e3:.2f} | {max(plans) * 1e3:.1f}"
    return f"| {name} | {own} | {library * 1e3:.0f} | {library / plan:.0f}× |"


def _library(net: Network, planner: NativePlanner) -> int:
    module = copy.deepcopy(net.module)
    slots = [(module.get_submodule(slot.layer), slot.parameter) for slot in planner.slots]
    prune.global_unstructured(slots, prune.L1Unstructured, amount=RATIO)
    return sum(int(getattr(layer, name).count_nonzero()) for layer, name in slots)
