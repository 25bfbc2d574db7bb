"""Parameters that may carry a mask, for every library that writes zeros."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Slot:
    """One parameter that may carry a mask."""

    layer: str  # dotted path
    parameter: str  # "weight" or "bias"

    @property
    def name(self) -> str:
        """The parameter's dotted path."""
        return f"{self.layer}.{self.parameter}"


def maskable(module: nn.Module) -> tuple[Slot, ...]:
    """Weights and biases of convolutions and linear layers that the library masks soundly.

    Left out: layers inside attention, which reads their weights without running them, so masks are never put on
    again in training; and weights that layers share, since ``prune.remove`` on one zeroes the other.
    """
    sharing = Counter(
        id(parameter)
        for layer in module.modules()
        for parameter in layer._parameters.values()
        if parameter is not None
    )
    return tuple(
        Slot(name, parameter)
        for name, layer in _outside_attention(module)
        for parameter in ("weight", "bias")
        if (found := layer._parameters.get(parameter)) is not None and sharing[id(found)] == 1
    )


def _outside_attention(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Convolutions and linear layers, each under its first name however often it is used."""
    layers = list(root.named_modules())
    inside = tuple(f"{name}." for name, layer in layers if isinstance(layer, nn.MultiheadAttention))
    for name, layer in layers:
        if name and isinstance(layer, (nn.modules.conv._ConvNd, nn.Linear)) and not name.startswith(inside):
            yield name, layer
