"""The pruning libraries behind one seam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.backends.base import Backend, Planner, check_ratio
from explorer.backends.table import BACKENDS, DEPGRAPH, NATIVE, SPARSEML, backend_of, resolved

if TYPE_CHECKING:
    from explorer.anatomy.network import Network

__all__ = [
    "BACKENDS",
    "DEPGRAPH",
    "NATIVE",
    "SPARSEML",
    "Backend",
    "Planner",
    "backend_of",
    "check_ratio",
    "planner",
    "resolved",
]


def planner(net: Network, backend: str = DEPGRAPH, **options: Any) -> Planner[Any]:
    """Prepare a planner: compute importances and rank them, once.

    Args:
        net: from ``explorer.load`` or ``explorer.wrap``.
        backend: a key of `BACKENDS`.
        options: that backend's options, e.g. ``criterion="l2", scope="global", round_to=8, keep=("stem",)``.

    Raises:
        UnknownNameError: for an unknown backend, option value or layer.
        PruningError: if nothing in the network can be pruned, or its channels are coupled wrongly.
    """
    from explorer.backends.bench import Bench  # who only reads the table imports no torch

    parsed = resolved(backend_of(backend).parse)(**options)
    made = Bench(net).planner(backend, parsed)
    for _ in made.rank():
        pass
    return made
