"""Measured times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Repeated measurements of one thing, in seconds."""

    median: float
    low: float  # 95 % interval of the median
    high: float
    runs: int
