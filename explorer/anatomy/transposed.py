"""Layers with an input and an output width, among them transformers' ``Conv1D``: linear, its weight ``[in, out]``."""

from __future__ import annotations

from typing import Any

from torch import nn


class _Named(type):
    """Known by its name, so that nobody needs the package which defines it."""

    def __instancecheck__(cls, layer: object) -> bool:
        weight = getattr(layer, "weight", None)
        named = type(layer).__name__ == "Conv1D" and isinstance(layer, nn.Module) and hasattr(layer, "nf")
        return named and weight is not None and weight.dim() == 2


class Conv1D(nn.Module, metaclass=_Named):
    """What ``isinstance`` takes for transformers' ``Conv1D``."""

    weight: nn.Parameter  # [in, out]
    bias: nn.Parameter
    nf: int  # outputs
    nx: int  # inputs


def widths(layer: Any) -> tuple[int, int]:
    """Outputs and inputs of a convolution or a linear layer of any kind."""
    if isinstance(layer, Conv1D):
        return int(layer.weight.shape[1]), int(layer.weight.shape[0])
    if isinstance(layer, nn.Linear):
        return layer.out_features, layer.in_features
    return layer.out_channels, layer.in_channels
