"""PyTorch native: plans what is zeroed, in integers; ``torch.nn.utils.prune`` carries it out.

Masks write zeros and change no shape: parameters and MACs stay, non-zeros and effective MACs shrink.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self

import torch
from torch import Tensor, nn

from explorer.backends.native_options import check_amount, check_options, order_at, parse_options, selected
from explorer.backends.native_ranking import Loss, Ranking
from explorer.counting import layer_rows, state_bytes
from explorer.libraries.torch_prune import Order, Slot, attach
from explorer.network import Network
from explorer.schema import Amount, LayerRow, LayerSparsity, NativeOptions, NativePlan, Pattern, WeightScope


@dataclass(frozen=True)
class MaskPlan(NativePlan):
    """A plan that can also tell its masks; it stays in the process that holds the network."""

    planner: NativePlanner = field(kw_only=True, repr=False)

    def masks(self) -> dict[str, Tensor]:
        """Mask of every pruned parameter, True = kept, by the parameter's dotted path."""
        return self.planner.masks(self.amount)


@dataclass(frozen=True)
class _Row:
    """One layer and what its costs depend on."""

    row: LayerRow
    slots: tuple[Slot, ...]
    other_nonzero: int  # of parameters without a mask, but for the weight
    weight: int  # values in the weight; 0 where MACs do not depend on one
    weight_nonzero: int  # in the dense network


class NativePlanner:
    """Masks by ``torch.nn.utils.prune``; see `explorer.backends.base.Planner`."""

    def __init__(self, net: Network, options: NativeOptions) -> None:
        """Find the parameters that take masks, and count what the dense network holds.

        Raises:
            PruningError: for a combination that the library does not offer, or if nothing can be masked.
            UnknownNameError: if a layer does not exist.
        """
        check_options(net, options)
        self.net = net
        self.options = options
        self.slots = selected(net, options)
        self.ranking = Ranking(net.module, self.slots, options)
        self.sights: dict[Slot, object] = {}  # what the three steps show of a layer, kept by who shows them
        self._lent = False
        self._bytes = state_bytes(net.module)
        self._bytes_masks = sum(v.numel() * v.element_size() for v in self.ranking.values.values())

    @classmethod
    def with_options(cls, net: Network, **options: Any) -> Self:
        """Make a planner from loose options, as the notebook API takes them."""
        return cls(net, parse_options(**options))

    def plan(self, ratio: Amount) -> MaskPlan:
        """What is zeroed at a fraction (float) or a count (int) of weights or slices, exactly.

        Raises:
            PruningError: if the amount is neither, or a count is more than there is.
        """
        counts = self.counts(ratio)
        return MaskPlan(**{f.name: getattr(counts, f.name) for f in fields(NativePlan)}, planner=self)

    def counts(self, amount: Amount) -> NativePlan:
        """The plan as a plain value, which crosses the process boundary."""
        losses = self.ranking.losses(self.order(amount))
        rows = tuple(self._sparsity(row, losses) for row in self._rows)
        warnings = tuple(_warnings(amount, rows, self.options))
        return NativePlan(amount, rows, self._bytes, self._bytes + self._bytes_masks, warnings)

    def masks(self, amount: Amount) -> dict[str, Tensor]:
        """Masks at an amount, True = kept, by the parameter's dotted path."""
        return {slot.name: mask for slot, mask in self.ranking.masks(self.order(amount)).items()}

    def order(self, amount: Amount) -> Order:
        """What the library is asked at an amount."""
        return order_at(self.slots, self.options, check_amount(amount))

    def apply(self, plan: NativePlan) -> nn.Module:
        """Mask a fresh copy with ``torch.nn.utils.prune``; see `Planner.apply`."""
        return attach(copy.deepcopy(self.net.module), self.order(plan.amount), self.options)

    def masked(self, amount: Amount) -> nn.Module:
        """The same network without the library: a copy of its own with the plan's zeros written into it."""
        with self.lend_masked(amount) as module:
            return copy.deepcopy(module)

    @contextmanager
    def lend_masked(self, amount: Amount) -> Iterator[nn.Module]:
        """Lend that network for a ``with`` block, without the time that a copy takes; it is written anew for each.

        Raises:
            RuntimeError: while it is lent already.
        """
        if self._lent:
            raise RuntimeError(
                "The masked network is lent already: leave its with block, or take a copy by masked()."
            )
        self._lent = True
        try:
            self._write(amount)
            yield self._copy
        finally:
            self._lent = False

    def _write(self, amount: Amount) -> None:
        with torch.no_grad():
            for slot, mask in self.ranking.masks(self.order(amount)).items():
                self._copy.get_parameter(slot.name).copy_(self.ranking.values[slot] * mask)

    @cached_property
    def _copy(self) -> nn.Module:
        """Copying takes longer than masking, and a dragged slider asks many times a second."""
        return copy.deepcopy(self.net.module)

    @cached_property
    def _rows(self) -> tuple[_Row, ...]:
        modules = dict(self.net.module.named_modules())
        parameters = dict(self.net.module.named_parameters())
        return tuple(
            self._row(row, modules.get(row.name, parameters.get(row.name))) for row in layer_rows(self.net)
        )

    def _row(self, row: LayerRow, layer: nn.Module | nn.Parameter | None) -> _Row:
        slots = tuple(slot for slot in self.slots if slot.layer == row.name)
        if not isinstance(layer, (nn.modules.conv._ConvNd, nn.Linear)):
            held = _held(layer) if row.params else ()
            return _Row(row, slots, sum(int(p.count_nonzero()) for p in held), 0, 0)
        masked = {slot.parameter for slot in slots} | {"weight"}
        others = [p for name, p in layer.named_parameters(recurse=False) if name not in masked]
        weight = layer.weight
        other = sum(int(p.count_nonzero()) for p in others)
        return _Row(row, slots, other, weight.numel(), int(weight.count_nonzero()))

    def _sparsity(self, layer: _Row, losses: dict[Slot, Loss]) -> LayerSparsity:
        row = layer.row
        weight = losses.get(Slot(row.name, "weight"), (0, layer.weight_nonzero))[1]
        bias = losses.get(Slot(row.name, "bias"), (0, 0))[1]
        return LayerSparsity(
            name=row.name,
            type=row.type,
            params=row.params,
            nonzero=layer.other_nonzero + weight + bias,
            masked=sum(losses[slot][0] for slot in layer.slots),
            maskable=sum(self.ranking.values[slot].numel() for slot in layer.slots),
            macs=row.macs,
            effective_macs=row.macs * weight // layer.weight if layer.weight else row.macs,
        )


def _held(layer: nn.Module | nn.Parameter | None) -> tuple[nn.Parameter, ...]:
    """Parameters of a row that is no convolution and no linear layer; attention is one with its projections."""
    if layer is None or isinstance(layer, nn.Parameter):
        return () if layer is None else (layer,)
    return tuple(layer.parameters(recurse=isinstance(layer, nn.MultiheadAttention)))


def _warnings(amount: Amount, rows: tuple[LayerSparsity, ...], options: NativeOptions) -> Iterator[str]:
    if amount and not any(row.masked for row in rows):
        yield f"Nothing is zeroed: {_why_nothing(amount, rows, options)}"
    for row in rows:
        if row.macs and 0 < row.maskable == row.masked:
            yield (
                f"'{row.name}' loses all its {row.maskable:,} weights, so what it puts out no longer depends on its "
                "input: expect accuracy to collapse."
            )


def _why_nothing(amount: Amount, rows: tuple[LayerSparsity, ...], options: NativeOptions) -> str:
    if {row.name for row in rows if row.maskable} <= dict(options.overrides).keys():
        return (
            "every layer to mask has a ratio of its own, and these come to nothing. Raise one, or let the layers "
            "follow the slider."
        )
    units = "slices" if options.pattern is Pattern.STRUCTURED else "weights"
    together = options.scope is WeightScope.GLOBAL
    pool = f"all {units} together" if together else f"every layer's {units}"
    return f"{amount:g} of {pool} rounds to none. Raise the amount, or give a count."
