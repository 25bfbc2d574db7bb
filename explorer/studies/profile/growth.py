"""How the libraries' own cost grows with a network: the same order given to networks of many sizes; a job."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial

from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, DEPGRAPH, NATIVE, SPARSEML
from explorer.backends.base import Listener
from explorer.backends.bench import Bench
from explorer.process import island
from explorer.process.engine import EngineProcess
from explorer.process.frames import Request
from explorer.process.island_settings import sparse_settings
from explorer.studies.profile import removal
from explorer.studies.profile.libraries import depgraph_cost, native_cost
from explorer.studies.steps import step
from explorer.values import (
    Growth,
    LibraryCost,
    NetworkSpec,
    ProfileRequest,
    Progress,
    Refusal,
    SparseCost,
    StepCost,
    Timing,
)
from explorer.values.errors import ExplorerError

IMPORT = "import"
LIMIT = 600.0  # seconds that SparseML may take for one network

Cost = Callable[[Network, ProfileRequest, Listener], LibraryCost]


def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Generator[Progress, None, Growth]:
    """Time every library's steps on each network; without SparseML where it is not set up.

    Yields:
        Which library prunes which network, and how far it is with that.
    """
    missing = island.why_missing()
    costs = {BACKENDS[key].name: cost for key, cost in _COSTS.items() if key != SPARSEML or not missing}
    found: list[LibraryCost | Refusal] = []
    each = 1 / (len(specs) * len(costs))
    for spec in specs:
        yield Progress(len(found) * each, f"Loading {spec.name}")
        net = sources.load_spec(spec)
        for library, cost in costs.items():
            at, text = len(found) * each, f"{library} prunes copies of {spec.name}, step by step"
            found.append((yield from step(at, at + each, text, partial(_tried, library, cost, net, request))))
    return Growth(
        tuple(one for one in found if isinstance(one, LibraryCost)),
        tuple(one for one in found if isinstance(one, Refusal)),
        missing,
    )


def _tried(
    library: str, cost: Cost, net: Network, request: ProfileRequest, tell: Listener
) -> LibraryCost | Refusal:
    """What a library takes, or why there is no telling; what one refuses the others may well prune."""

    def of_network(news: Progress) -> None:
        text = news.text if net.name in news.text else f"{net.name}: {news.text}"
        tell(Progress(news.fraction or 0.0, text))

    try:
        return cost(net, request, of_network)
    except ExplorerError as error:
        return Refusal(library, net.name, str(error))


def _native(net: Network, request: ProfileRequest, _: Listener) -> LibraryCost:
    return native_cost(net, request.native, request.amount, request.seconds)


def _depgraph(net: Network, request: ProfileRequest, tell: Listener) -> LibraryCost:
    bench = Bench(net)
    for news in removal.planner_of(bench, request.options).rank():
        tell(news)
    return depgraph_cost(bench, request.options, request.ratio, request.seconds)


def _sparseml(net: Network, request: ProfileRequest, tell: Listener) -> LibraryCost:
    """Timed in a new process for every network: what kills it costs one point, and each gives an import time.

    Raises:
        PruningError: with what SparseML says against the network.
        EngineError: if its process hung, was killed or ran out of memory.
    """
    tell(Progress(None, "Starting SparseML"))
    process = EngineProcess(replace(sparse_settings(), remedy="Measure growth again."))
    try:
        order = Request("recipe_cost", (net.spec, request), doing=f"timing SparseML on '{net.name}'")
        found: SparseCost = process.call(order, LIMIT, tell)
    finally:
        process.stop()
    once = Timing(found.imported, found.imported, found.imported, runs=1)
    return replace(found.cost, steps=(StepCost(IMPORT, once), *found.cost.steps))


_COSTS: dict[str, Cost] = {NATIVE: _native, DEPGRAPH: _depgraph, SPARSEML: _sparseml}
