"""How long a network will take once it is pruned: estimated from what its layers were measured to take.

Dense and evenly pruned copies run in turns. Each layer's time is then taken to be a fixed part and a part
that grows with its work; all that happens between layers with channels is one more such sum. That is an
estimate: kernels have preferred widths, and caches know nothing of sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explorer.anatomy.inputs import Example
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.ranked import Left
from explorer.measuring.layer_clocks import LayerClocks
from explorer.measuring.timing import Turns

RATIOS = (0.0, 0.2, 0.4, 0.6, 0.8)  # of the copies that are measured
ROUNDS = 40

Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Straight lines that do not fall, one for each layer."""

    fixed: Seconds
    slope: Seconds

    @classmethod
    def through(cls, x: Seconds, y: Seconds) -> Lines:
        """Least squares over the first axis; shapes ``[points, layers]``."""
        spread = ((x - x.mean(0)) ** 2).sum(0)
        together = ((x - x.mean(0)) * (y - y.mean(0))).sum(0)
        slope = np.maximum(np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0), 0)
        return cls(y.mean(0) - slope * x.mean(0), slope)

    def at(self, x: Seconds) -> Seconds:
        """Their heights."""
        return self.fixed + self.slope * x


class LatencyModel:
    """Seconds of one forward pass for one input, by what is left of every layer.

    Args:
        planner: of the network; its copies are cut and timed, which takes a second or two.
    """

    def __init__(self, planner: DepGraphPlanner) -> None:
        names, widths = planner.ranked.dense.names, planner.ranked.dense.widths
        modules = dict(planner.net.module.named_modules())
        self._timed = np.array(
            [name in modules and width > 0 for name, width in zip(names, widths, strict=True)]
        )
        left = [planner.ranked.left(planner.positions_at(ratio)) for ratio in RATIOS]
        copies = [planner.sketch(planner.plan(ratio)) for ratio in RATIOS]
        timed = [name for name, used in zip(names, self._timed, strict=True) if used]
        layers, totals = _measured(copies, timed, planner.net.example_input)
        work = np.array([self._work(one) for one in left])
        macs = np.array([[one.macs.sum()] for one in left], dtype=np.float64)
        self._layers = Lines.through(work, layers)
        self._rest = Lines.through(macs, (totals - layers.sum(1))[:, None])
        fitted = np.array([self.seconds(one) for one in left])
        self.error = float(np.abs(fitted / totals - 1).max())  # largest relative miss on these copies

    def seconds(self, left: Left) -> float:
        """The estimate for a pruned network."""
        rest = self._rest.at(np.array([left.macs.sum()], dtype=np.float64))
        return float(self._layers.at(self._work(left)).sum() + rest[0])

    def _work(self, left: Left) -> Seconds:
        """MACs where a layer has any, else its width."""
        return np.where(left.macs > 0, left.macs, left.out)[self._timed].astype(np.float64)


@torch.no_grad()
def _measured(
    copies: Sequence[nn.Module], layers: Sequence[str], example: Example
) -> tuple[Seconds, Seconds]:
    """Median seconds of every layer ``[copies, layers]`` and of whole passes ``[copies]``, in turns."""
    clocks = [_clocks(copied.eval(), layers, example) for copied in copies]
    runs = {
        f"{what} {place}": getattr(clock, what)
        for place, clock in enumerate(clocks)
        for what in ("plain", "clocked")
    }
    turns = Turns(runs, seconds=math.inf, most=ROUNDS)
    parts = [[[spent.get(name, 0.0) for name in layers] for spent in clock.passes] for clock in clocks]
    wholes = [turns.taken[f"plain {place}"] for place in range(len(clocks))]
    return np.median(parts, axis=1), np.median(wholes, axis=1)


def _clocks(module: nn.Module, layers: Sequence[str], example: Example) -> LayerClocks:
    return LayerClocks(module, example, {name: module.get_submodule(name) for name in layers})
