"""Tensors that are stored so that nobody can rank, cut or follow them, and layers without any: refused by name."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from explorer.anatomy.surgery import Weighted
from explorer.values.errors import NetworkError

_LEAST_BITS = 16  # torch calculates with smaller floats in products only


def check_stored(module: nn.Module, name: str) -> None:
    """Refuse a network with sparse, 8-bit or inference tensors, or a layer of no channels.

    Raises:
        NetworkError: names the first such tensor, and what helps.
    """
    for path, tensor in _tensors(module):
        if why := _why_not(tensor):
            raise NetworkError(f"'{path}' of network '{name}' {why}")
    for path, layer in module.named_modules():
        if isinstance(layer, Weighted) and not is_lazy(layer.weight) and not layer.weight.numel():
            sizes = "×".join(map(str, layer.weight.shape))
            raise NetworkError(
                f"'{path}' of network '{name}' has a weight of {sizes}, which holds nothing. Take the layer out."
            )


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for named in (*module.named_parameters(), *module.named_buffers()):
        if not is_lazy(named[1]):  # those are told by others
            yield named


def _why_not(tensor: Tensor) -> str:
    if tensor.layout is not torch.strided:
        layout = str(tensor.layout).removeprefix("torch.")
        return (
            f"is stored as {layout}, in which nothing can be ranked or cut. Store it with its zeros "
            "(tensor.to_dense()), and make the pruned one sparse."
        )
    if tensor.is_floating_point() and torch.finfo(tensor.dtype).bits < _LEAST_BITS:
        dtype = str(tensor.dtype).removeprefix("torch.")
        return (
            f"holds {dtype} numbers, which torch cannot compare. Wrap the network as it was before, and convert the "
            "pruned one."
        )
    if tensor.is_inference():
        return (
            "was made under torch.inference_mode, where autograd cannot follow it. Build or load the network outside "
            "of it."
        )
    return ""
