"""FLOPs of whatever runs, by torch's own counter with its blind spots filled in, and what values decide on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import prod
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, _FlopCounterMode, sdpa_flop_count

from explorer.anatomy.choices import chosen_among

_DECIDING = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}


class Counter(FlopCounterMode):
    """Counts FLOPs inside a ``with`` block, in all only, what the CPU's fused kernels compute included."""

    def __init__(self) -> None:
        super().__init__(display=False, custom_mapping=_UNSEEN)
        # What keeps the counts of modules apart fails where one is given a bare parameter.
        self.mod_tracker = _NoTracker()  # type: ignore[assignment]
        self.decides = False  # whether values became sizes, or left torch and may decide what runs
        self.chosen: set[int] = set()  # among how many values something was chosen

    def __enter__(self) -> Counter:
        self.flop_counts.clear()
        self.mode = _AskedOnce(self)
        self.mode.__enter__()
        return self

    def _count_flops(self, packet: Any, out: Any, args: Any, kwargs: Any) -> Any:
        self.decides = self.decides or _is_deciding(packet)
        self.chosen |= chosen_among(packet, args, kwargs)
        return super()._count_flops(packet, out, args, kwargs)


class _AskedOnce(_FlopCounterMode):
    """Asks of each kind of operation once whether it is made of others; torch's own asks at every call."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not _is_whole(func):
            return super().__torch_dispatch__(func, types, args, kwargs)
        kwargs = kwargs or {}
        return self.counter._count_flops(func._overloadpacket, func(*args, **kwargs), args, kwargs)


@cache
def _is_whole(func: Any) -> bool:
    """Whether it is made of no other operations; what gives out no tensors, as a size, is left to torch."""
    made = torch._C.DispatchKey.CompositeImplicitAutograd
    return (
        isinstance(func, torch._ops.OpOverload)
        and all(isinstance(one.type, torch.TensorType) for one in func._schema.returns)
        and made not in func.py_kernels
        and not torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), made)
    )


@cache
def _is_deciding(packet: Any) -> bool:
    kinds = (getattr(packet, name) for name in getattr(packet, "overloads", list)())
    return any(_DECIDING.intersection(kind.tags) for kind in kinds)


class _NoTracker:
    parents = frozenset({"Global"})

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _attention_flops(query: Any, key: Any, value: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))


def _lstm_flops(steps: Any, *given: Any, out_shape: Any = None, **_: Any) -> int:
    """Of one layer in one direction: both of its weights, at every step of every sequence."""
    return 2 * prod(steps[:-1]) * sum(prod(weight) for weight in given[:2])


def _bilinear_flops(left: Any, weight: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    return 2 * prod(left[:-1]) * prod(weight)


def _vector_flops(matrix: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    return 2 * prod(matrix)


def _added_vector_flops(added: Any, matrix: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    return _vector_flops(matrix)


def _added_batch_flops(added: Any, left: Any, right: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    return 2 * prod(left) * int(right[-1])


_aten = torch.ops.aten
_UNSEEN = {  # kernels that torch's counter leaves out, by shapes
    _aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
    _aten.mkldnn_rnn_layer: _lstm_flops,
    _aten._trilinear: _bilinear_flops,
    _aten.mv: _vector_flops,
    _aten.dot: _vector_flops,
    _aten.addmv: _added_vector_flops,
    _aten.addbmm: _added_batch_flops,
}


@contextmanager
def fused_attention_off() -> Iterator[None]:
    """The encoder's fused fast path hides its products from any counter, and torch's older exporter knows it not."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
