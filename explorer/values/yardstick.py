"""What a network is judged by. Pages name, write and compare every `Evaluation` by this, and never ask which it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from explorer.values.verdict import Interval

Z = 1.96  # standard deviations of the normal distribution to either side hold 95 %


@dataclass(frozen=True, slots=True)
class Yardstick:
    """One way to judge a network, and how its numbers are read."""

    name: str  # as in a sentence
    term: str  # of the glossary
    right: str  # how its number goes on in a sentence: "97 % right"
    more: str  # what a network is that does better by it
    examples: str = ""  # what it is measured on, e.g. "test images"; "" where only the person knows
    chosen_on: str = ""  # the same for sensitivities, by which ratios are chosen
    unit: str = ""  # the same in short, after a number
    beside: str = ""  # its second number, of which less is better; "" where it has none
    beside_term: str = ""  # of the glossary
    is_share: bool = True  # between 0 and 1, written in percent
    higher_is_better: bool = True
    note: str = ""  # what to know about it wherever it is shown
    is_counted: bool = True  # a share of the examples; else a mean over them

    @property
    def title(self) -> str:
        """As a heading."""
        return self.name[:1].upper() + self.name[1:]

    def lost(self, before: float, after: float) -> float:
        """How much worse the second is, in the unit of both; below 0 where it is better."""
        return before - after if self.higher_is_better else after - before

    def on(self, count: int) -> str:
        """What it was measured on, in short: "450 images"."""
        return f"{count:,} {self.unit}" if self.unit else f"by {self.name}"

    @property
    def of_all(self) -> str:
        """How its number goes on where it stands alone: "97 % of the test images right"."""
        if not self.examples:
            return self.right
        return (
            f"of the {self.examples} {self.right}"
            if self.is_counted
            else f"{self.right} on the {self.examples}"
        )

    @property
    def fell(self) -> str:
        """What it did where a network got worse."""
        return "fell" if self.higher_is_better else "rose"


ACCURACY = Yardstick(
    "accuracy",
    "accuracy",
    "correct",
    "more accurate",
    "test images",
    "training images",
    "images",
    "loss",
    "loss",
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A measurement on examples that nothing was trained on: what the yardstick counts, and how many examples.

    On labelled images that is the fraction right, and the loss is the mean cross-entropy.
    """

    value: float
    loss: float  # lower is better, whatever the yardstick
    examples: int
    by: Yardstick = ACCURACY
    half: float | None = None  # of the value's 95 % interval; None: that of a share of so many examples

    @property
    def accuracy(self) -> float:
        """The value, by the name that it has on labelled images."""
        return self.value

    @property
    def quality(self) -> float:
        """The same, turned so that higher is better."""
        return self.value if self.by.higher_is_better else -self.value

    @property
    def interval(self) -> Interval:
        """The value with its 95 % interval."""
        if self.half is not None:
            lowest, highest = (0.0, 1.0) if self.by.is_share else (-math.inf, math.inf)
            low, high = self.value - self.half, self.value + self.half
            return Interval(self.value, max(low, lowest), min(high, highest))
        return share_interval(self.value, self.examples)


def share_interval(share: float, count: int) -> Interval:
    """A share of so many examples, with its 95 % interval.

    Source: E. B. Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    n, p = count, share
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return Interval(p, max(centre - half, 0.0), min(centre + half, 1.0))
