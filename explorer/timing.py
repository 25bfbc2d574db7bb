"""How long things take: measured in turns, so that what slows the machine down hits all alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from functools import cache

from explorer.schema import Timing

FEWEST = 6  # rounds: the lowest and the highest of six enclose the median with 97 %, those of five with 94 %


def in_turns(
    runs: Mapping[str, Callable[[], object]], rounds: int = 150, seconds: float = 4.0
) -> dict[str, Timing]:
    """Time each of `runs` once a round, after one round that is not counted.

    Args:
        rounds: at most so many; at least six, or the intervals fall short of 95 %.
        seconds: no new round begins after so long, but six are made.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    end = math.inf
    for number in range(-1, rounds):
        if number >= FEWEST and time.perf_counter() > end:
            break
        for name, run in runs.items():
            taken = once(run)
            if number >= 0:
                found[name].append(taken)
        end = time.perf_counter() + seconds if number < 0 else end
    return {name: summarized(taken) for name, taken in found.items()}


def once(run: Callable[[], object]) -> float:
    """Seconds that one run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


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
