"""Copies of one network with channels removed, under options that differ in one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from torch import nn

from explorer.backends import DEPGRAPH
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.values import ChannelOptions, ChannelPlan


def planner_of(bench: Bench, options: ChannelOptions) -> DepGraphPlanner:
    """The bench's planner under these options."""
    return cast(DepGraphPlanner, bench.planner(DEPGRAPH, options))


def plan_of(bench: Bench, options: ChannelOptions, ratio: float) -> ChannelPlan:
    """What goes."""
    return planner_of(bench, options).plan(ratio)


def prune(bench: Bench, options: ChannelOptions, ratio: float) -> nn.Module:
    """A copy, pruned by Torch-Pruning itself.

    Raises:
        PruningError: if the library did anything but what was planned.
    """
    planner = planner_of(bench, options)
    return planner.apply(planner.plan(ratio))


def sketch(bench: Bench, options: ChannelOptions, ratio: float) -> nn.Module:
    """The same without Torch-Pruning, wherever a plan says which channels it removes: in a fraction of the time.

    Raises:
        PruningError: if the library is needed, and did not do as it should.
    """
    planner = planner_of(bench, options)
    plan = planner.plan(ratio)
    return planner.apply(plan) if plan.estimate else planner.sketch(plan).eval()


def smallest(bench: Bench, options: ChannelOptions) -> float:
    """The ratio that leaves fewest MACs; groups that would lose everything stay whole, so it is not always 0.95."""
    return min((0.95, 0.9, 0.85, 0.8, 0.7), key=lambda ratio: plan_of(bench, options, ratio).macs)


def as_costly_as(bench: Bench, options: ChannelOptions, macs: int) -> float:
    """The ratio at which widths that nobody rounded come closest to so many MACs."""
    free = replace(options, round_to=None)
    return min((step / 100 for step in range(96)), key=lambda r: abs(plan_of(bench, free, r).macs - macs))
