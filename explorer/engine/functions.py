"""What the engine process answers: names in, frozen plain values out.

Everything that is dear to make is kept, in bounded caches: one engine serves
many sessions for days.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, wraps
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from explorer import zoo
from explorer.applying import apply_and_check
from explorer.backends.depgraph import DepGraphPlanner
from explorer.errors import DownloadError, PruningError
from explorer.evaluation import evaluate
from explorer.graph.build import dependency_graph
from explorer.libraries.torch_pruning import Trace
from explorer.libraries.torch_pruning import trace as trace_network
from explorer.network import Network, check_weights
from explorer.schema import (
    ApplyReport,
    CatalogEntry,
    Criterion,
    Evaluation,
    LayerGraph,
    NetworkSpec,
    NetworkSummary,
    Plan,
    Progress,
    PruningOptions,
)
from explorer.summary import summarize

__all__ = [
    "apply",
    "catalog",
    "download",
    "graph",
    "importance",
    "plan",
    "plan_accuracy",
    "prepare",
    "summary",
]

T = TypeVar("T")

NETWORKS = 3  # kept at once; VGG-16, the largest that is common, is 0.5 GB
PLANNERS = 6


def catalog() -> tuple[CatalogEntry, ...]:
    """Every network that can be loaded."""
    return zoo.catalog()


def summary(spec: NetworkSpec) -> NetworkSummary:
    """Layers, totals, counters and accuracy of a network."""
    return _summary(spec)


def graph(spec: NetworkSpec) -> LayerGraph:
    """The dependency graph of a network."""
    return _graph(spec)


def importance(spec: NetworkSpec, criterion: Criterion) -> dict[int, tuple[float, ...]]:
    """Importance per channel of every group that may be pruned, by group id."""
    return _planner(spec, PruningOptions(criterion=criterion)).scores()


def prepare(spec: NetworkSpec, options: PruningOptions) -> None:
    """Build a planner, so that plans take milliseconds from here on."""
    _planner(spec, options)


def plan(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Plan:
    """What goes at a ratio."""
    return _planner(spec, options).plan(ratio)


def plan_accuracy(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Evaluation | None:
    """Accuracy right after pruning, measured on a copy with the plan's channels cut out; None without data."""
    net = _network(spec)
    return evaluate(_planner(spec, options).sliced(ratio), net.data) if net.data else None


def apply(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Generator[Progress, None, ApplyReport]:
    """Prune with the library and check the plan against it; a long run."""
    yield Progress(None, f"Loading {spec.name}")
    net = _network(spec)
    yield Progress(None, "Tracing and ranking")
    planner = DepGraphPlanner(net, options)
    return (yield from apply_and_check(planner, ratio))


def download(spec: NetworkSpec) -> Generator[Progress, None, None]:
    """Fetch pretrained weights into torch's cache; a long run."""
    fractions: SimpleQueue[float] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=1) as worker:
        loading = worker.submit(zoo.load_spec, spec, fractions.put)
        while not loading.done():
            with suppress(Empty):
                fraction = fractions.get(timeout=0.2)
                yield Progress(fraction, f"Downloading the weights of {spec.name}")
        loading.result()  # raises what went wrong


@lru_cache(maxsize=NETWORKS)
def _network(spec: NetworkSpec) -> Network:
    if zoo.needs_download(spec):
        raise DownloadError(
            f"The pretrained weights of '{spec.name}' are not on this machine. Download them, or choose random weights."
        )
    net = zoo.load_spec(spec)
    check_weights(net.module, spec.name)
    return net


def _remembered(function: Callable[..., T]) -> Callable[..., T]:
    """Keep a network's last results, and what was refused too: a refusal can take as long as a result."""

    @lru_cache(maxsize=NETWORKS)
    def outcome(*args: object) -> tuple[T | None, str]:
        try:
            return function(*args), ""
        except PruningError as error:
            return None, str(error)

    @wraps(function)
    def call(*args: object) -> T:
        result, refusal = outcome(*args)
        if refusal:
            raise PruningError(refusal)
        return cast(T, result)

    return call


@_remembered
def _trace(spec: NetworkSpec) -> Trace:
    net = _network(spec)
    return trace_network(net.module, net.example_input)


@lru_cache(maxsize=NETWORKS)
def _graph(spec: NetworkSpec) -> LayerGraph:
    return dependency_graph(_network(spec), _trace(spec))


@lru_cache(maxsize=NETWORKS)
def _summary(spec: NetworkSpec) -> NetworkSummary:
    return summarize(_network(spec))


def _planner(spec: NetworkSpec, options: PruningOptions) -> DepGraphPlanner:
    _check(spec)
    return _ranked(spec, options)


@lru_cache(maxsize=PLANNERS)
def _ranked(spec: NetworkSpec, options: PruningOptions) -> DepGraphPlanner:
    return DepGraphPlanner(_network(spec), options, _trace(spec))


@_remembered
def _check(spec: NetworkSpec) -> None:
    """Once a network: whether its couplings hold does not depend on the options."""
    _ranked(spec, PruningOptions()).check()
