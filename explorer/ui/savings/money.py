"""Hours, money and energy: reckoned from the measured time of a forward pass and from what a person typed."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values import Interval
from explorer.words.formats import unbroken


@dataclass(frozen=True)
class Given:
    """What a person knows of the service; None: not typed."""

    requests: float | None  # a month, each one forward pass with one input
    price: float | None  # of an hour of the machine, in any currency
    watts: float | None  # that the machine draws while it computes


@dataclass(frozen=True)
class Line:
    """What a month takes, before and after."""

    what: str
    dense: Interval
    pruned: Interval

    @property
    def saved(self) -> Interval:
        """The difference."""
        return self.dense.minus(self.pruned)


def lines(dense: Interval, pruned: Interval, given: Given) -> list[Line]:
    """What can be reckoned.

    Args:
        dense: seconds of one forward pass.
        pruned: the same after pruning.
        given: what the person typed.
    """
    if given.requests is None:
        return []
    hours = given.requests / 3600
    factors = {"hours of computing": hours}
    if given.price is not None:
        factors["price"] = hours * given.price
    if given.watts is not None:
        factors["energy, kWh"] = hours * given.watts / 1000
    return [Line(what, _times(dense, factor), _times(pruned, factor)) for what, factor in factors.items()]


def _times(number: Interval, factor: float) -> Interval:
    return Interval(number.value * factor, number.low * factor, number.high * factor)


def told(number: Interval) -> str:
    """A number with its interval."""
    value, low, high = map(_digits, (number.value, number.low, number.high))
    return unbroken(f"{value} ({low} to {high})")


def told_saved(line: Line) -> str:
    """What is saved, or that the intervals do not tell."""
    saved = line.saved
    return "none within the intervals" if saved.low <= 0 <= saved.high else told(saved)


def _digits(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
