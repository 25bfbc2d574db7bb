"""What every function of a forward pass gave out: also what nobody reads, which runs and counts all the same."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from explorer.anatomy.inputs import tensors_in

_VALUES = {"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__"}  # these leave torch


class Results(TorchFunctionMode):
    """Notes autograd's node of every result, and which of them somebody may read where nothing records it."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[Any, list[weakref.ref[Tensor]]] = {}
        self._watched: set[Any] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        results = list(tensors_in(found)) if isinstance(found, (Tensor, tuple, list)) else []
        for result in results:
            if result.grad_fn is not None:
                self._made.setdefault(result.grad_fn, []).append(weakref.ref(result))
        unrecorded = found is None or any(result.grad_fn is None for result in results)
        if unrecorded or getattr(func, "__name__", "") in _VALUES:
            given = tensors_in((args, kwargs or {}))
            self._watched.update(tensor.grad_fn for tensor in given if tensor.grad_fn is not None)
        return found

    @property
    def made(self) -> set[Any]:
        """Of all results."""
        return set(self._made)

    @property
    def watched(self) -> set[Any]:
        """Of those that something unrecorded read, as an argmax, and of those that somebody keeps for later."""
        return self._watched | set(self._held())

    def _held(self) -> Iterator[Any]:
        return (fn for fn, results in self._made.items() if any(result() is not None for result in results))
