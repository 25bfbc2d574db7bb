"""How long things take: measured in turns, and compared round by round.

What slows the machine down in one round then hits all alike. Each round has another order: what a run finds in
the caches is what the run before it left there, so each follows each other one equally often.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from time import perf_counter

from explorer.measuring.telling import Telling
from explorer.values import Interval, Timing

FEWEST = 6  # rounds: the lowest and the highest of six enclose the median with 97 %, those of five with 94 %
ROUNDS = 150
# What share of the rounds is over, before each of them
_tell_share: Telling[[float]] = Telling("rounds")
watched = _tell_share.watched


class Turns:
    """Every run's times, round by round."""

    def __init__(
        self, runs: Mapping[str, Callable[[], object]], seconds: float = 4.0, most: int = ROUNDS
    ) -> None:
        """Run each once a round, after one round that is not counted.

        Args:
            runs: by name.
            seconds: see `rounds`.
            most: at most so many rounds; at least six, or the intervals fall short of 95 %.
        """
        self.taken: dict[str, list[float]] = {name: [] for name in runs}
        for run in runs.values():
            run()
        for _, order in zip(rounds(seconds, most), orders(list(runs)), strict=False):
            for name in order:
                self.taken[name].append(once(runs[name]))

    def time(self, name: str) -> Timing:
        """Median of one run's times, with its interval."""
        return summarized(self.taken[name])

    def times(self) -> dict[str, Timing]:
        """The same of every run, in the order in which they were named."""
        return {name: self.time(name) for name in self.taken}

    def quotient(self, above: str, below: str) -> Interval:
        """Median quotient of two runs' times in the same round, with its interval."""
        return quotient(self.taken[above], self.taken[below])


def orders(names: Sequence[str]) -> Iterator[list[str]]:
    """Give an order for each round, without end.

    After as many rounds as there are names, or twice as many where their number is odd, each has had each place, and
    has followed each other one, equally often.

    Source: E. J. Williams 1949, doi:10.1071/CH9490149.
    """
    size = len(names)
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(size)]  # 0, 1, -1, 2, -2 …
    for number in count():
        order = [names[(start + number) % size] for start in zigzag]
        yield order[::-1] if size % 2 and number // size % 2 else order


def rounds(seconds: float, most: int = ROUNDS) -> Iterator[int]:
    """Number rounds from 0: no new one begins after so many seconds, but six are made."""
    start = perf_counter()
    for number in range(most):
        spent = perf_counter() - start
        if number >= FEWEST and spent > seconds:
            return
        _tell_share(max(number / most, min(number / FEWEST, spent / seconds if seconds > 0 else 1.0)))
        yield number


def once(run: Callable[[], object]) -> float:
    """Seconds that one run takes."""
    start = perf_counter()
    run()
    return perf_counter() - start


def quotient(above: Sequence[float], below: Sequence[float]) -> Interval:
    """Median of the quotients of two lists of equal length, with its 95 % interval."""
    return Interval.of(summarized([a / b for a, b in zip(above, below, strict=True)]))


def summarized(taken: list[float]) -> Timing:
    """Median and its 95 % interval by order statistics: it holds for whatever distribution the times have.

    Fewer than six times give their range, which holds the median less often than that.
    """
    ordered = sorted(taken)
    cut = _outside(len(ordered))
    return Timing(statistics.median(ordered), ordered[cut], ordered[-1 - cut], len(ordered))


@cache
def _outside(count: int) -> int:
    """How many of `count` sorted times may be left out at each end: the median lies there with at most 5 %.

    How many of the times lie below the median follows Binomial(count, 1/2), whatever their distribution.
    """
    below, cut = 1, 0  # ways in which at most `cut` of all times lie below the median
    while 2 * (below + math.comb(count, cut + 1)) <= 0.05 * 2**count:
        cut += 1
        below += math.comb(count, cut)
    return cut


def quick(run: Callable[[], object], budget: float = 0.02, most: int = 5) -> float:
    """Median seconds of up to `most` runs, fewer once `budget` seconds are spent."""
    taken: list[float] = []
    for _ in range(most):
        taken.append(once(run))
        if sum(taken) > budget:
            break
    return statistics.median(taken)
