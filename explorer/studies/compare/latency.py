"""A limit in seconds: the lowest ratio whose pruned copy was measured to meet it, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

from explorer.backends import backend_of
from explorer.backends.base import Planner
from explorer.studies.measure import SECONDS, in_turns
from explorer.values import Progress, Timing
from explorer.values.errors import PruningError
from explorer.words import formats

STEPS, MOST = 6, 0.95  # 0.95 / 2^6: ratios to about 0.015, which is closer than a time can be told
GLANCE = 0.5  # seconds for the copies of one step


@dataclass(frozen=True)
class Met:
    """A ratio, and what was measured at it in turns with the dense network."""

    ratio: float
    limit: float  # seconds
    dense: Timing
    pruned: Timing

    @property
    def told(self) -> str:
        """What was measured, in a sentence."""
        pruned, dense = formats.timing(self.pruned), formats.timing(self.dense)
        return (
            f"Measured on this machine: {pruned} for one input, dense {dense}. The limit was "
            f"{formats.duration(self.limit)}; another machine needs another ratio."
        )


def met(planner: Planner[Any], limit_of: Callable[[float], float]) -> Generator[Progress, None, Met]:
    """Halve the range of ratios where a copy's whole 95 % interval lies within the limit.

    Args:
        planner: whose sketches are timed; no library is called.
        limit_of: the limit in seconds, from what the dense network takes in the same turns.

    Raises:
        PruningError: for a library that removes nothing, a limit above the dense network's time, and where the most
            that is pruned takes longer.
    """
    known = backend_of(planner.backend)
    if not known.removes:
        raise PruningError(
            f"{known.name} writes zeros, and ordinary kernels compute with them as with any "
            "number, so no ratio meets a time. Give --effective-macs 50%, or --backend depgraph."
        )
    yield Progress(None, "Timing the dense network")
    _check(limit_of, in_turns(planner.net, [planner.net.module], GLANCE)[0])
    low, high = 0.0, MOST
    for step in range(STEPS):
        middle = round((low + high) / 2, 2)
        yield Progress(step / STEPS, f"Timing a copy at ratio {middle:g} and the dense network alternately")
        dense, time = _timed(planner, middle, GLANCE)
        low, high = (low, middle) if time.high <= limit_of(dense.median) else (middle, high)
    yield Progress(1.0, f"Timing the copy at ratio {high:g} once more")
    found = Met(high, 0.0, *_timed(planner, high, SECONDS))
    limit = limit_of(found.dense.median)
    if found.pruned.low > limit:
        raise PruningError(
            f"At ratio {high:g} one input takes {formats.timing(found.pruned)} here, and {formats.duration(limit)} is "
            "asked. Ask for a longer time, or give other options."
        )
    return replace(found, limit=limit)


def _check(limit_of: Callable[[float], float], dense: Timing) -> None:
    limit = limit_of(dense.median)
    if not 0 < limit <= dense.median:
        raise PruningError(
            f"A budget of latency must be above nothing and at most the {formats.duration(dense.median)} that the "
            f"dense network takes here, got {formats.duration(limit)}. Try 50%."
        )


def _timed(planner: Planner[Any], ratio: float, seconds: float) -> list[Timing]:
    """The dense network and the copy at a ratio."""
    return in_turns(planner.net, [planner.net.module, planner.sketch(planner.plan(ratio)).eval()], seconds)
