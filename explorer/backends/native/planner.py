"""PyTorch native: plans what is zeroed, in integers; ``torch.nn.utils.prune`` carries it out.

Masks write zeros and change no shape: parameters and MACs stay, non-zeros and effective MACs shrink.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self

import torch
from torch import Tensor, nn

from explorer.anatomy.counting import layer_rows
from explorer.anatomy.network import Network
from explorer.backends.masked_layers import Counts, MaskTable
from explorer.backends.native.options import (
    check_amount,
    check_options,
    left_out,
    order_at,
    parse_options,
    selected,
)
from explorer.backends.native.ranking import Ranking
from explorer.backends.native.torch_prune import Order, Slot, attach
from explorer.values import Amount, NativeOptions, NativePlan, Pattern, Progress, WeightScope


@dataclass(frozen=True)
class MaskPlan(NativePlan):
    """A plan that can also tell its masks; it stays in the process that holds the network."""

    planner: NativePlanner = field(kw_only=True, repr=False)

    def masks(self) -> dict[str, Tensor]:
        """Mask of every pruned parameter, True = kept, by the parameter's dotted path."""
        return self.planner.masks(self.amount)


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
        self._ranking = self.ranking.rank()
        self.sights: dict[Slot, object] = {}  # what the three steps show of a layer, kept by who shows them
        self._lent = False
        self._bytes_masks = sum(v.numel() * v.element_size() for v in self.ranking.values.values())

    @classmethod
    def with_options(cls, net: Network, **options: Any) -> Self:
        """Make a planner from loose options, as the notebook API takes them."""
        return cls(net, parse_options(**options))

    def rank(self, seconds: float) -> Progress:
        """Go on ranking for about so long, or until something begins that takes longer.

        Nobody has to: a plan that is asked for earlier takes the rest of that time itself.

        Returns:
            How far it is; once the fraction is 1, plans take milliseconds.
        """
        until = time.monotonic() + seconds
        for progress in self._ranking:
            if progress.fraction is None or time.monotonic() >= until:
                return progress
        return Progress(1.0, "Ranked")

    def plan(self, ratio: Amount) -> MaskPlan:
        """What is zeroed at a fraction (float) or a count (int) of weights or slices, exactly.

        Raises:
            PruningError: if the amount is neither, or a count is more than there is.
        """
        counts = self.counts(ratio)
        return MaskPlan(**{f.name: getattr(counts, f.name) for f in fields(NativePlan)}, planner=self)

    def counts(self, amount: Amount) -> NativePlan:
        """The plan as a plain value, which crosses the process boundary."""
        columns = self._table.under(*self.ranking.losses(self.order(amount)))
        return NativePlan(
            self._table.unmasked,
            *columns,
            amount=amount,
            bytes_masked=self._table.unmasked.bytes + self._bytes_masks,
            warnings=tuple(self._warnings(amount, columns[1])),
        )

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
    def _table(self) -> MaskTable:
        return MaskTable(self.net.module, layer_rows(self.net), self.slots)

    def _warnings(self, amount: Amount, masked: Counts) -> Iterator[str]:
        if amount and not any(masked):
            yield f"Nothing is zeroed: {self._why_nothing(amount)}"
        yield from filter(None, (self._left_out,))
        for name, values in self._table.emptied(masked):
            yield (
                f"'{name}' loses all its {values:,} weights, so what it puts out no longer depends on its input: "
                "expect accuracy to collapse."
            )

    @cached_property
    def _left_out(self) -> str:
        """What no mask covers; where a person picks layers, they know."""
        return "" if self.options.layers else left_out(self.net.module)

    def _why_nothing(self, amount: Amount) -> str:
        if {slot.layer for slot in self.slots} <= dict(self.options.overrides).keys():
            return (
                "every layer to mask has a ratio of its own, and these come to nothing. Raise one, or let the layers "
                "follow the slider."
            )
        units = "slices" if self.options.pattern is Pattern.STRUCTURED else "weights"
        together = self.options.scope is WeightScope.GLOBAL
        pool = f"all {units} together" if together else f"every layer's {units}"
        return f"{amount:g} of {pool} rounds to none. Raise the amount, or give a count."
