"""One budget for all: each library's own ratio, found by bisection over plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from explorer.backends import backend_of
from explorer.backends.base import Planner
from explorer.values import Budget, PlanCosts
from explorer.values.comparing import Contender, Solved
from explorer.values.errors import PruningError

GRID = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)  # near 1, plans are not monotone
DIGITS = 4  # of a ratio: what is shown is what is used
_UNMOVED = {  # what masks leave as it is, and what to compare by instead
    Budget.PARAMS: ("stored parameters", Budget.NONZERO),
    Budget.BYTES: ("bytes", Budget.NONZERO),
    Budget.MACS: ("MACs", Budget.EFFECTIVE_MACS),
}
CLOSE = 0.05  # a budget that every ratio misses by more than this share cannot be met: small networks jump by some %


def solve(planner: Planner[Any], contender: Contender, budget: Budget, keep: float) -> Solved:
    """The ratio at which a contender comes closest to a budget.

    Args:
        planner: plans for the contender; no library is called.
        budget: what is limited.
        keep: share of the dense network's figure, in (0, 1]; under a budget of the ratio, the ratio itself.

    Raises:
        PruningError: if `keep` is out of bounds.
    """
    if budget is Budget.RATIO:
        return given(planner, replace(contender, ratio=keep))
    if not 0 < keep <= 1:
        raise PruningError(
            f"A budget must be a share above 0 and at most 1 of the dense network, got {keep:g}. Try 0.5."
        )
    dense = planner.plan(0.0).costs.of(budget)
    wanted = keep * dense
    ratio, costs = _closest(planner, budget, wanted)
    reached = costs.of(budget)
    problem = ""
    if abs(reached - wanted) > CLOSE * wanted:
        problem = _cannot(contender, budget, keep, reached / dense)
    return Solved(replace(contender, ratio=ratio), costs, wanted, reached, problem)


def given(planner: Planner[Any], contender: Contender) -> Solved:
    """A contender at a ratio of its own.

    Raises:
        PruningError: if its ratio is out of bounds.
    """
    return Solved(contender, planner.plan(contender.ratio).costs)


def _closest(planner: Planner[Any], budget: Budget, wanted: float) -> tuple[float, PlanCosts]:
    """Bisect where a coarse grid first comes below what is wanted."""
    tried: list[tuple[float, PlanCosts]] = []

    def above(ratio: float) -> bool:
        costs = planner.plan(ratio).costs
        tried.append((ratio, costs))
        return costs.of(budget) > wanted

    low = high = 0.0
    for high in GRID:
        if not above(high):
            break
        low = high
    else:
        high = low
    while round(high - low, DIGITS) > 10**-DIGITS:
        middle = round((low + high) / 2, DIGITS)
        low, high = (middle, high) if above(middle) else (low, middle)
    return min(tried, key=lambda found: (abs(found[1].of(budget) - wanted), found[0]))


def _cannot(contender: Contender, budget: Budget, keep: float, reached: float) -> str:
    removes = backend_of(contender.library).removes
    if not removes and reached == 1:
        figure, instead = _UNMOVED[budget]
        return (
            f"This library writes zeros and removes nothing: at any ratio the network keeps all its {figure}, and "
            f"{100 * keep:.0f} % cannot be met. Compare by {instead} instead."
        )
    why = "channels go whole, and some layers stay" if removes else "some weights are never masked"
    return (
        f"This library's plans come no nearer to {100 * keep:.0f} % of the dense network's {budget} than "
        f"{100 * reached:.1f} %: {why}. Try a share near that, or other options."
    )
