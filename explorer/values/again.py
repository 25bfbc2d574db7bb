"""Pruning again what a run left: its network becomes one of the server's own."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.sparseml import RunMode
from explorer.values.training import FineTune


@dataclass(frozen=True, slots=True)
class Left:
    """How a run's network comes about once more, and what it is called."""

    name: str  # in the picker; no other network of the session has it
    told: str  # what was done to the dense network, in words
    run: str  # id of the run
    path: str  # of its file, which only this server's user may read
    fine_tune: FineTune | None = None  # None: nothing is trained afterwards
    recalibrated: bool = False  # whether BatchNorm's statistics are measured anew, where nothing is trained
    mode: RunMode | None = None  # of SparseML; None: in one shot where it can
