"""Which layer was running when an operation was recorded, told by the running numbers that autograd gives."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn

from explorer.anatomy.inputs import tensors_in
from explorer.anatomy.scopes import next_sequence, sequence_of
from explorer.backends.depgraph.torch_pruning.layer_kinds import is_layer


@dataclass(frozen=True, eq=False)
class Call:
    """One run of one layer: operations numbered from `start` until before `end` belong to it."""

    module: nn.Module
    start: int
    end: int
    exit: Any  # autograd's node of its first output; None where nothing of it can be followed


class Calls:
    """The runs of all layers in one forward pass, in order. A layer inside a layer is part of the outer one."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._starts: list[int] = []
        self._open: list[tuple[nn.Module, int]] = []
        self._claimed: dict[Any, Call] = {}

    def of(self, fn: Any) -> Call | None:
        """The run that an operation belongs to; None where it belongs to no layer."""
        if fn in self._claimed:
            return self._claimed[fn]
        number = sequence_of(fn)
        place = bisect_right(self._starts, number) - 1
        found = self._calls[place] if place >= 0 else None
        return found if found is not None and number < found.end else None

    def claim(self, call: Call) -> None:
        """Let an operation count as a run of its own."""
        self._claimed[call.exit] = call

    def __reversed__(self) -> Iterator[Call]:
        """The last run first."""
        return reversed(self._calls)

    @contextmanager
    def recording(
        self, module: nn.Module, also: Collection[nn.Module] = (), but: Collection[nn.Module] = ()
    ) -> Iterator[Calls]:
        """Note every layer that runs inside the ``with`` block but some, and other modules that count as layers."""
        layers = [
            layer for layer in module.modules() if (is_layer(layer) and layer not in but) or layer in also
        ]
        hooks = [layer.register_forward_pre_hook(self._before) for layer in layers]
        hooks += [layer.register_forward_hook(self._after) for layer in layers]
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _before(self, layer: nn.Module, _inputs: object) -> None:
        self._open.append((layer, next_sequence()))

    def _after(self, layer: nn.Module, _inputs: object, output: object) -> None:
        _, start = self._open.pop()
        if not self._open:
            first = next(tensors_in(output), None)
            self._calls.append(Call(layer, start, next_sequence(), getattr(first, "grad_fn", None)))
            self._starts.append(start)
