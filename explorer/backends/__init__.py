"""The pruning libraries behind one seam; adding one is one file and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from explorer.backends.base import BackendInfo, Planner
from explorer.values.errors import UnknownNameError

if TYPE_CHECKING:
    from explorer.anatomy.network import Network

BACKENDS = {
    "depgraph": BackendInfo(
        title="DepGraph (Torch-Pruning)",
        removes=True,
        target="explorer.backends.depgraph.planner:DepGraphPlanner",
    ),
    "native": BackendInfo(
        title="PyTorch native (torch.nn.utils.prune)",
        removes=False,
        target="explorer.backends.native.planner:NativePlanner",
    ),
    "sparseml": BackendInfo(
        title="SparseML", removes=False, target="explorer.backends.sparseml.planner:SparsePlanner"
    ),
}


def planner(net: Network, backend: str = "depgraph", **options: Any) -> Planner[Any]:
    """Prepare a planner: compute importances and rank them, once.

    Args:
        net: from ``explorer.load`` or ``explorer.wrap``.
        backend: a key of `BACKENDS`.
        options: that backend's options, e.g. ``criterion="l2", scope="global", round_to=8, keep=("stem",)``.

    Raises:
        UnknownNameError: for an unknown backend, option value or layer.
        PruningError: if nothing in the network can be pruned.
    """
    if backend not in BACKENDS:
        raise UnknownNameError(f"Unknown backend {backend!r}. Known backends: {', '.join(BACKENDS)}.")
    module, _, name = BACKENDS[backend].target.partition(":")
    made: Planner[Any] = getattr(import_module(module), name).with_options(net, **options)
    return made
