"""How the libraries' own cost grows with a network: the same order given to networks of many sizes; a long run."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from explorer import zoo
from explorer.errors import PruningError
from explorer.profiling.libraries import DEPGRAPH, NATIVE, depgraph_cost, native_cost
from explorer.profiling.planners import Planners
from explorer.schema import Growth, LibraryCost, NetworkSpec, ProfileRequest, Progress, Refusal


def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Generator[Progress, None, Growth]:
    """Time every library's steps on each network.

    Yields:
        Which network is pruned, before each.
    """
    found: list[LibraryCost | Refusal] = []
    for number, spec in enumerate(specs):
        yield Progress(number / len(specs), f"Pruning {spec.name} again and again, step by step")
        found += _costs(spec, request)
    return Growth(
        tuple(one for one in found if isinstance(one, LibraryCost)),
        tuple(one for one in found if isinstance(one, Refusal)),
    )


def _costs(spec: NetworkSpec, request: ProfileRequest) -> Iterator[LibraryCost | Refusal]:
    """What each library takes, or why it refuses; what one refuses the other may well prune."""
    net = zoo.load_spec(spec)

    def native() -> LibraryCost:
        return native_cost(net, request.native, request.amount, request.seconds)

    def depgraph() -> LibraryCost:
        return depgraph_cost(Planners(net), request.options, request.ratio, request.seconds)

    for library, cost in ((NATIVE, native), (DEPGRAPH, depgraph)):
        try:
            yield cost()
        except PruningError as error:
            yield Refusal(library, spec.name, str(error))
