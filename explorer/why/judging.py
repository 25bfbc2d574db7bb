"""What rules share: when a number is clearly above another, and how numbers are put into sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.values import Cause, Confidence, Evaluation, Evidence, Interval, Subject, Unit, Verdict
from explorer.words import formats

MARGIN = 1.1  # an interval that clears a threshold by a tenth leaves no doubt
POINTS = 0.02  # the same for accuracies


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, no or can't tell, and how far to trust it."""

    holds: bool | None
    confidence: Confidence

    def __and__(self, other: Decision) -> Decision:
        """Both must hold; the weaker confidence counts."""
        for one in (self, other):
            if one.holds is False:
                return one
        if None in (self.holds, other.holds):
            return CANNOT_TELL
        unsure = Confidence.LIKELY in (self.confidence, other.confidence)
        return Decision(True, Confidence.LIKELY if unsure else Confidence.SURE)

    def __invert__(self) -> Decision:
        """The opposite claim."""
        return self if self.holds is None else Decision(not self.holds, self.confidence)


CANNOT_TELL = Decision(None, Confidence.CANNOT_TELL)


def verdict(
    cause: Cause,
    subject: Subject,
    decision: Decision,
    claims: Mapping[bool | None, str],
    evidence: Sequence[Evidence],
    ran: str,
) -> Verdict:
    """What a decision comes to.

    Args:
        claims: the sentence for yes, no and can't tell.
        ran: the counterfactual that was run.
    """
    claim = claims[decision.holds]
    return Verdict(cause, subject, decision.holds, claim, tuple(evidence), ran, decision.confidence)


def counted(holds: bool) -> Decision:
    """What was counted, not measured."""
    return Decision(holds, Confidence.SURE)


def above(number: Interval, threshold: float) -> Decision:
    """Whether a positive number is above a threshold; can't tell where its interval holds the threshold."""
    if number.low > threshold:
        return Decision(True, Confidence.SURE if number.low > MARGIN * threshold else Confidence.LIKELY)
    if number.high < threshold:
        return Decision(False, Confidence.SURE if MARGIN * number.high < threshold else Confidence.LIKELY)
    return CANNOT_TELL


def less_accurate(one: Evaluation, other: Evaluation) -> Decision:
    """Whether one network does clearly worse than another; can't tell where intervals overlap."""
    a, b = one.interval, other.interval
    if a.overlaps(b):
        return CANNOT_TELL
    gap = max(b.low - a.high, a.low - b.high)
    below, sure = a.high < b.low, POINTS if one.by.is_share else POINTS * abs(b.value)
    return Decision(below == one.by.higher_is_better, Confidence.SURE if gap > sure else Confidence.LIKELY)


def of(what: str, found: Evaluation) -> Evidence:
    """What was measured, as evidence, with its 95 % interval."""
    return Evidence(what, found.interval, Unit.SHARE if found.by.is_share else Unit.NUMBER)


def times(number: Interval) -> str:
    """A quotient with its interval: ``2.1× (1.9–2.3)``."""
    return f"{number.value:.2f}× ({number.low:.2f}–{number.high:.2f})"


def share(fraction: float, digits: int = 0) -> str:
    """A fraction as percent: ``84 %``."""
    return f"{100 * fraction:.{digits}f} %"


def percent(number: Interval) -> str:
    """A share with its interval: ``84 % (80–88)``."""
    return f"{share(number.value)} ({100 * number.low:.0f}–{100 * number.high:.0f})"


def milliseconds(number: Interval) -> str:
    """Seconds as milliseconds with their interval."""
    value, low, high = (1e3 * part for part in (number.value, number.low, number.high))
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} ms ({low:.{digits}f}–{high:.{digits}f})"


def right(found: Evaluation) -> str:
    """What was measured, with its interval: ``97.1 % (95.1–98.3)``."""
    number = found.interval
    if not found.by.is_share:
        return formats.judged(number.value, found.by)
    return f"{share(number.value, 1)} ({100 * number.low:.1f}–{100 * number.high:.1f})"
