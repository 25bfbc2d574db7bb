"""Measured in turns, and compared round by round: what slows one round down hits both sides of a quotient.

Each round has another order: what a run finds in the caches is what the run before it left there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

from explorer.schema import Interval, Timing
from explorer.timing import FEWEST, once, summarized

ROUNDS = 150


class Turns:
    """Every run's times, round by round."""

    def __init__(
        self, runs: Mapping[str, Callable[[], object]], seconds: float, rounds: int = ROUNDS
    ) -> None:
        """Run each once a round, after one round that is not counted.

        Args:
            runs: by name.
            seconds: no new round begins after so long, but six are made.
            rounds: at most so many.
        """
        self.taken: dict[str, list[float]] = {name: [] for name in runs}
        for run in runs.values():
            run()
        order, dice, end = list(runs), random.Random(0), perf_counter() + seconds
        for number in range(rounds):
            if number >= FEWEST and perf_counter() > end:
                break
            dice.shuffle(order)
            for name in order:
                self.taken[name].append(once(runs[name]))

    def time(self, name: str) -> Timing:
        """Median of one run's times, with its interval."""
        return summarized(self.taken[name])

    def quotient(self, above: str, below: str) -> Interval:
        """Median quotient of two runs' times in the same round, with its interval."""
        return quotient(self.taken[above], self.taken[below])


def quotient(above: Sequence[float], below: Sequence[float]) -> Interval:
    """Median of the quotients of two lists of equal length, with its 95 % interval."""
    found = summarized([a / b for a, b in zip(above, below, strict=True)])
    return Interval(found.median, found.low, found.high)
