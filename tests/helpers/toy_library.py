"""A pruning library of a few lines: the first weights of every layer become zero."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from explorer.anatomy.counting import layer_rows
from explorer.backends.base import Listener, check_made, check_ratio, ignore
from explorer.backends.bench import Bench
from explorer.backends.masked_layers import MaskTable
from explorer.backends.slots import maskable
from explorer.values import MaskedPlan, Progress

if TYPE_CHECKING:
    from tests.helpers.toy_tables import EveryNth


class ToyPlanner:
    """See `Planner`."""

    backend = "toy"

    def __init__(self, bench: Bench, options: EveryNth) -> None:
        self.net, self.options = bench.net, options
        self._slots = [slot for slot in maskable(bench.net.module) if slot.parameter == "weight"]
        self._table = MaskTable(bench.net.module, layer_rows(bench.net), self._slots)
        self._used = [self._flat(bench.net.module, slot.name) != 0 for slot in self._slots]

    def rank(self) -> Iterator[Progress]:
        yield Progress(None, "Nothing to rank")

    def plan(self, ratio: float) -> MaskedPlan:
        cuts = [self._cut(len(used), check_ratio(ratio)) for used in self._used]
        masked = np.array([cut.stop - cut.start for cut in cuts])
        lost = np.array([int(used[cut].sum()) for used, cut in zip(self._used, cuts, strict=True)])
        return MaskedPlan(**self._table.columns(masked, lost), ratio=float(ratio))

    def sketch(self, plan: MaskedPlan) -> nn.Module:
        check_made(plan, MaskedPlan, self, lambda made: self.plan(made.ratio))
        module = copy.deepcopy(self.net.module)
        with torch.no_grad():
            for slot in self._slots:
                weights = self._flat(module, slot.name)
                weights[self._cut(len(weights), plan.ratio)] = 0
        return module

    def apply(self, plan: MaskedPlan, on_progress: Listener = ignore) -> nn.Module:
        return self.sketch(plan)

    def _cut(self, size: int, ratio: float) -> slice:
        start = min(self.options.start, size)
        return slice(start, min(start + round(ratio * size), size))

    @staticmethod
    def _flat(module: nn.Module, name: str) -> Tensor:
        return module.get_parameter(name).detach().view(-1)
