"""What this machine reaches at best, measured in turns with the layers that are held against it."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch

from explorer.measuring.timing import Turns
from explorer.values import Interval, Machine, Timing

SIDE = 512  # of the matrices; their product is long enough to reach the arithmetic units' speed
COPIED = 1 << 25  # bytes; more than caches hold
MULTIPLY, COPY = "multiply two matrices", "copy a large tensor"


def yardsticks() -> dict[str, Callable[[], object]]:
    """What to run beside the layers."""
    a, b = torch.ones(SIDE, SIDE), torch.ones(SIDE, SIDE)
    source, target = torch.ones(COPIED // 4), torch.ones(COPIED // 4)
    return {MULTIPLY: lambda: torch.mm(a, b), COPY: lambda: target.copy_(source)}


def machine_of(turns: Turns) -> Machine:
    """What the yardsticks reached, with as many threads as the layers had."""
    return Machine(
        macs_per_second=_rate(SIDE**3, turns.time(MULTIPLY)),
        bytes_per_second=_rate(2 * COPIED, turns.time(COPY)),  # each byte is read and written
        threads=torch.get_num_threads(),
        cores=os.cpu_count() or 1,
    )


def _rate(amount: int, time: Timing) -> Interval:
    return Interval(amount / time.median, amount / time.high, amount / time.low)
