"""PyTorch native: plans what is zeroed, in integers; ``torch.nn.utils.prune`` carries it out.

Masks write zeros and change no shape: parameters and MACs stay, non-zeros and effective MACs shrink.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from explorer.anatomy.copies import copied
from explorer.anatomy.inputs import answer
from explorer.backends import NATIVE
from explorer.backends.base import Listener, check_made, check_ratio, ignore
from explorer.backends.bench import Bench
from explorer.backends.masked_layers import MaskTable, rows_of
from explorer.backends.native.options import check_amount, check_options, order_at, selected, spelled_out
from explorer.backends.native.ranking import WeightRanking
from explorer.backends.native.torch_prune import MaskOrder, attach, laid_out_as, make_permanent
from explorer.backends.slots import Slot, left_out
from explorer.values import Amount, Counts, MaskPlan, NativeOptions, Pattern, Progress, WeightScope
from explorer.values.errors import PruningError


@dataclass(frozen=True)
class MasksAtHand(MaskPlan):
    """A plan that can also tell its masks; it stays in the process that holds the network."""

    planner: NativePlanner = field(kw_only=True, repr=False)

    def masks(self) -> dict[str, Tensor]:
        """Mask of every pruned parameter, True = kept, by the parameter's dotted path."""
        return self.planner.masks(self.amount)


class NativePlanner:
    """Masks by ``torch.nn.utils.prune``; see `explorer.backends.base.Planner`."""

    backend = NATIVE

    def __init__(self, bench: Bench, options: NativeOptions) -> None:
        """Find the parameters that take masks.

        Raises:
            PruningError: for a combination that the library does not offer, or if nothing can be masked.
            UnknownNameError: if a layer does not exist.
        """
        options = spelled_out(bench.net, options)
        check_options(bench.net, options)
        self.bench = bench
        self.net = bench.net
        self.options = options
        self.slots = selected(bench.net, options)
        self.ranking = WeightRanking(bench.net.module, self.slots, options)
        self.sights: dict[Slot, object] = {}  # what the three steps show of a layer, kept by who shows them
        self._bytes_masks = sum(v.numel() * v.element_size() for v in self.ranking.values.values())
        self._ranking = self.ranking.rank()
        self.spent = 0.0  # seconds that the library took when it last carried a plan out

    def rank(self) -> Iterator[Progress]:
        """Rank the weights; asked again, it goes on where it was left. See `Planner.rank`."""
        while progress := next(self._ranking, None):  # `yield from` would end it where nobody asks on
            yield progress
        self.plan(0.5)  # what all plans share is made with the first

    def plan(self, ratio: float) -> MasksAtHand:
        """What is zeroed at a fraction of the weights or slices, exactly; see `Planner.plan`."""
        return self.plan_of(check_ratio(ratio))

    def plan_of(self, amount: Amount) -> MasksAtHand:
        """The same for all that the library takes: a fraction (float) in [0, 1], or a count (int).

        Raises:
            PruningError: if the amount is neither, or a count is more than there is.
        """
        amount = check_amount(amount)
        masked, lost = self.ranking.losses(self.order(amount))
        columns = self._table.columns(masked, lost)
        return MasksAtHand(
            **columns,
            ratio=amount if isinstance(amount, float) else int(masked.sum()) / sum(self._table.maskable),
            amount=amount,
            bytes_masked=self._table.dense.bytes + self._bytes_masks,
            warnings=tuple(self._warnings(amount, columns["layer_masked"])),
            left_out=self._left_out,
            planner=self,
        )

    def masks(self, amount: Amount) -> dict[str, Tensor]:
        """Masks at an amount, True = kept, by the parameter's dotted path."""
        return {slot.name: mask for slot, mask in self.ranking.masks(self.order(amount)).items()}

    def order(self, amount: Amount) -> MaskOrder:
        """What the library is asked at an amount."""
        return order_at(self.slots, self.options, check_amount(amount))

    def apply(self, plan: MaskPlan, on_progress: Listener = ignore) -> nn.Module:
        """Mask a fresh copy with ``torch.nn.utils.prune`` and make the masks permanent; see `Planner.apply`."""
        start = time.perf_counter()
        module = laid_out_as(make_permanent(self.attach(plan, on_progress)), self.net.module, self.slots)
        self.spent = time.perf_counter() - start
        differing = [
            name for name, mask in self.masks(plan.amount).items() if not self._holds(module, name, mask)
        ]
        if differing:
            raise PruningError(
                f"torch.nn.utils.prune did not mask '{differing[0]}' of '{self.net.name}' as planned, so the result is "
                "not handed out. Use another amount or criterion."
            )
        answer(module, self.net.example_input)
        return module

    def attach(self, plan: MaskPlan, on_progress: Listener = ignore) -> nn.Module:
        """Mask a fresh copy and leave the masks attached, as the library does before ``prune.remove``.

        Raises:
            PruningError: if the plan is another planner's.
        """
        self._check_made(plan)
        return attach(copied(self.net.module), self.order(plan.amount), self.options, on_progress)

    def sketch(self, plan: MaskPlan) -> nn.Module:
        """The same network without the library: a copy with the plan's zeros written; see `Planner.sketch`."""
        self._check_made(plan)
        module = copied(self.net.module)
        with torch.no_grad():
            for slot, mask in self.ranking.masks(self.order(plan.amount)).items():
                module.get_parameter(slot.name).mul_(mask)
        return module

    def _check_made(self, plan: MaskPlan) -> None:
        check_made(plan, MaskPlan, self, lambda made: self.plan_of(made.amount))

    def _holds(self, module: nn.Module, name: str, mask: Tensor) -> bool:
        """Whether one parameter of a masked copy is what the mask leaves of it."""
        return torch.equal(module.get_parameter(name), self.net.module.get_parameter(name) * mask)

    @cached_property
    def _table(self) -> MaskTable:
        return MaskTable(self.net.module, rows_of(self.bench), self.slots)

    def _warnings(self, amount: Amount, masked: Counts) -> Iterator[str]:
        if amount and not any(masked):
            yield f"Nothing is zeroed: {self._why_nothing(amount)}"
        for name, values in self._table.emptied(masked):
            yield (
                f"'{name}' loses all its {values:,} weights, so its output no longer depends on its input: "
                "expect the network to fail."
            )

    @cached_property
    def _left_out(self) -> str:
        """What no mask covers; where a person picks layers, they know."""
        return "" if self.options.layers else left_out(self.net.module)

    def _why_nothing(self, amount: Amount) -> str:
        if {slot.layer for slot in self.slots} <= dict(self.options.overrides).keys():
            return (
                "every layer to mask has its own ratio, and these round to nothing. Raise one, or let the "
                "layers follow the slider."
            )
        units = "slices" if self.options.pattern is Pattern.STRUCTURED else "weights"
        together = self.options.scope is WeightScope.GLOBAL
        pool = f"all {units} together" if together else f"every layer's {units}"
        return f"{amount:g} of {pool} rounds to none. Raise the amount, or give a count."
