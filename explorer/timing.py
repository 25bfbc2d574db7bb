"""How long things take: measured in turns, so that what slows the machine down hits all alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping

from explorer.schema import Timing


def in_turns(
    runs: Mapping[str, Callable[[], object]], rounds: int = 150, seconds: float = 4.0
) -> dict[str, Timing]:
    """Time each of `runs` once a round, after one round that is not counted.

    Args:
        rounds: at most so many; at least five.
        seconds: no new round begins after so long.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    end = math.inf
    for number in range(-1, rounds):
        if number >= 5 and time.perf_counter() > end:
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
    """Median and its 95 % interval by order statistics: it holds for whatever distribution the times have."""
    ordered = sorted(taken)
    half = 0.98 * math.sqrt(len(ordered))  # 1.96 standard deviations of Binomial(n, 1/2), in ranks
    low = max(math.floor(len(ordered) / 2 - half), 0)
    high = min(math.ceil(len(ordered) / 2 + half), len(ordered) - 1)
    return Timing(statistics.median(ordered), ordered[low], ordered[high], len(ordered))


def quick(run: Callable[[], object], budget: float = 0.02, most: int = 5) -> float:
    """Median seconds of up to `most` runs, fewer once `budget` seconds are spent."""
    taken: list[float] = []
    for _ in range(most):
        taken.append(once(run))
        if sum(taken) > budget:
            break
    return statistics.median(taken)
