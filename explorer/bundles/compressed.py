"""Weights with many zeros as a smaller file: one bit for each value, and the values that are not zero."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from safetensors.torch import load, save
from torch import Tensor

from explorer.anatomy.rebuild import BITS, SHAPE, VALUES, unpacked
from explorer.values.errors import ExportError


def compressed(weights: bytes) -> bytes:
    """The same tensors as a file that `unpacked` reads, which was done once.

    Args:
        weights: a safetensors file.

    Raises:
        ExportError: if that makes nothing smaller, or what is read back differs.
    """
    held = load(weights)
    content = save(dict(part for name, tensor in held.items() for part in _parts(name, tensor)))
    if len(content) >= len(weights):
        raise ExportError("It would be no smaller: too few weights are zero.")
    again = unpacked(load(content))
    apart = [name for name in held if name not in again or not torch.equal(held[name], again[name])]
    if apart:
        raise ExportError(f"'{apart[0]}' is read back with other values.")
    return content


def _parts(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    flat = tensor.flatten()
    places = flat != 0
    values = flat[places]
    packed = -(-flat.numel() // 8) + 8 * tensor.dim()
    if (flat.numel() - values.numel()) * tensor.element_size() <= packed:
        yield name, tensor
        return
    bits = torch.zeros(-(-flat.numel() // 8) * 8, dtype=torch.uint8)
    bits[: flat.numel()] = places.to(torch.uint8)
    yield name + BITS, (bits.reshape(-1, 8) << torch.arange(8, dtype=torch.uint8)).sum(1, dtype=torch.uint8)
    yield name + VALUES, values
    yield name + SHAPE, torch.tensor(tensor.shape)
