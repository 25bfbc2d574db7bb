"""Numbers that others published or that were counted once, and what comes out here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Experiment(StrEnum):
    """What is run; each gives several figures."""

    RESNET18 = "ResNet-18, half of the channels"
    RESNET50_STEPS = "ResNet-50 in twenty steps"
    COUNTED = "Four networks at three ratios"
    WIDE_SCOPES = "Channels that global and isomorphic scope keep"
    FILES = "File sizes of ResNet-50"
    BLIND_SPOTS = "Blind spots of MAC counters"


@dataclass(frozen=True, slots=True)
class Published:
    """One number, where it comes from, and how exactly it must come out."""

    experiment: Experiment
    network: str
    figure: str  # what is counted, e.g. "ratio 0.50: parameters"
    expected: float
    unit: str
    tolerance: float  # half a unit of the last digit that was published; 0: exactly
    source: str
    differs: str  # what is done otherwise here than there; "" where nothing is


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A published number beside the one that was found just now."""

    published: Published
    found: float | None  # None: it could not be found
    problem: str = ""  # why, in one sentence

    @property
    def difference(self) -> float | None:
        """Found less expected."""
        return None if self.found is None else self.found - self.published.expected

    @property
    def passed(self) -> bool:
        """Whether it came out as exactly as it was published."""
        # A published number is rounded: what differs by half of its last digit still agrees.
        difference = self.difference
        return difference is not None and abs(difference) <= self.published.tolerance * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """All rows of a run."""

    rows: tuple[Reproduced, ...]

    @property
    def passed(self) -> int:
        """How many numbers came out."""
        return sum(row.passed for row in self.rows)
