"""What every function of a forward pass gave out: also what nobody reads, which runs and counts all the same."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from explorer.anatomy.inputs import tensors_in

_VALUES = {"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__"}  # these leave torch


class Results(TorchFunctionMode):
    """Notes autograd's nodes.

    Args:
        made: filled in with those of all results.
        watched: of whatever is read where nothing records it, as by an argmax.
    """

    def __init__(self, made: set[Any], watched: set[Any]) -> None:
        super().__init__()
        self._made, self._watched = made, watched

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        results = list(tensors_in(found)) if isinstance(found, (Tensor, tuple, list)) else []
        self._made.update(result.grad_fn for result in results if result.grad_fn is not None)
        if any(result.grad_fn is None for result in results) or getattr(func, "__name__", "") in _VALUES:
            given = tensors_in((args, kwargs or {}))
            self._watched.update(tensor.grad_fn for tensor in given if tensor.grad_fn is not None)
        return found
