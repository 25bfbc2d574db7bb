"""How the libraries' own cost grows with a network: the same order given to networks of many sizes; a long run."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from explorer import zoo
from explorer.errors import PruningError
from explorer.profiling.libraries import DEPGRAPH, NATIVE, library_costs
from explorer.profiling.planners import Planners
from explorer.schema import Growth, LibraryCost, NetworkSpec, ProfileRequest, Progress, Timing


def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Generator[Progress, None, Growth]:
    """Time every library's steps on each network.

    Yields:
        Which network is pruned, before each.
    """
    costs: list[LibraryCost] = []
    for number, spec in enumerate(specs):
        yield Progress(number / len(specs), f"Pruning {spec.name} again and again, step by step")
        costs += _costs(spec, request)
    return Growth(tuple(costs))


def _costs(spec: NetworkSpec, request: ProfileRequest) -> Iterator[LibraryCost]:
    """What each library takes, or why it refuses."""
    net = zoo.load_spec(spec)
    try:
        yield from library_costs(Planners(net), request)
    except PruningError as error:
        nothing = Timing(0.0, 0.0, 0.0, 0)
        for library in (NATIVE, DEPGRAPH):
            yield LibraryCost(library, spec.name, 0, 0, (), nothing, str(error))
