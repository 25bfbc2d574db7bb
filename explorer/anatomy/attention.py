"""Attention written by hand that an adapter fits: its layers, its widths, and the numbers that follow them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from inspect import signature
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
    def names(self) -> tuple[str, ...]:
        """Query, key, value, output: their paths below the owner; '' for one that it does not have."""
        below = dict(self.owner.named_modules())
        return tuple(_first(below, name) for name in self.adapter.layers)

    @cached_property
    def layers(self) -> tuple[nn.Module, ...]:
        """Query, key, value, output."""
        return tuple(self.owner.get_submodule(name) for name in self.names)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Their dotted paths."""
        return tuple(f"{self.path}.{name}".lstrip(".") for name in self.names)

    @cached_property
    def norms(self) -> tuple[nn.Module, ...]:
        """Norms that see one head at a time."""
        return tuple(norm for norm in self._norms if norm is not None and self._sees_a_head(norm))

    def whole_norms(self) -> Iterator[tuple[nn.Parameter, bool]]:
        """Scales of norms that see all heads together, and whether these are heads of keys."""
        for number, norm in enumerate(self._norms):
            for scales in norm.parameters() if norm is not None and norm not in self.norms else ():
                yield scales, number % 2 == 1

    @cached_property
    def _norms(self) -> tuple[nn.Module | None, ...]:
        return tuple(dict(self.owner.named_modules()).get(name) for name in self.adapter.norms)

    def _sees_a_head(self, norm: nn.Module) -> bool:
        return all(scales.shape == (self._turned,) for scales in norm.parameters())

    @property
    def fused(self) -> bool:
        """Whether one layer makes queries, keys and values."""
        return self.layers[0] is self.layers[2]

    @property
    def parts(self) -> tuple[int, int, int]:
        """How many of queries, keys and values each of their layers makes."""
        made = [sum(layer is other for other in self.layers[:3]) for layer in self.layers[:3]]
        return made[0], made[1], made[2]

    def makes_several(self, layer: object) -> bool:
        """Whether a layer makes more than one of queries, keys and values."""
        made = zip(self.layers[:3], self.parts, strict=True)
        return any(one is layer and parts > 1 for one, parts in made)

    @property
    def heads(self) -> int:
        """How many there are; of those that share keys and values, how many such sets."""
        if self.adapter.rotated:
            return self._keys // self._turned
        return int(self._stored(self.adapter.heads))

    @property
    def shared(self) -> tuple[int, int]:
        """Channels of a head's keys, and how many heads read them."""
        size = self.width // self.heads
        return (self._turned, size // self._turned) if self.adapter.rotated else (size, 1)

    @property
    def _turned(self) -> int:
        return int(self._stored(self.adapter.rotated))

    @property
    def _keys(self) -> int:
        """Channels of all keys, as its layers are now."""
        made = widths(self.layers[1])[0]
        return (made - self.width) // 2 if self.fused else made

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
        if (known.holder and known.holder not in below) or not all(self.names):
            return False
        if not all(_first(vars(self._holder), name) for name in stored if name and not name.endswith("|")):
            return False
        if not all(isinstance(layer, (nn.Linear, Conv1D)) for layer in self.layers):
            return False
        return self._turns() if known.rotated else not _is_fixed(self.owner) and self._divides()

    def _turns(self) -> bool:
        """Whether its layers have the widths of whole heads, as many to each of keys."""
        key, value = (widths(layer)[0] for layer in self.layers[1:3])
        made = key - 2 * self._keys if self.fused else widths(self.layers[0])[0]
        return (
            made == self.width
            and key == value
            and self._keys == (self.width if self.fused else key)
            and self._keys % self._turned == 0
            and self.width % self._keys == 0
            and all(
                scales.shape == (self._keys if of_keys else self.width,)
                for scales, of_keys in self.whole_norms()
            )
        )

    def _divides(self) -> bool:
        """Whether its layers have the width of its heads."""
        made = [self.width * parts for parts in self.parts]
        return self.width % self.heads == 0 and [widths(layer)[0] for layer in self.layers[:3]] == made

    def whole_heads(self, channels: Sequence[int]) -> int:
        """How many heads go with some channels of what the output layer reads, as it is now."""
        lost = np.bincount(np.asarray(channels, dtype=np.int64) // self.size, minlength=self.heads)
        return int((lost == self.size).sum()) if self.adapter.separable else 0

    def lose_heads(self, count: int) -> None:
        """Tell the owner that it has so many heads less."""
        if count:
            self._tell(self.adapter.heads, self.heads - count)

    def settle(self) -> None:
        """Tell the owner the widths that its layers have now; those who cut heads told it how many are left."""
        known, size = self.adapter, self.size
        if known.rotated:
            self._count()
            return
        before = self._size_before(size)
        if known.scale and before != size and getattr(self._holder, "scale_attn_weights", True):
            self._tell(known.scale, self._stored(known.scale) * sqrt(before / size))
        self._tell(known.size, size)
        self._tell(known.width, self.width)

    def _count(self) -> None:
        """Tell the owner how many heads it has, under all names by which some owner asks for them."""
        known = self._holder
        for (heads, widest), width in ((_QUERIES, self.width), (_KEYS, self._keys)):
            values = dict.fromkeys(heads, width // self._turned) | dict.fromkeys(widest, width)
            for name in values.keys() & vars(known).keys():
                setattr(known, name, values[name])

    def _size_before(self, size: int) -> int:
        """Channels of a head as the owner still has them, or as its scale tells."""
        if _first(vars(self._holder), self.adapter.size):
            return int(self._stored(self.adapter.size))
        return round(self._stored(self.adapter.scale) ** -2) if self.adapter.scale else size

    def _stored(self, names: str) -> Any:
        return getattr(self._holder, _first(vars(self._holder), names))

    def _tell(self, names: str, value: float) -> None:
        if name := _first(vars(self._holder), names):
            setattr(self._holder, name, value)

    @property
    def _holder(self) -> Any:
        return self.owner.get_submodule(self.adapter.holder)


_QUERIES = ("num_heads", "num_attention_heads"), ("attn_dim", "all_head_size")
_KEYS = ("num_key_value_heads", "num_kv_heads"), ("kv_dim",)


_POSITIONS = {"position_embeddings", "sinusoidal_pos"}
_HEAD_NORMS = ("q_norm", "k_norm")
_NOTHING = nn.Identity()


def _first(known: Container[str], names: str) -> str:
    """The first of some names, given as "a|b", that is known; '' where none is."""
    return next((name for name in names.split("|") if name in known), "")


def _is_fixed(owner: nn.Module) -> bool:
    """Whether positions are turned within its heads, or these are normed, which fixes their size."""
    if any(not isinstance(owner._modules.get(name, _NOTHING), nn.Identity) for name in _HEAD_NORMS):
        return True
    named = (*vars(owner), *owner._modules, *owner._buffers)
    takes = signature(owner.forward).parameters
    return not _POSITIONS.isdisjoint(takes) or any("rotary" in name or "rope" in name for name in named)


def attentions(module: nn.Module) -> Iterator[Attention]:
    """All attention of a network that an adapter fits."""
    for path, owner in module.named_modules():
        found = (
            Attention(path, owner, adapter)
            for adapter in _named(type(owner).__module__, type(owner).__name__)
        )
        fitting = next((one for one in found if one.fits()), None)
        if fitting is not None:
            yield fitting


@cache
def _named(module: str, name: str) -> tuple[Adapter, ...]:
    """Adapters whose classes a class is among, by its module and its name."""
    return tuple(one for one in ADAPTERS if any(_is_among(module, name, classes) for classes in one.classes))


def _is_among(module: str, name: str, classes: str) -> bool:
    package, _, pattern = classes.partition(":")
    return f"{module}.".startswith(f"{package}.") and fnmatchcase(name, pattern)
