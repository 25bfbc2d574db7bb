"""Why a network is fast or slow, exact or wrong: a claim with its evidence, or "can't tell"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.timing import Timing


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and the bounds between which it lies with at least 95 % confidence."""

    value: float
    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether the two could be the same number."""
        return self.low <= other.high and other.low <= self.high

    @classmethod
    def exactly(cls, value: float) -> Interval:
        """A number that was counted."""
        return cls(value, value, value)

    @classmethod
    def of(cls, timing: Timing) -> Interval:
        """Seconds, with the interval of their median."""
        return cls(timing.median, timing.low, timing.high)

    def over(self, other: Interval) -> Interval:
        """The quotient of two positive numbers; its bounds hold whenever both intervals do."""
        return Interval(self.value / other.value, self.low / other.high, self.high / other.low)

    def minus(self, other: Interval) -> Interval:
        """The difference; its bounds hold whenever both intervals do."""
        return Interval(self.value - other.value, self.low - other.high, self.high - other.low)


class Cause(StrEnum):
    """What can be the reason."""

    MASKS = "masks without a sparse kernel"
    AMDAHL = "time outside the pruned layers"
    OVERHEAD = "launch overhead"
    MEMORY = "memory traffic"
    ODD_WIDTHS = "odd widths"
    CRITERION = "cost of the criterion"
    IMPORTANCE = "importance removed"
    COLLAPSE = "a layer collapsed"
    STATISTICS = "BatchNorm statistics shifted"
    EMPTIED = "global ranking emptied a layer"
    GROUP = "one group was needed"
    SCOPE = "the scope of the ranking"


class Subject(StrEnum):
    """What a verdict explains."""

    SPEED = "speed"
    ACCURACY = "accuracy"
    AGREEMENT = "agreement"
    METRIC = "metric"
    LIBRARY = "time to prune"


class Confidence(StrEnum):
    """How far the evidence carries."""

    SURE = "sure"  # the intervals are apart by a tenth and more
    LIKELY = "likely"  # they are apart
    CANNOT_TELL = "can't tell"  # they overlap, or the counterfactual could not be run


class Found(StrEnum):
    """How a number of the evidence was found."""

    MEASURED = "measured"
    EXACT = "exact"  # counted
    ESTIMATED = "estimated"  # reckoned from measured and counted numbers


class Unit(StrEnum):
    """How a number of the evidence is to be read."""

    SECONDS = "seconds"
    TIMES = "times"
    SHARE = "share"
    COUNT = "count"
    BYTES = "bytes"
    NUMBER = "number"  # of a metric of one's own


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number that a verdict rests on."""

    what: str
    number: Interval
    unit: Unit
    found: Found = Found.MEASURED


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one cause is at work, and what shows it."""

    cause: Cause
    subject: Subject
    holds: bool | None  # None: can't tell
    claim: str  # a sentence
    evidence: tuple[Evidence, ...]
    counterfactual: str  # what was run instead, and what came out; "" where nothing could be
    confidence: Confidence
