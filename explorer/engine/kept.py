"""What the engine process keeps: all that is dear to make, in bounded caches.

One engine serves many sessions for days, so each cache is bounded by number, and together they are bounded by memory.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Generator
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import psutil

from explorer import sources
from explorer.anatomy.network import Network, check_weights
from explorer.anatomy.propagation import LayerCost, layer_costs
from explorer.backends.depgraph.couplings import checked
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import Gradients, Trace, trace
from explorer.backends.native.planner import NativePlanner
from explorer.backends.sparseml.options import check_options
from explorer.backends.sparseml.planner import Ranked, SparsePlanner
from explorer.graph.build import dependency_graph
from explorer.measuring.gradients import gather_gradients
from explorer.process.limits import memory_limit
from explorer.process.steps import finished
from explorer.studies.sensitivity.solver import Solver
from explorer.studies.summary import summarize
from explorer.values import (
    Criterion,
    Group,
    LayerGraph,
    NativeOptions,
    NetworkSpec,
    NetworkSummary,
    Progress,
    PruningOptions,
    Sensitivity,
    SparseOptions,
)
from explorer.values.errors import DownloadError, PruningError, TimeError, UnknownNameError

T = TypeVar("T")

NETWORKS = 3  # kept at once; VGG-16, the largest that is common, is 0.5 GB
PLANNERS = 6
SOLVERS = 3
NATIVE_PLANNERS = 2  # global ones hold all weights twice, sorted
ROOM = 0.4  # of the memory limit; in use beyond it, a further network makes the engine forget the others

_gathered: OrderedDict[tuple[NetworkSpec, Criterion], Gradients] = OrderedDict()


def make_room() -> None:
    """Forget everything, if it takes more memory than leaves room for another large network."""
    if psutil.Process().memory_info().rss > ROOM * memory_limit():
        for cache in CACHES:
            cache.cache_clear()
        _gathered.clear()
        gc.collect()


@lru_cache(maxsize=NETWORKS)
def network(spec: NetworkSpec) -> Network:
    """A network, loaded once.

    Raises:
        DownloadError: if its weights are not on this machine.
        NetworkError: if its weights are no numbers.
    """
    make_room()
    if sources.needs_download(spec):
        raise DownloadError(
            f"The pretrained weights of '{spec.name}' are not on this machine. Download them, or choose random weights."
        )
    net = sources.load_spec(spec)
    check_weights(net.module, spec.name)
    return net


def _remembered(function: Callable[..., T]) -> Callable[..., T]:
    """Keep a network's last results, and what was refused too: a refusal can take as long as a result."""

    @lru_cache(maxsize=NETWORKS)
    def outcome(*args: object) -> tuple[T | None, str]:
        try:
            return function(*args), ""
        except TimeError:
            raise  # with less to do beside it, the same may be done in time
        except PruningError as error:
            return None, str(error)

    @wraps(function)
    def call(*args: object) -> T:
        result, refusal = outcome(*args)
        if refusal:
            raise PruningError(refusal)
        return cast(T, result)

    call.cache_clear = outcome.cache_clear  # type: ignore[attr-defined]
    return call


@_remembered
def traced(spec: NetworkSpec) -> tuple[Network, Trace]:
    """Its trace by Torch-Pruning, with the very network that was traced: the trace points into it.

    A network that was forgotten and loaded again has layers of its own, which this trace would not mean.
    """
    net = network(spec)
    return net, trace(net.module, net.example_input)


@lru_cache(maxsize=NETWORKS)
def graph(spec: NetworkSpec) -> LayerGraph:
    """Its dependency graph."""
    return dependency_graph(*traced(spec))


@lru_cache(maxsize=NETWORKS)
def summary(spec: NetworkSpec) -> NetworkSummary:
    """What it is made of, and how accurate it is."""
    return summarize(network(spec))


@lru_cache(maxsize=NATIVE_PLANNERS)
def native(spec: NetworkSpec, options: NativeOptions) -> NativePlanner:
    """Its planner of PyTorch native masks."""
    return NativePlanner(network(spec), options)


@lru_cache(maxsize=SOLVERS)
def solver(spec: NetworkSpec, found: Sensitivity) -> Solver:
    """What spends budgets on it."""
    return Solver(planner(spec, found.options.scoring), found)


def group(spec: NetworkSpec, number: int) -> Group:
    """One of its coupled groups."""
    groups = graph(spec).groups
    if not 0 <= number < len(groups):
        raise UnknownNameError(
            f"'{spec.name}' has groups 0 to {len(groups) - 1}, got {number}. Pick one on the graph page."
        )
    return groups[number]


def sparse(spec: NetworkSpec, options: SparseOptions) -> SparsePlanner:
    """Its planner of SparseML recipes."""
    net = network(spec)
    check_options(net, options)
    return SparsePlanner(net, options, _sparse_ranked(spec, Ranked.key(options)))


@lru_cache(maxsize=NATIVE_PLANNERS)
def _sparse_ranked(spec: NetworkSpec, key: SparseOptions) -> Ranked:
    return Ranked(network(spec), key)


def planner(spec: NetworkSpec, options: PruningOptions) -> DepGraphPlanner:
    """Its DepGraph planner."""
    return _ranked(spec, options)


@lru_cache(maxsize=PLANNERS)
def _ranked(spec: NetworkSpec, options: PruningOptions) -> DepGraphPlanner:
    gradients = finished(gather(spec, options.criterion))
    net, found = traced(spec)
    return DepGraphPlanner(net, options, found, _costs(spec), gradients)


def check(spec: NetworkSpec) -> Generator[Progress, None, None]:
    """Find out which of its coupled groups hold, once, telling how far that is."""
    yield from checked(*traced(spec))


def gather(spec: NetworkSpec, criterion: Criterion) -> Generator[Progress, None, Gradients]:
    """What a criterion wants of a network, once."""
    key = spec, criterion
    if key not in _gathered:
        net = network(spec)
        _gathered[key] = yield from gather_gradients(net.module, net.judged_on, criterion)
        while len(_gathered) > NETWORKS:
            _gathered.popitem(last=False)
    return _gathered[key]


@lru_cache(maxsize=NETWORKS)
def _costs(spec: NetworkSpec) -> dict[str, LayerCost]:
    """No option changes them, and reading them runs the whole network."""
    return layer_costs(network(spec))


CACHES: tuple[Any, ...] = (
    network,
    traced,
    graph,
    summary,
    native,
    solver,
    _sparse_ranked,
    _ranked,
    _costs,
)
