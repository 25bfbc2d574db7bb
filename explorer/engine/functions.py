"""What the engine process answers: names in, frozen plain values out.

Everything that is dear to make is kept, in bounded caches: one engine serves
many sessions for days.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

from explorer import sources
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.native.options import maskable
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.steps import mask_steps
from explorer.backends.sparseml.groups import options_for, removal_check
from explorer.backends.sparseml.layers import candidates
from explorer.backends.sparseml.options import read
from explorer.engine import kept
from explorer.measuring.evaluation import evaluate
from explorer.process import island
from explorer.process.sweeps import scheduler_address
from explorer.studies.applying.depgraph import apply_and_check
from explorer.studies.applying.native import apply_and_measure
from explorer.studies.compare.budget import given
from explorer.studies.compare.budget import solve as solve_budget
from explorer.studies.compare.contestants import Contestant, Following, Masking, Removing
from explorer.studies.compare.measuring import compare as compare_all
from explorer.studies.fine_tune import fine_tune_and_measure
from explorer.studies.profile.growth import growth as measure_growth
from explorer.studies.profile.profile import profile as measure_profile
from explorer.studies.reproduce import reproduce as reproduce_all
from explorer.studies.sensitivity.sweep import labelled, sweep_by_workers
from explorer.values import (
    Amount,
    ApplyReport,
    CatalogEntry,
    CostBudget,
    Criterion,
    Evaluation,
    FineTune,
    FineTuneReport,
    Growth,
    LayerGraph,
    MaskSteps,
    NativeOptions,
    NativePlan,
    NativeReport,
    NetworkSpec,
    NetworkSummary,
    Plan,
    Profile,
    ProfileRequest,
    Progress,
    PruningOptions,
    RankingClass,
    RecipeReading,
    RemovalCheck,
    Sensitivity,
    Solution,
    SparseOptions,
    SparsePlan,
    SweepOptions,
)
from explorer.values.comparing import Budget, CompareRequest, Comparison, Contender, Library, Solved
from explorer.values.errors import PruningError
from explorer.values.reproducing import Experiment, Reproduction

__all__ = [
    "apply",
    "catalog",
    "compare",
    "download",
    "fine_tune",
    "graph",
    "growth",
    "importance",
    "native_accuracy",
    "native_apply",
    "native_layers",
    "native_plan",
    "native_prepare",
    "native_steps",
    "plan",
    "plan_accuracy",
    "prepare",
    "profile",
    "ranking_classes",
    "removed",
    "reproduce",
    "sensitivity",
    "set_up_island",
    "solutions",
    "solve",
    "sparse_accuracy",
    "sparse_check",
    "sparse_group",
    "sparse_layers",
    "sparse_plan",
    "sparse_removal",
    "summary",
]

MOMENT = 0.5  # seconds


def catalog() -> tuple[CatalogEntry, ...]:
    """Every network that can be loaded."""
    return sources.catalog()


def summary(spec: NetworkSpec) -> NetworkSummary:
    """Layers, totals, counters and accuracy of a network."""
    return kept.summary(spec)


def graph(spec: NetworkSpec) -> LayerGraph:
    """The dependency graph of a network."""
    return kept.graph(spec)


def removed(spec: NetworkSpec, options: PruningOptions, ratio: float) -> dict[str, tuple[int, ...]]:
    """Output channels that go from every layer at a ratio."""
    return kept.planner(spec, options).plan(ratio).removed


def ranking_classes(spec: NetworkSpec, options: PruningOptions) -> tuple[RankingClass, ...]:
    """The sets of groups that are ranked together."""
    return kept.planner(spec, options).ranking_classes()


def importance(spec: NetworkSpec, criterion: Criterion) -> dict[int, tuple[float, ...]]:
    """Importance per channel of every group that may be pruned, by group id."""
    return kept.planner(spec, PruningOptions(criterion=criterion)).scores()


def prepare(spec: NetworkSpec, options: PruningOptions) -> Generator[Progress, None, None]:
    """Build a planner, so that plans take milliseconds from here on."""
    yield from kept.check(spec)
    yield from kept.gather(spec, options.criterion)
    kept.planner(spec, options)


def plan(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Plan:
    """What goes at a ratio."""
    return kept.planner(spec, options).counts(ratio)


def plan_accuracy(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Evaluation | None:
    """Accuracy right after pruning, measured on a copy with the channels cut out; None where it means nothing."""
    net = kept.network(spec)
    return evaluate(kept.planner(spec, options).sliced(ratio), net.judged_on) if net.judged_on else None


def apply(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Generator[Progress, None, ApplyReport]:
    """Prune with the library and check the plan against it; a long run."""
    yield Progress(None, f"Loading {spec.name}")
    net = kept.network(spec)
    yield Progress(None, "Tracing and ranking")
    planner = DepGraphPlanner(net, options)
    return (yield from apply_and_check(planner, ratio))


def fine_tune(
    spec: NetworkSpec, options: PruningOptions, ratio: float, settings: FineTune
) -> Generator[Progress, None, FineTuneReport]:
    """Prune a copy with the library, train it on, and measure every step; a long run."""
    yield Progress(None, f"Loading {spec.name}")
    net = kept.network(spec)
    yield Progress(None, "Tracing and ranking")
    return (yield from fine_tune_and_measure(DepGraphPlanner(net, options), ratio, settings))


def native_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """Layers whose weights can be masked."""
    return tuple(slot.layer for slot in maskable(kept.network(spec).module) if slot.parameter == "weight")


def native_prepare(spec: NetworkSpec, options: NativeOptions) -> Progress:
    """Rank weights for a moment, and tell how far that is: between two calls the caller may change its mind."""
    return kept.native(spec, options).rank(MOMENT)


def native_plan(spec: NetworkSpec, options: NativeOptions, amount: Amount) -> NativePlan:
    """What masks zero at an amount."""
    return kept.native(spec, options).counts(amount)


def native_accuracy(spec: NetworkSpec, options: NativeOptions, amount: Amount) -> Evaluation | None:
    """Accuracy right after masking, measured on a copy with the plan's zeros written; None without data."""
    net = kept.network(spec)
    if net.judged_on is None:
        return None
    with kept.native(spec, options).lend_masked(amount) as masked:
        return evaluate(masked, net.judged_on)


def native_steps(spec: NetworkSpec, options: NativeOptions, amount: Amount, layer: str) -> MaskSteps:
    """How the mask of one layer comes about."""
    return mask_steps(kept.native(spec, options), amount, layer)


def native_apply(
    spec: NetworkSpec, options: NativeOptions, amount: Amount
) -> Generator[Progress, None, NativeReport]:
    """Mask with torch.nn.utils.prune, make it permanent, prune again, and measure it all; a long run."""
    yield Progress(None, f"Loading {spec.name}")
    return (yield from apply_and_measure(NativePlanner(kept.network(spec), options), amount))


def profile(spec: NetworkSpec, request: ProfileRequest) -> Generator[Progress, None, Profile]:
    """Measure where time goes in one network, dense and pruned, and judge why; a long run."""
    yield Progress(None, f"Loading {spec.name}")
    return (yield from measure_profile(kept.network(spec), request))


def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Generator[Progress, None, Growth]:
    """Measure how the libraries' own cost grows over networks; a long run."""
    return (yield from measure_growth(specs, request))


def sensitivity(spec: NetworkSpec, options: SweepOptions) -> Generator[Progress, None, Sensitivity]:
    """Prune one group at a time on copies and measure, in worker processes; a long run."""
    yield Progress(None, f"Loading {spec.name}")
    labelled(kept.network(spec))
    yield from kept.gather(spec, options.criterion)
    return (yield from sweep_by_workers(kept.planner(spec, options.scoring), options, scheduler_address()))


def solve(spec: NetworkSpec, found: Sensitivity, budget: CostBudget) -> Solution:
    """Spend a budget by sensitivity, and measure it beside one ratio for all groups."""
    return kept.solver(spec, found).solve(budget)


def sparse_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """Layers whose weights SparseML can mask."""
    return candidates(kept.network(spec).module)


def sparse_check(spec: NetworkSpec, options: SparseOptions) -> RecipeReading:
    """The first problem with the options, and the option that causes it."""
    return read(kept.network(spec), options)


def sparse_plan(spec: NetworkSpec, options: SparseOptions) -> SparsePlan:
    """Recipe, schedule and final zeros."""
    return kept.sparse(spec, options).counts()


def sparse_accuracy(spec: NetworkSpec, options: SparseOptions) -> Evaluation | None:
    """Accuracy of the one-shot result, measured on a copy with the plan's zeros written."""
    net, planner = kept.network(spec), kept.sparse(spec, options)
    known = net.judged_on is not None and options.modifier.by_magnitude
    return evaluate(planner.masked(), net.judged_on) if known else None


def sparse_group(spec: NetworkSpec, group: int, options: SparseOptions) -> SparseOptions:
    """Options that mask a coupled group's layers together."""
    return options_for(kept.network(spec).module, kept.group(spec, group), options)


def sparse_removal(spec: NetworkSpec, group: int, options: SparseOptions) -> RemovalCheck:
    """The masked network beside one with the group's channels removed."""
    return removal_check(kept.network(spec), kept.group(spec, group), options)


def set_up_island() -> Generator[Progress, None, None]:
    """Install SparseML's packages; a long run."""
    total = island.count_packages(island.LOCK)
    for done, line in enumerate(island.set_up()):
        yield Progress(done / total, f"Installing {line}")


def solutions(
    spec: NetworkSpec, contenders: tuple[Contender, ...], budget: Budget | None, keep: float
) -> tuple[Solved, ...]:
    """Every contender's ratio for one budget, by plans alone; None: each at its own ratio."""
    return tuple(_solution(spec, contender, budget, keep) for contender in contenders)


def compare(request: CompareRequest) -> Generator[Progress, None, Comparison]:
    """Prune by every contender with its library, and measure all of them side by side; a long run."""
    yield Progress(None, f"Loading {request.spec.name}")
    return (yield from compare_all(kept.network(request.spec), request))


def reproduce(experiments: tuple[Experiment, ...]) -> Generator[Progress, None, Reproduction]:
    """Find published numbers again, row by row; a long run."""
    return (yield from reproduce_all(experiments))


def download(spec: NetworkSpec) -> Generator[Progress, None, None]:
    """Fetch pretrained weights into torch's cache; a long run."""
    fractions: SimpleQueue[float] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=1) as worker:
        loading = worker.submit(sources.load_spec, spec, fractions.put)
        while not loading.done():
            with suppress(Empty):
                fraction = fractions.get(timeout=0.2)
                yield Progress(fraction, f"Downloading the weights of {spec.name}")
        loading.result()  # raises what went wrong


def _solution(spec: NetworkSpec, contender: Contender, budget: Budget | None, keep: float) -> Solved:
    """A contender that is refused says why in its place, so that the others are still solved."""
    try:
        contestant = _contestant(spec, contender)
        return solve_budget(contestant, contender, budget, keep) if budget else given(contestant, contender)
    except PruningError as error:
        return Solved(contender, None, problem=str(error))


def _contestant(spec: NetworkSpec, contender: Contender) -> Contestant:
    if contender.library is Library.DEPGRAPH:
        assert isinstance(contender.options, PruningOptions)
        return Removing(kept.planner(spec, contender.options))
    if contender.library is Library.SPARSEML:
        assert isinstance(contender.options, SparseOptions)
        return Following(kept.sparse(spec, contender.options))
    assert isinstance(contender.options, NativeOptions)
    return Masking(kept.native(spec, contender.options))
