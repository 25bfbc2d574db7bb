"""How the libraries' own cost grows with a network: the same order given to networks of many sizes; a job."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, DEPGRAPH, NATIVE, SPARSEML
from explorer.backends.bench import Bench
from explorer.process import island
from explorer.process.engine import EngineProcess
from explorer.process.frames import Request
from explorer.process.island_settings import sparse_settings
from explorer.studies.profile.libraries import depgraph_cost, native_cost
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

Cost = Callable[[Network, ProfileRequest], LibraryCost]


def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Generator[Progress, None, Growth]:
    """Time every library's steps on each network; without SparseML where it is not set up.

    Yields:
        Which library prunes which network, before each.
    """
    missing = island.why_missing()
    costs = {BACKENDS[key].name: cost for key, cost in _COSTS.items() if key != SPARSEML or not missing}
    found: list[LibraryCost | Refusal] = []
    for spec in specs:
        net = sources.load_spec(spec)
        for library, cost in costs.items():
            done = len(found) / (len(specs) * len(costs))
            yield Progress(done, f"{library} prunes copies of {spec.name}, step by step")
            found.append(_tried(library, cost, net, request))
    return Growth(
        tuple(one for one in found if isinstance(one, LibraryCost)),
        tuple(one for one in found if isinstance(one, Refusal)),
        missing,
    )


def _tried(library: str, cost: Cost, net: Network, request: ProfileRequest) -> LibraryCost | Refusal:
    """What a library takes, or why there is no telling; what one refuses the others may well prune."""
    try:
        return cost(net, request)
    except ExplorerError as error:
        return Refusal(library, net.name, str(error))


def _native(net: Network, request: ProfileRequest) -> LibraryCost:
    return native_cost(net, request.native, request.amount, request.seconds)


def _depgraph(net: Network, request: ProfileRequest) -> LibraryCost:
    return depgraph_cost(Bench(net), request.options, request.ratio, request.seconds)


def _sparseml(net: Network, request: ProfileRequest) -> LibraryCost:
    """Timed in a new process for every network: what kills it costs one point, and each gives an import time.

    Raises:
        PruningError: with what SparseML says against the network.
        EngineError: if its process hung, was killed or ran out of memory.
    """
    process = EngineProcess(replace(sparse_settings(), remedy="Measure growth again."))
    try:
        order = Request("recipe_cost", (net.spec, request), doing=f"timing SparseML on '{net.name}'")
        found: SparseCost = process.call(order, LIMIT)
    finally:
        process.stop()
    once = Timing(found.imported, found.imported, found.imported, runs=1)
    return replace(found.cost, steps=(StepCost(IMPORT, once), *found.cost.steps))


_COSTS: dict[str, Cost] = {NATIVE: _native, DEPGRAPH: _depgraph, SPARSEML: _sparseml}
