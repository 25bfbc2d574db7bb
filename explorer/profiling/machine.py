"""What this machine reaches at best, to hold each layer against."""

from __future__ import annotations

import os

import torch

from explorer.profiling.turns import Turns
from explorer.schema import Interval, Machine, Timing

SIDE = 512  # of the matrices; their product is long enough to reach the arithmetic units' speed
COPIED = 1 << 25  # bytes; more than caches hold


def measure_machine(seconds: float) -> Machine:
    """Multiply two matrices and copy a large tensor, in turns, with as many threads as layers are timed with."""
    a, b = torch.ones(SIDE, SIDE), torch.ones(SIDE, SIDE)
    source, target = torch.ones(COPIED // 4), torch.ones(COPIED // 4)
    turns = Turns({"multiply": lambda: torch.mm(a, b), "copy": lambda: target.copy_(source)}, seconds)
    return Machine(
        macs_per_second=_rate(SIDE**3, turns.time("multiply")),
        bytes_per_second=_rate(2 * COPIED, turns.time("copy")),  # each byte is read and written
        threads=torch.get_num_threads(),
        cores=os.cpu_count() or 1,
    )


def _rate(amount: int, time: Timing) -> Interval:
    return Interval(amount / time.median, amount / time.high, amount / time.low)
