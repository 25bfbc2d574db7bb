"""How much memory a forward pass holds at once."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from explorer.anatomy.inputs import Example, apart, handed, tensors_in


class _Alive(TorchDispatchMode):
    """Follows every tensor that an operation makes, until nobody holds it any more."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self.peak = 0
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.follow(leaf)
        return result

    def follow(self, tensor: Tensor) -> None:
        """Count a tensor's storage once, however many tensors look at it."""
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        self._known.add(storage)
        self.bytes += storage.nbytes()
        self.peak = max(self.peak, self.bytes)
        weakref.finalize(storage, self._gone, storage.nbytes())

    def _gone(self, size: int) -> None:
        self.bytes -= size


@torch.no_grad()
def peak_forward_bytes(module: nn.Module, example_input: Example) -> int:
    """The most bytes of tensors that are held at once in one forward pass without gradients.

    Weights, buffers, the input, and every intermediate result for as long as it lives; what a kernel sets
    aside for itself while it runs is not seen.

    Args:
        module: in eval mode; left untouched.
        example_input: one batch that it accepts.
    """
    given = apart(example_input)  # some networks write into theirs
    with _Alive() as alive:
        for tensor in (*module.parameters(), *module.buffers(), *tensors_in(given)):
            alive.follow(tensor)
        handed(module, given)
    return alive.peak
