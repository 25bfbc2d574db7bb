"""One library's cost on one network: its own steps, timed over and over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from explorer.anatomy.counting import total_params
from explorer.anatomy.network import Network
from explorer.measuring.timing import rounds, summarized
from explorer.values import LibraryCost, StepCost

ROUNDS = 30


def cost_of(
    library: str,
    net: Network,
    nodes: int,
    steps: tuple[str, ...],
    round_: Callable[[], Mapping[str, float]],
    seconds: float,
) -> LibraryCost:
    """Medians over rounds, after one that is not counted.

    Args:
        library: its name.
        net: what it prunes copies of.
        nodes: of the dependency graph; 0 where there is none.
        steps: names, in the library's order.
        round_: prunes a copy; seconds by step, and "whole" for all of it.
        seconds: see `rounds`.
    """
    round_()
    found = [round_() for _ in rounds(seconds, ROUNDS)]
    times = {step: summarized([spent[step] for spent in found]) for step in (*steps, "whole")}
    costs = tuple(StepCost(step, times[step]) for step in steps)
    return LibraryCost(library, net.name, total_params(net.module), nodes, costs, times["whole"])
