"""Attention written by hand that an adapter fits: its layers, its widths, and the numbers that follow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt
from typing import Any

import numpy as np
from torch import nn

from explorer.anatomy.adapters import ADAPTERS, Adapter
from explorer.anatomy.transposed import Conv1D, widths


@dataclass(frozen=True)
class Attention:
    """Attention found in a network."""

    path: str  # of its owner
    owner: nn.Module
    adapter: Adapter

    @cached_property
    def layers(self) -> tuple[nn.Module, ...]:
        """Query, key, value, output."""
        return tuple(self.owner.get_submodule(name) for name in self.adapter.layers)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Their dotted paths."""
        return tuple(f"{self.path}.{name}".lstrip(".") for name in self.adapter.layers)

    @property
    def fused(self) -> bool:
        """Whether one layer makes queries, keys and values, in this order."""
        return self.layers[0] is self.layers[2]

    @property
    def heads(self) -> int:
        """How many there are; of those that share keys and values, how many such sets."""
        if self.adapter.rotated:
            return widths(self.layers[1])[0] // self._turned
        return int(getattr(self._holder, self.adapter.heads))

    @property
    def shared(self) -> tuple[int, int]:
        """Channels of a head's keys, and how many heads read them."""
        size = self.width // self.heads
        return (self._turned, size // self._turned) if self.adapter.rotated else (size, 1)

    @property
    def _turned(self) -> int:
        return int(getattr(self._holder, self.adapter.rotated))

    @property
    def width(self) -> int:
        """Channels of all heads together, as its layers are now."""
        return widths(self.layers[3])[1]

    @property
    def size(self) -> int:
        """Channels of a head, as its layers are now; of all that share keys and values."""
        return self.width // self.heads

    @property
    def places(self) -> tuple[str, ...]:
        """Modules whose own forward may multiply queries, keys and values."""
        held = f"{self.path}.{self.adapter.holder}".strip(".")
        return tuple({self.path or "(top)", held or "(top)"})

    def tokens(self, macs: int) -> int:
        """Tokens that its layers see within its own forward; 0 where they are called, and so counted themselves.

        Args:
            macs: that its own forward spends: on four projections and on two products within each window.
        """
        if self.adapter.called:
            return 0
        within = prod(getattr(self._holder, self.adapter.window))
        return macs // (4 * self.width**2 + 2 * within * self.width)

    def fits(self) -> bool:
        """Whether the owner is what its adapter says."""
        known = self.adapter
        stored = (known.heads, known.size, known.width, known.scale, known.rotated)
        below = dict(self.owner.named_modules())
        if (known.holder and known.holder not in below) or any(name not in below for name in known.layers):
            return False
        if not all(hasattr(self._holder, name) for name in stored if name):
            return False
        if not all(isinstance(layer, (nn.Linear, Conv1D)) for layer in self.layers):
            return False
        query, key, value = (widths(layer)[0] for layer in self.layers[:3])
        if known.rotated:
            return query == self.width and key == value and key % self._turned == 0 and query % key == 0
        made = self.width * (3 if self.fused else 1)
        return self.width % self.heads == 0 and query == key == value == made

    def whole_heads(self, channels: Sequence[int]) -> int:
        """How many heads go with some channels of what the output layer reads, as it is now."""
        lost = np.bincount(np.asarray(channels, dtype=np.int64) // self.size, minlength=self.heads)
        return int((lost == self.size).sum()) if self.adapter.separable else 0

    def lose_heads(self, count: int) -> None:
        """Tell the owner that it has so many heads less."""
        if count:
            setattr(self._holder, self.adapter.heads, self.heads - count)

    def settle(self) -> None:
        """Tell the owner the widths that its layers have now; those who cut heads told it how many are left."""
        known, size = self.adapter, self.size
        before = self._size_before(size)
        values = {known.size: size, known.width: self.width}
        if known.scale and before != size and getattr(self._holder, "scale_attn_weights", True):
            values[known.scale] = getattr(self._holder, known.scale) * sqrt(before / size)
        for name, value in values.items():
            if name:
                setattr(self._holder, name, value)

    def _size_before(self, size: int) -> int:
        """Channels of a head as the owner still has them, or as its scale tells."""
        if self.adapter.size:
            return int(getattr(self._holder, self.adapter.size))
        return round(getattr(self._holder, self.adapter.scale) ** -2) if self.adapter.scale else size

    @property
    def _holder(self) -> Any:
        return self.owner.get_submodule(self.adapter.holder)


def attentions(module: nn.Module) -> Iterator[Attention]:
    """All attention of a network that an adapter fits."""
    for path, owner in module.named_modules():
        found = (Attention(path, owner, adapter) for adapter in _BY_NAME.get(type(owner).__name__, ()))
        fitting = next((one for one in found if _is_named(owner, one.adapter) and one.fits()), None)
        if fitting is not None:
            yield fitting


def _is_named(owner: nn.Module, adapter: Adapter) -> bool:
    home = type(owner).__module__
    named = (name.partition(":") for name in adapter.classes)
    return any(
        name == type(owner).__name__ and f"{home}.".startswith(f"{package}.") for package, _, name in named
    )


_BY_NAME: dict[str, list[Adapter]] = {}
for _adapter in ADAPTERS:
    for _name in _adapter.classes:
        _BY_NAME.setdefault(_name.partition(":")[2], []).append(_adapter)
