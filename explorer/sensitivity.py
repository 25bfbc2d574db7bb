"""How much each group matters: one group at a time pruned on a copy, at several ratios, and measured.

Measured on train images, so that who chooses ratios by it has not looked at the test images.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from copy import deepcopy
from functools import lru_cache, partial
from threading import Lock

import numpy as np
from torch import nn

from explorer import zoo
from explorer.backends.depgraph import DepGraphPlanner
from explorer.backends.options import check_ratio, parse_options
from explorer.backends.ranking import Counts, asked
from explorer.data import DataSet
from explorer.errors import PruningError
from explorer.evaluation import evaluate, recalibrate
from explorer.network import Network, expect_network
from explorer.schema import (
    Axis,
    Evaluation,
    GroupSensitivity,
    NetworkSpec,
    Progress,
    PruningOptions,
    Sensitivity,
    SensitivityPoint,
    SweepOptions,
)
from explorer.steps import finished, retold
from explorer.surgery import slice_channels
from explorer.sweeps import LocalWorkers, chosen_workers, sweep

IMAGES = 450  # of the train split: as many as the digits have for testing

_one_at_a_time = Lock()  # Torch-Pruning's functions hold state; a cluster's worker may have several threads


class Bench:
    """A network on which one cut after another is measured.

    Args:
        net: left untouched; its data is what cuts are measured on.
        options: which channels of a group go, and what is done before a measurement.
        planner: one of the same network and criterion, where that is at hand.

    Raises:
        PruningError: if no labelled data belongs to the network.
    """

    def __init__(self, net: Network, options: SweepOptions, planner: DepGraphPlanner | None = None) -> None:
        data = labelled(net)
        self.options = options
        self.planner = planner or DepGraphPlanner(net, PruningOptions(criterion=options.criterion))
        self._seen = data
        self._judged_on = part_of_train(data)

    def dense(self) -> Evaluation:
        """Of the whole network."""
        return evaluate(self.planner.net.module, self._judged_on)

    def point(self, place: int, ratio: float) -> SensitivityPoint:
        """With one group pruned; its last channel stays, since the library leaves a group whole otherwise."""
        size = len(self.planner.candidates[place].scores)
        counts = np.zeros(len(self.planner.candidates), dtype=np.int64)
        counts[place] = min(asked(size, ratio), size - 1)
        found = evaluate(self._cut(counts), self._judged_on)
        heads = self.planner.candidates[place].group.heads
        return SensitivityPoint(ratio, int(counts[place]) * heads, found.accuracy, found.loss)

    def _cut(self, counts: Counts) -> nn.Module:
        module = slice_channels(deepcopy(self.planner.net.module), self.planner.cut_of(counts))
        if self.options.recalibrated:
            recalibrate(module, self._seen)
        return module


def labelled(net: Network) -> DataSet:
    """The data a network is judged on; PruningError where it has none."""
    expect_network(net)
    if net.judged_on is None:
        raise PruningError(
            f"The sensitivity of '{net.name}' with {net.spec.weights} weights cannot be measured: it takes trained "
            "weights and labelled images. Pick a bundled network with trained weights, or wrap your own with data."
        )
    return net.judged_on


def part_of_train(data: DataSet) -> DataSet:
    """Data whose images for judging are the first of the train split."""
    return DataSet(data.name, data.train_x, data.train_y, data.train_x[:IMAGES], data.train_y[:IMAGES])


def measure_sensitivity(
    net: Network,
    criterion: str = "l2",
    ratios: tuple[float, ...] = SweepOptions().ratios,
    recalibrated: bool = False,
    *,
    workers: int = 0,
    scheduler: str = "",
) -> Sensitivity:
    """Prune every group alone at every ratio, and measure.

    Args:
        net: a network with labelled data.
        criterion: decides which channels go, a `schema.Criterion`.
        ratios: shares of a group's channels, each in [0, 1).
        recalibrated: whether BatchNorm is re-calibrated before each measurement.
        workers: processes of this machine that share the work; 0 does it in this process.
        scheduler: address of a Dask scheduler whose workers do it instead. Other processes load the network
            by name: one of your own is measured in this process.

    Raises:
        PruningError: if there is no labelled data, or a ratio is none.
        UnknownNameError: for a criterion that does not exist.
        EngineError: if no scheduler answers, or workers die over and over.
    """
    options = SweepOptions(parse_options(criterion).criterion, tuple(map(check_ratio, ratios)), recalibrated)
    if not workers and not scheduler:
        return finished(sweep_here(net, options))
    return finished(sweep_by_workers(net, options, scheduler, workers or None))


def sweep_here(net: Network, options: SweepOptions) -> Generator[Progress, None, Sensitivity]:
    """Measure in this process; yields how far it is."""
    bench = Bench(net, options)
    with ThreadPoolExecutor(1) as executor:
        return (yield from _sweep(bench, executor, bench.point, "this process"))


def sweep_by_workers(
    net: Network,
    options: SweepOptions,
    scheduler: str = "",
    workers: int | None = None,
    planner: DepGraphPlanner | None = None,
) -> Generator[Progress, None, Sensitivity]:
    """Measure in worker processes, which load the network by name; yields how far it is."""
    bench = Bench(net, options, planner)
    yield Progress(None, "Starting the workers")
    with chosen_workers(scheduler, workers) as (executor, where):
        return (yield from _sweep(bench, executor, partial(measure_point, net.spec, options), where))


def measure_point(spec: NetworkSpec, options: SweepOptions, place: int, ratio: float) -> SensitivityPoint:
    """One task of a sweep, in a worker."""
    with _one_at_a_time:
        return _bench(spec, options).point(place, ratio)


@lru_cache(maxsize=1)
def _bench(spec: NetworkSpec, options: SweepOptions) -> Bench:
    return Bench(zoo.load_spec(spec), options)


def _sweep(
    bench: Bench, executor: Executor, measure: Callable[[int, float], SensitivityPoint], where: str
) -> Generator[Progress, None, Sensitivity]:
    start = time.perf_counter()
    planner, ratios = bench.planner, bench.options.ratios
    tasks = [(place, ratio) for place in range(len(planner.candidates)) for ratio in ratios]
    steps = sweep(executor, measure, tasks)
    points = yield from retold(
        steps, lambda done: Progress(done / len(tasks), f"Measured {done} of {len(tasks)} pruned copies")
    )
    return Sensitivity(
        planner.net.spec,
        bench.options,
        bench.dense(),
        tuple(_rows(planner, points, len(ratios))),
        time.perf_counter() - start,
        where,
        executor.lost if isinstance(executor, LocalWorkers) else None,
    )


def _rows(planner: DepGraphPlanner, points: list[SensitivityPoint], each: int) -> Iterator[GroupSensitivity]:
    named = naming_layers(planner)
    for place, group in enumerate(planner.dense.groups):
        layer = named.get(place)
        own = tuple(points[place * each : (place + 1) * each])
        yield GroupSensitivity(group.id, layer or group.root, layer is not None, group.channels, own)


def naming_layers(planner: DepGraphPlanner) -> dict[int, str]:
    """For every candidate a layer that can give it a ratio of its own, by place; some have none.

    That is a module whose outputs are in this candidate and in no other; the root where it can be.
    """
    paths = {node.key: node.path for node in planner.trace.structure.nodes}
    modules = {name for name, _ in planner.net.module.named_modules() if name}
    owners: dict[str, list[int]] = {}
    for place, candidate in enumerate(planner.candidates):
        outputs = (paths[item.node] for item in candidate.group.items if item.axis is Axis.OUT)
        for path in dict.fromkeys(outputs):
            if path in modules:
                owners.setdefault(str(path), []).append(place)
    found: dict[int, str] = {}
    for path, places in owners.items():
        if len(places) == 1 and (places[0] not in found or path == planner.root(places[0])):
            found[places[0]] = path
    return found
