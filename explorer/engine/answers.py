"""What the engine process answers: each entry of `calls`, with the bench of the network that it is about."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from explorer import sources
from explorer.backends import DEPGRAPH, NATIVE
from explorer.backends.base import Planner, plain
from explorer.backends.depgraph.planner import DepGraphPlanner, traced
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.steps import mask_steps as steps_of
from explorer.backends.slots import maskable
from explorer.backends.sparseml.groups import maskable_groups as groups_to_mask
from explorer.backends.sparseml.groups import options_for, removal_check
from explorer.backends.sparseml.options import read
from explorer.bundles.again import left_by
from explorer.bundles.dense import dense_of
from explorer.bundles.taking import code_of, take_away
from explorer.engine import calls
from explorer.engine.benches import bench, bench_for
from explorer.engine.call import ENGINE
from explorer.graph.build import dependency_graph
from explorer.measuring.judging import judge_of, sure_judge
from explorer.process import island
from explorer.process.steps import heard
from explorer.process.sweeps import scheduler_address
from explorer.studies import drawn as drawn_digit
from explorer.studies.apply import apply_and_measure, plan_at, prune_and_train
from explorer.studies.behaviour import Behaving
from explorer.studies.check.check import checked
from explorer.studies.compare.budget import given
from explorer.studies.compare.budget import solve as solve_budget
from explorer.studies.compare.measuring import compare as compare_all
from explorer.studies.data import data_facts as facts_of
from explorer.studies.live import Live
from explorer.studies.profile.growth import growth as measure_growth
from explorer.studies.profile.profile import profile as measure_profile
from explorer.studies.reproduce import reproduce as reproduce_all
from explorer.studies.sensitivity.solver import Solver
from explorer.studies.sensitivity.sweep import WHAT, sweep_by_workers
from explorer.studies.sparse_training import saved_at, trained_sparsely
from explorer.studies.summary import summarize
from explorer.studies.training import compare_trainings
from explorer.values import (
    Amount,
    Asked,
    Budget,
    CatalogEntry,
    ChannelCriterion,
    ChannelOptions,
    CostBudget,
    FineTune,
    Group,
    Growth,
    LayerGraph,
    LiveAccuracy,
    MaskSteps,
    MaskType,
    NativeOptions,
    NetworkSpec,
    NetworkSummary,
    Plan,
    Profile,
    ProfileRequest,
    Progress,
    RankingClass,
    RecipeReading,
    RemovalCheck,
    Report,
    Sensitivity,
    Solution,
    SparseOptions,
    SweepOptions,
    TrainedNetwork,
)
from explorer.values.again import Left
from explorer.values.behaviour import Behaviour, DigitExample, DrawnAnswer, Ink
from explorer.values.bundle import Taken
from explorer.values.check import Checking
from explorer.values.comparing import AnyOptions, CompareRequest, Comparison, Contender, Solved
from explorer.values.data import DataFacts
from explorer.values.errors import PruningError, UnknownNameError
from explorer.values.page import Page
from explorer.values.reproducing import Experiment, Reproduction
from explorer.values.sparse_training import SparselyTrained, SparseTraining

__all__ = calls.answered_in(ENGINE)

MOMENT = 0.5  # seconds
ALL_PLANS = 2.0  # seconds that the plans of all stops of a slider may take, as told by so many
TRIED = 4

Run = Generator[Progress, None, Report]


@calls.listing.answered
def listing() -> tuple[CatalogEntry, ...]:
    return sources.catalog()


@calls.summary.answered
def summary(spec: NetworkSpec) -> NetworkSummary:
    found = bench(spec)
    return found.part("summary", lambda: summarize(found.net))


@calls.data_facts.answered
def data_facts(spec: NetworkSpec) -> DataFacts | None:
    found = bench(spec)
    return found.part("data", lambda: facts_of(found.net))


@calls.trainings.answered
def trainings(spec: NetworkSpec) -> tuple[TrainedNetwork, ...]:
    found = bench(spec)
    return found.part("trainings", lambda: compare_trainings(found))


@calls.graph.answered
def graph(spec: NetworkSpec) -> LayerGraph:
    found = bench(spec)
    return found.part("graph", lambda: dependency_graph(found.net, traced(found)))


@calls.check.answered
def check(spec: NetworkSpec) -> Checking:
    found = bench_for(spec, DEPGRAPH, ChannelOptions())  # it prunes a copy
    return Checking(*found.go_on("check", lambda: checked(found), MOMENT))


@calls.prepare.answered
def prepare(spec: NetworkSpec, backend: str, options: AnyOptions) -> Progress:
    return bench_for(spec, backend, options).rank(backend, options, MOMENT)


@calls.plan.answered
def plan(spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None) -> Plan:
    return plain(plan_at(_planner(spec, backend, options), amount))


@calls.plans.answered
def plans(
    spec: NetworkSpec, backend: str, options: AnyOptions, ratios: tuple[float, ...]
) -> tuple[Plan | None, ...]:
    planner, made, took = _planner(spec, backend, options), list[Plan | None](), list[float]()
    for ratio in ratios:
        start = time.monotonic()
        try:
            made.append(plain(plan_at(planner, ratio)))
        except PruningError:
            made.append(None)
        took.append(time.monotonic() - start)
        # The quickest of the last: the first ones make what all share, and a busy machine may interrupt any.
        if len(took) >= TRIED and min(took[-TRIED:]) * len(ratios) > ALL_PLANS:
            return ()
    return tuple(made)


@calls.live_accuracy.answered
def live_accuracy(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None
) -> LiveAccuracy | None:
    found = bench(spec)
    judge = judge_of(found.net)
    if judge is None or judge.live is None:
        return None
    planner = _planner(spec, backend, options)
    planned = plan_at(planner, amount)
    with suppress(PruningError):  # nobody can tell before the library has run
        return found.part("live", lambda: Live(found.net)).measure(lambda: planner.sketch(planned))
    return None


@calls.behaviour.answered
def behaviour(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, recalibrated: bool
) -> Behaviour:
    planner = _planner(spec, backend, options)
    behaving = _behaving(spec)
    sketch = planner.sketch(plan_at(planner, amount))
    return behaving.compare(behaving.ready(sketch, recalibrated))


@calls.behaviour_of_all.answered
def behaviour_of_all(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, recalibrated: bool
) -> Generator[Progress, None, Behaviour]:
    planner = yield from _loaded(spec, backend, options)
    behaving = _behaving(spec)
    sketch = planner.sketch(plan_at(planner, amount))
    return (yield from behaving.compare_all(behaving.ready(sketch, recalibrated)))


@calls.is_labelled.answered
def is_labelled(spec: NetworkSpec) -> bool:
    return bench(spec).net.judged_on is not None


@calls.takes_drawings.answered
def takes_drawings(spec: NetworkSpec) -> bool:
    return drawn_digit.takes_drawings(bench(spec).net)


@calls.digit_examples.answered
def digit_examples(spec: NetworkSpec) -> tuple[DigitExample, ...]:
    return drawn_digit.digit_examples(bench(spec).net)


@calls.drawn.answered
def drawn(
    spec: NetworkSpec,
    backend: str,
    options: AnyOptions,
    amount: Asked | None,
    recalibrated: bool,
    ink: Ink,
) -> DrawnAnswer:
    found, planner = bench(spec), _planner(spec, backend, options)
    pad = found.part("pad", lambda: drawn_digit.Pad(found.net))
    of = backend, options, amount
    return pad.answer(ink, of, lambda: planner.sketch(plan_at(planner, amount)), recalibrated)


@calls.maskable_layers.answered
def maskable_layers(spec: NetworkSpec) -> tuple[str, ...]:
    return tuple(slot.layer for slot in maskable(bench(spec).net.module) if slot.parameter == "weight")


@calls.apply.answered
def apply(spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None) -> Run:
    planner = yield from _loaded(spec, backend, options)
    return (yield from apply_and_measure(planner, amount))


@calls.fine_tune.answered
def fine_tune(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, settings: FineTune
) -> Run:
    planner = yield from _loaded(spec, backend, options)
    return (yield from prune_and_train(planner, amount, settings))


@calls.sparse_training.answered
def sparse_training(
    spec: NetworkSpec, settings: SparseTraining, path: str
) -> Generator[Progress, None, SparselyTrained]:
    yield Progress(None, f"Loading {spec.name}")
    _, found = yield from trained_sparsely(bench(spec).net, settings, saved_at(Path(path)))
    return found


@calls.solutions.answered
def solutions(
    spec: NetworkSpec, contenders: tuple[Contender, ...], budget: Budget | None, keep: float
) -> tuple[Solved, ...]:
    return tuple(_solution(spec, contender, budget, keep) for contender in contenders)


@calls.compare.answered
def compare(request: CompareRequest) -> Generator[Progress, None, Comparison]:
    yield Progress(None, f"Loading {request.spec.name}")
    return (yield from compare_all(bench(request.spec).net, request))


@calls.code.answered
def code(spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None) -> str:
    planner = _planner(spec, backend, options)
    dense = bench(spec).part("dense", lambda: dense_of(planner.net))
    return code_of(dense, planner, plan_at(planner, amount))


@calls.take.answered
def take(
    spec: NetworkSpec,
    backend: str,
    options: AnyOptions,
    amount: Asked | None,
    settings: FineTune | None,
    path: str,
    page: Page,
) -> Generator[Progress, None, Taken]:
    planner = yield from _loaded(spec, backend, options)
    return (yield from take_away(planner, amount, settings, path, page))


@calls.leave.answered
def leave(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, wanted: Left
) -> Generator[Progress, None, NetworkSpec]:
    planner = yield from _loaded(spec, backend, options)
    return (yield from left_by(planner, amount, wanted))


@calls.importance.answered
def importance(spec: NetworkSpec, criterion: ChannelCriterion) -> Mapping[int, tuple[float, ...]]:
    return _depgraph(spec, ChannelOptions(criterion=criterion)).scores()


@calls.removed.answered
def removed(spec: NetworkSpec, options: ChannelOptions, ratio: float) -> Mapping[str, tuple[int, ...]]:
    return _depgraph(spec, options).plan(ratio).removed


@calls.ranking_classes.answered
def ranking_classes(spec: NetworkSpec, options: ChannelOptions) -> tuple[RankingClass, ...]:
    return _depgraph(spec, options).ranking_classes()


@calls.mask_steps.answered
def mask_steps(spec: NetworkSpec, options: NativeOptions, amount: Amount, layer: str) -> MaskSteps:
    return steps_of(cast(NativePlanner, _planner(spec, NATIVE, options)), amount, layer)


@calls.check_recipe.answered
def check_recipe(spec: NetworkSpec, options: SparseOptions) -> RecipeReading:
    return read(bench(spec).net, options)


@calls.group_recipe.answered
def group_recipe(spec: NetworkSpec, group: int, options: SparseOptions) -> SparseOptions:
    return options_for(bench(spec).net.module, _group(spec, group), options)


@calls.maskable_groups.answered
def maskable_groups(spec: NetworkSpec) -> Mapping[MaskType, tuple[int, ...]]:
    return groups_to_mask(bench(spec).net.module, graph(spec).groups)


@calls.group_removal.answered
def group_removal(spec: NetworkSpec, group: int, options: SparseOptions) -> RemovalCheck:
    return removal_check(bench(spec).net, _group(spec, group), options)


@calls.set_up_island.answered
def set_up_island() -> Generator[Progress, None, None]:
    total = island.count_packages(island.LOCK)
    for done, line in enumerate(island.set_up()):
        yield Progress(done / total, f"Installing {line}")


@calls.sensitivity.answered
def sensitivity(spec: NetworkSpec, options: SweepOptions) -> Generator[Progress, None, Sensitivity]:
    yield Progress(None, f"Loading {spec.name}")
    sure_judge(bench(spec).net, WHAT)
    yield Progress(None, "Tracing and ranking")
    return (yield from sweep_by_workers(_depgraph(spec, options.scoring), options, scheduler_address()))


@calls.solve.answered
def solve(spec: NetworkSpec, found: Sensitivity, budget: CostBudget) -> Solution:
    solver = bench(spec).part(
        ("solver", found), lambda: Solver(_depgraph(spec, found.options.scoring), found)
    )
    return solver.solve(budget)


@calls.profile.answered
def profile(spec: NetworkSpec, request: ProfileRequest) -> Generator[Progress, None, Profile]:
    yield Progress(None, f"Loading {spec.name}")
    return (yield from measure_profile(bench(spec).net, request))


@calls.growth.answered
def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Generator[Progress, None, Growth]:
    return (yield from measure_growth(specs, request))


@calls.reproduce.answered
def reproduce(experiments: tuple[Experiment, ...]) -> Generator[Progress, None, Reproduction]:
    return (yield from reproduce_all(experiments))


@calls.download.answered
def download(spec: NetworkSpec) -> Generator[Progress, None, None]:
    def load(tell: Any) -> None:
        text = f"Downloading what {spec.name} needs"
        sources.load_spec(spec, lambda fraction: tell(Progress(fraction, text)))

    return (yield from heard(load))


def _planner(spec: NetworkSpec, backend: str, options: AnyOptions) -> Planner[Any]:
    return bench_for(spec, backend, options).planner(backend, options)


def _depgraph(spec: NetworkSpec, options: ChannelOptions) -> DepGraphPlanner:
    return cast(DepGraphPlanner, _planner(spec, DEPGRAPH, options))


def _behaving(spec: NetworkSpec) -> Behaving:
    found = bench(spec)
    return found.part("behaving", lambda: Behaving(found.net))


def _loaded(spec: NetworkSpec, backend: str, options: AnyOptions) -> Generator[Progress, None, Planner[Any]]:
    yield Progress(None, f"Loading {spec.name}")
    return _planner(spec, backend, options)


def _solution(spec: NetworkSpec, contender: Contender, budget: Budget | None, keep: float) -> Solved:
    """A contender that is refused says why in its place, so that the others are still solved."""
    try:
        planner = _planner(spec, contender.library, contender.options)
        return solve_budget(planner, contender, budget, keep) if budget else given(planner, contender)
    except PruningError as error:
        return Solved(contender, None, problem=str(error))


def _group(spec: NetworkSpec, number: int) -> Group:
    groups = graph(spec).groups
    if not 0 <= number < len(groups):
        raise UnknownNameError(
            f"'{spec.name}' has groups 0 to {len(groups) - 1}, got {number}. Pick one on the graph page."
        )
    return groups[number]
