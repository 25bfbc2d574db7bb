"""How much each group matters: one group at a time pruned on a copy, at several ratios, and measured.

Measured on train images, or other inputs, so that who chooses ratios by it has not looked at those that judge them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from explorer import sources
from explorer.anatomy.copies import copied
from explorer.anatomy.counting import state_bytes
from explorer.anatomy.network import Network, expect_network
from explorer.anatomy.surgery import Cut, slice_channels
from explorer.backends.base import check_ratio
from explorer.backends.bench import Bench
from explorer.backends.depgraph.options import parse_options
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.ranking import asked
from explorer.measuring.judging import sure_judge
from explorer.process.steps import finished, retold
from explorer.process.sweeps import LocalWorkers, chosen_workers, sweep
from explorer.values import (
    Axis,
    Evaluation,
    GroupSensitivity,
    NetworkSpec,
    Progress,
    Sensitivity,
    SensitivityPoint,
    SweepOptions,
)
from explorer.values.errors import ExplorerError, PruningError
from explorer.values.loose import as_number, is_number, shown
from explorer.words import formats

WHAT = "The sensitivity"
TIMED = 8  # tasks that tell a pace: workers that began together end together, and seem twice as fast at first
COPIES = 3  # of a network that a worker holds at most: its own, the one that it cuts, and what is cut anew


class CutJudge:
    """Measures one cut after another on a network.

    Args:
        net: left untouched; cuts are measured on the examples by which its ratios are chosen.
        recalibrated: whether BatchNorm is re-calibrated before a measurement.

    Raises:
        PruningError: if the network is not judged.
    """

    def __init__(self, net: Network, recalibrated: bool) -> None:
        self._module = net.module
        self._judge = sure_judge(net, WHAT).choosing
        self._recalibrated = recalibrated

    def dense(self) -> Evaluation:
        """Of the whole network."""
        return self._judge.evaluate(self._module)

    def without(self, cut: Cut) -> Evaluation:
        """Of a copy without these channels."""
        module = slice_channels(copied(self._module), cut)
        if self._recalibrated:
            self._judge.recalibrate(module)
        return self._judge.evaluate(module)


@dataclass(frozen=True)
class GroupCut:
    """One group pruned alone at one ratio."""

    ratio: float
    removed: int  # channels of the group
    cut: Cut

    def measured(self, found: Evaluation) -> SensitivityPoint:
        """With what came of it."""
        return SensitivityPoint(self.ratio, self.removed, found.value, found.loss)


def measure_sensitivity(
    net: Network,
    criterion: str = "l2",
    ratios: Iterable[float] | float = SweepOptions().ratios,
    recalibrated: bool = False,
    *,
    seed: int = 0,
    workers: int = 0,
    scheduler: str = "",
) -> Sensitivity:
    """Prune every group alone at every ratio, and measure.

    Args:
        net: a network that is judged: by labelled data, a metric of its own, or its agreement with itself.
        criterion: decides which channels go, a `schema.Criterion`.
        ratios: shares of a group's channels, each in [0, 1).
        recalibrated: whether BatchNorm is re-calibrated before each measurement.
        seed: of random importance.
        workers: processes of this machine that share the work; 0 does it in this process.
        scheduler: address of a Dask scheduler whose workers do it instead. Other processes load the network
            by name: one of your own is measured in this process.

    Raises:
        PruningError: if the network is not judged, a ratio is none, or the criterion does not suit the network.
        UnknownNameError: for a criterion that does not exist.
        EngineError: if no scheduler answers, or workers die over and over.
    """
    steps = sensitivity_in_steps(
        net, criterion, ratios, recalibrated, seed=seed, workers=workers, scheduler=scheduler
    )
    return finished(steps)


def sensitivity_in_steps(
    net: Network,
    criterion: str,
    ratios: Iterable[float | str] | float,
    recalibrated: bool = False,
    *,
    seed: int = 0,
    workers: int = 0,
    scheduler: str = "",
) -> Generator[Progress, None, Sensitivity]:
    """The same; yields how far it is."""
    expect_network(net)
    scoring = parse_options(criterion, seed=seed)
    options = SweepOptions(scoring.criterion, _ratios(ratios), bool(recalibrated), scoring.seed)
    count = _count(workers)
    sure_judge(net, WHAT)
    planner = DepGraphPlanner(Bench(net), options.scoring)
    if not (count or scheduler) or not _is_known_by_name(net):
        return (yield from sweep_here(planner, options))
    return (yield from sweep_by_workers(planner, options, scheduler, count or None))


def _ratios(loose: Any) -> tuple[float, ...]:
    """Rising, each once; a single one alone is taken, too."""
    listed = loose.tolist() if hasattr(loose, "tolist") else loose
    listed = listed if isinstance(listed, Iterable) and not isinstance(listed, str) else (listed,)
    found = tuple(sorted({check_ratio(ratio) for ratio in listed}))
    if not found:
        raise PruningError(
            "Argument `ratios` holds no ratio to measure at. Give some, such as (0.3, 0.6, 0.9)."
        )
    return found


def _count(loose: object) -> int:
    workers = as_number(loose)
    if is_number(workers) and workers == int(workers) and workers >= 0:
        return int(workers)
    raise PruningError(
        f"workers must be a whole number of at least 0, got {shown(loose)}. 0 measures in this process."
    )


def _is_known_by_name(net: Network) -> bool:
    """Whether other processes would load this very network by its name."""
    try:
        return sources.load_spec(net.spec).identity == net.identity
    except ExplorerError:
        return False


def sweep_here(planner: DepGraphPlanner, options: SweepOptions) -> Generator[Progress, None, Sensitivity]:
    """Measure in this process; yields how far it is."""
    judge = CutJudge(planner.net, options.recalibrated)
    with ThreadPoolExecutor(1) as executor:
        return (yield from _sweep(planner, options, executor, judge.without, "this process"))


def sweep_by_workers(
    planner: DepGraphPlanner, options: SweepOptions, scheduler: str = "", workers: int | None = None
) -> Generator[Progress, None, Sensitivity]:
    """Measure in worker processes, which load the network by name; yields how far it is.

    Only here are channels scored: a worker is told which ones go, so it finds what this process would find, and
    passes no data through the network for gradients.
    """
    yield Progress(None, "Starting the workers")
    measure = partial(measure_without, planner.net.spec, options.recalibrated)
    holding = COPIES * state_bytes(planner.net.module)
    with chosen_workers(scheduler, workers, holding) as (executor, where):
        return (yield from _sweep(planner, options, executor, measure, where))


def measure_without(spec: NetworkSpec, recalibrated: bool, cut: Cut) -> Evaluation:
    """One task of a sweep, in a worker."""
    return _judge(spec, recalibrated).without(cut)


@lru_cache(maxsize=1)
def _judge(spec: NetworkSpec, recalibrated: bool) -> CutJudge:
    return CutJudge(sources.load_spec(spec), recalibrated)


def _sweep(
    planner: DepGraphPlanner,
    options: SweepOptions,
    executor: Executor,
    measure: Callable[[Cut], Evaluation],
    where: str,
) -> Generator[Progress, None, Sensitivity]:
    start = time.perf_counter()
    removals = list(_removals(planner, options.ratios))
    yield Progress(0.0, f"Measuring {len(removals):,} pruned copies")
    steps = sweep(executor, measure, [(removal.cut,) for removal in removals])
    found = yield from retold(steps, Pace(len(removals)).told)
    points = [removal.measured(one) for removal, one in zip(removals, found, strict=True)]
    return Sensitivity(
        planner.net.spec,
        options,
        CutJudge(planner.net, options.recalibrated).dense(),
        tuple(_rows(planner, points, len(options.ratios))),
        time.perf_counter() - start,
        where,
        executor.lost if isinstance(executor, LocalWorkers) else None,
        planner.net.identity,
    )


@dataclass
class Pace:
    """How far a sweep of so many tasks is, and how long the rest takes at its pace."""

    tasks: int
    # How many were done when first any was, and when: workers had started.
    first: tuple[int, float] | None = None

    def told(self, done: int) -> Progress:
        """Once so many are done."""
        now = time.perf_counter()
        self.first = self.first or (done, now)
        before, then = self.first
        timed = done - before
        left = (now - then) / timed * (self.tasks - done) if timed >= TIMED else 0.0
        ahead = f", about {formats.remaining(left)} left at this pace" if left >= 60 else ""
        return Progress(done / self.tasks, f"Measured {done:,} of {self.tasks:,} pruned copies{ahead}")


def _removals(planner: DepGraphPlanner, ratios: tuple[float, ...]) -> Iterator[GroupCut]:
    """Every group alone at every ratio; its last channel stays, since the library leaves a group whole otherwise."""
    for place, candidate in enumerate(planner.ranked.candidates):
        size = len(candidate.scores)
        for ratio in ratios:
            counts = np.zeros(len(planner.ranked.candidates), dtype=np.int64)
            counts[place] = min(asked(size, ratio), size - 1)
            yield GroupCut(ratio, int(counts[place]) * candidate.each, planner.ranked.cut_of(counts))


def _rows(planner: DepGraphPlanner, points: list[SensitivityPoint], each: int) -> Iterator[GroupSensitivity]:
    named = naming_layers(planner)
    for place, group in enumerate(planner.ranked.groups):
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
    for place, candidate in enumerate(planner.ranked.candidates):
        outputs = (paths[item.node] for item in candidate.group.items if item.axis is Axis.OUT)
        for path in dict.fromkeys(outputs):
            if path in modules:
                owners.setdefault(str(path), []).append(place)
    found: dict[int, str] = {}
    for path, places in owners.items():
        if len(places) == 1 and (places[0] not in found or path == planner.ranked.root(places[0])):
            found[places[0]] = path
    return found
