"""A machine whose speed is planted: torch's operations alone turn its clock, so nothing else can slow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

CLOCKED = (  # modules that read the clock of what is measured here
    "explorer.measuring.timing",
    "explorer.measuring.layer_clocks",
    "explorer.backends.depgraph.torch_pruning.timing",
)


@dataclass(frozen=True)
class Speed:
    """What every operation takes: seconds to start it, then its bytes and its MACs one after the other."""

    start: float = 1e-6
    bytes: float = 1e10  # a second
    macs: float = 5e10  # a second


class _Operations(TorchDispatchMode):
    def __init__(self, speed: Speed) -> None:
        super().__init__()
        self.now = 0.0
        self._speed = speed

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if not func.is_view:
            moved = sum(_size(value) for value in tree_leaves((args, kwargs, result)))
            flops: Callable[..., int] | None = flop_registry.get(func.overloadpacket)
            macs = flops(*args, **kwargs, out_val=result) / 2 if flops else 0
            self.now += self._speed.start + moved / self._speed.bytes + macs / self._speed.macs
        return result


def _size(value: object) -> int:
    return value.numel() * value.element_size() if isinstance(value, Tensor) else 0


@contextmanager
def planted(speed: Speed | None = None) -> Iterator[None]:
    """Within this block, times are those of the planted machine."""
    operations = _Operations(speed or Speed())
    patches = [patch(f"{module}.perf_counter", lambda: operations.now) for module in CLOCKED]
    for one in patches:
        one.start()
    try:
        with operations:
            yield
    finally:
        for one in patches:
            one.stop()
