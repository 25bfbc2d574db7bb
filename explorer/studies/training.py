"""What the way in which a network was trained means for pruning it: both trainings of one shape, pruned alike."""

from __future__ import annotations

from explorer import sources
from explorer.backends import DEPGRAPH
from explorer.backends.bench import Bench
from explorer.sources.bundled import NETWORKS, trainings
from explorer.studies.live import Live
from explorer.values import ChannelOptions, ChannelScope, TrainedNetwork

RATIO, OPTIONS = 0.3, ChannelOptions(scope=ChannelScope.GLOBAL)  # where the two differ much


def compare_trainings(bench: Bench) -> tuple[TrainedNetwork, ...]:
    """Prune each training of a network's shape by DepGraph, and measure on a fixed sample.

    Returns:
        As most people train first; empty for networks that the explorer does not ship.
    """
    net = bench.net
    if net.judged_on is None:
        return ()
    names = trainings(net.name)
    return tuple(_pruned(bench if name == net.name else Bench(sources.load(name))) for name in names)


def _pruned(bench: Bench) -> TrainedNetwork:
    net, planner = bench.net, bench.planner(DEPGRAPH, OPTIONS)
    found = Live(net).measure(lambda: planner.sketch(planner.plan(RATIO)))
    return TrainedNetwork(net.name, NETWORKS[net.name].lasso, RATIO, found)
