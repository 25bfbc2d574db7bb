"""Where the libraries' own time goes: each prunes the real network, with a clock at each of its steps."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from torch.overrides import TorchFunctionMode

from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, DEPGRAPH, NATIVE
from explorer.backends.bench import Bench
from explorer.backends.depgraph.torch_pruning.timing import STEPS, stopwatch
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import attach
from explorer.studies.profile import removal
from explorer.studies.profile.costs import cost_of
from explorer.values import ChannelOptions, LibraryCost, NativeOptions

NATIVE_STEPS = ("norm", "sort", "zeroise", "rest")
_STEP_OF = {  # torch's functions that torch.nn.utils.prune calls, by name
    **dict.fromkeys(("abs", "norm", "rand", "rand_like"), "norm"),
    **dict.fromkeys(("topk", "sort", "argsort"), "sort"),
    **dict.fromkeys(("mul", "__mul__", "__setitem__", "ones_like", "zeros_like"), "zeroise"),
}


class OpClock(TorchFunctionMode):
    """Books every torch function that a library calls on the library's own step."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = dict.fromkeys(NATIVE_STEPS, 0.0)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        start = perf_counter()
        result = func(*args, **(kwargs or {}))
        step = _STEP_OF.get(getattr(func, "__name__", ""), "rest")
        self.seconds[step] += perf_counter() - start
        return result


def native_cost(net: Network, options: NativeOptions, amount: float, seconds: float) -> LibraryCost:
    """torch.nn.utils.prune: norm, sort, zeroise, and the bookkeeping around them."""
    order = NativePlanner(Bench(net), options).order(amount)

    def round_() -> Mapping[str, float]:
        module, clock = copy.deepcopy(net.module), OpClock()
        start = perf_counter()
        with clock:
            attach(module, order, options)
        return _with_rest(clock.seconds, perf_counter() - start)

    return cost_of(BACKENDS[NATIVE].name, net, 0, NATIVE_STEPS, round_, seconds)


def depgraph_cost(bench: Bench, options: ChannelOptions, ratio: float, seconds: float) -> LibraryCost:
    """Torch-Pruning: trace, build, group, score, prune, and the ranking between them."""
    planner = removal.planner_of(bench, options)
    plan = planner.plan(ratio)

    def round_() -> Mapping[str, float]:
        with stopwatch() as spent:
            planner.carry_out(plan)
        return spent | {"whole": sum(spent.values())}

    return cost_of(
        BACKENDS[DEPGRAPH].name, bench.net, len(planner.trace.structure.nodes), STEPS, round_, seconds
    )


def _with_rest(spent: dict[str, float], whole: float) -> dict[str, float]:
    """What no step accounts for is the rest: Python, hooks, parameters made anew."""
    named = sum(taken for step, taken in spent.items() if step != "rest")
    return spent | {"rest": whole - named, "whole": whole}
