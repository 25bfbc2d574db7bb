"""What the engine process keeps: a bench for each of the last networks, bounded by number and by memory.

One engine serves many sessions for days.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from typing import Any

import psutil

from explorer import sources
from explorer.anatomy.network import check_weights
from explorer.backends.bench import Bench
from explorer.process.limits import memory_limit
from explorer.values import NetworkSpec
from explorer.values.errors import DownloadError

NETWORKS = 3  # kept at once; VGG-16, the largest that is common, is 0.5 GB
ROOM = 0.4  # of the memory limit; in use beyond it, a further network makes the engine forget the others

_benches: OrderedDict[NetworkSpec, Bench] = OrderedDict()


def bench(spec: NetworkSpec) -> Bench:
    """A network with all that was made of it, loaded once.

    Raises:
        DownloadError: if its weights are not on this machine.
        NetworkError: if its weights are no numbers.
    """
    if spec not in _benches:
        _make_room()
        _benches[spec] = _loaded(spec)
    _benches.move_to_end(spec)
    return _benches[spec]


def bench_for(spec: NetworkSpec, backend: str, options: Any) -> Bench:
    """The same, with room for one more planner: some hold all weights twice."""
    found = bench(spec)
    if not found.holds(backend, options) and _is_full():
        for other in _benches.values():
            other.forget()
        gc.collect()
    return found


def _make_room() -> None:
    """Forget the network that was used longest ago; all of them, if they leave no memory for another large one."""
    kept = 0 if _is_full() else NETWORKS - 1
    if len(_benches) > kept:
        while len(_benches) > kept:
            _benches.popitem(last=False)
        gc.collect()  # a bench and its planners know each other


def _is_full() -> bool:
    return psutil.Process().memory_info().rss > ROOM * memory_limit()


def _loaded(spec: NetworkSpec) -> Bench:
    if sources.needs_download(spec):
        raise DownloadError(
            f"The pretrained weights of '{spec.name}' are not on this machine. Download them, or choose random weights."
        )
    net = sources.load_spec(spec)
    check_weights(net.module, spec.name)
    return Bench(net)
