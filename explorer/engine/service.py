"""What pages ask for: names in, frozen results out. Knows no torch and no Streamlit.

Every function may raise an `ExplorerError`, whose text is meant for the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from explorer.engine import board, pool, sparse_pool, sparse_settings
from explorer.process import island
from explorer.values import (
    Amount,
    CatalogEntry,
    ChannelPlan,
    CostBudget,
    Criterion,
    Evaluation,
    FineTune,
    JobStatus,
    LayerGraph,
    MaskPlan,
    MaskSteps,
    NativeOptions,
    NetworkSpec,
    NetworkSummary,
    ProfileRequest,
    Progress,
    PruningOptions,
    RankingClass,
    RecipePlan,
    RecipeReading,
    RemovalCheck,
    RunMode,
    Sensitivity,
    Solution,
    SparseOptions,
    SweepOptions,
)
from explorer.values.comparing import Budget, CompareRequest, Contender, Solved
from explorer.values.reproducing import Experiment

LOADING = 90.0  # seconds: building and running the largest classifier once
GRAPH = 60.0  # tracing and grouping; Torch-Pruning itself is bounded before that
RECIPE = 10.0  # parsing a recipe that somebody wrote


def _ask(
    function: str, spec: NetworkSpec, *args: Any, doing: str, timeout: float = GRAPH, **more: Any
) -> Any:
    """Call a function of the engine that the network is at home in; what it returns is the caller's to type."""
    return pool().call(function, spec, *args, key=spec.key, timeout=timeout, doing=doing, **more)


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every network that can be picked."""
    entries: tuple[CatalogEntry, ...] = pool().call("catalog", timeout=LOADING, doing="listing the networks")
    return entries


def summary(spec: NetworkSpec) -> NetworkSummary:
    """Layers, totals, counters and accuracy of a network."""
    return _ask("summary", spec, timeout=LOADING, doing=f"counting the layers of '{spec.name}'")


def graph(spec: NetworkSpec) -> LayerGraph:
    """The dependency graph with its coupled groups."""
    return _ask("graph", spec, doing=f"tracing '{spec.name}'")


def importance(spec: NetworkSpec, criterion: Criterion) -> Mapping[int, tuple[float, ...]]:
    """Importance per channel, by group id; groups that cannot be pruned are absent."""
    return _ask("importance", spec, criterion, doing=f"scoring the channels of '{spec.name}'")


def prepare(
    spec: NetworkSpec,
    options: PruningOptions,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> None:
    """Score and rank once; plans take milliseconds from here on.

    Args:
        on_progress: told how far it is, where labelled data is passed through the network.
    """
    _ask("prepare", spec, options, doing=f"ranking the channels of '{spec.name}'", on_progress=on_progress)


def removed(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Mapping[str, tuple[int, ...]]:
    """Output channels that go from every layer at a ratio, by layer."""
    return _ask("removed", spec, options, ratio, doing=f"planning for '{spec.name}'")


def ranking_classes(spec: NetworkSpec, options: PruningOptions) -> tuple[RankingClass, ...]:
    """The sets of groups that are ranked together, with their sorted scores."""
    return _ask("ranking_classes", spec, options, doing=f"ranking '{spec.name}'")


def plan(spec: NetworkSpec, options: PruningOptions, ratio: float) -> ChannelPlan:
    """What goes at a ratio in [0, 1), exactly."""
    return _ask("plan", spec, options, ratio, doing=f"planning for '{spec.name}'")


def plan_accuracy(spec: NetworkSpec, options: PruningOptions, ratio: float) -> Evaluation | None:
    """Accuracy right after removing the plan's channels, measured; None where no data belongs to the network."""
    return _ask("plan_accuracy", spec, options, ratio, doing=f"measuring '{spec.name}'")


def start_apply(spec: NetworkSpec, options: PruningOptions, ratio: float) -> str:
    """Have the library prune a copy in a process of its own; the job's result is an `ApplyReport`."""
    return board().start("apply", spec, options, ratio)


def start_fine_tune(spec: NetworkSpec, options: PruningOptions, ratio: float, settings: FineTune) -> str:
    """Prune a copy and train it on in a process of its own; the job's result is a `FineTuneReport`."""
    return board().start("fine_tune", spec, options, ratio, settings)


def native_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """Layers whose weights torch.nn.utils.prune can mask soundly, by dotted path."""
    return _ask("native_layers", spec, timeout=LOADING, doing=f"listing the layers of '{spec.name}'")


def native_prepare(spec: NetworkSpec, options: NativeOptions) -> Progress:
    """Rank weights for a moment; to be called until the fraction is 1, when plans take milliseconds."""
    return _ask(
        "native_prepare", spec, options, timeout=LOADING, doing=f"ranking the weights of '{spec.name}'"
    )


def native_plan(spec: NetworkSpec, options: NativeOptions, amount: Amount) -> MaskPlan:
    """What masks zero at a fraction (float) or a count (int), exactly."""
    return _ask("native_plan", spec, options, amount, doing=f"planning masks for '{spec.name}'")


def native_accuracy(spec: NetworkSpec, options: NativeOptions, amount: Amount) -> Evaluation | None:
    """Accuracy right after masking, measured; None where no data belongs to the network."""
    return _ask("native_accuracy", spec, options, amount, doing=f"measuring masks on '{spec.name}'")


def native_steps(spec: NetworkSpec, options: NativeOptions, amount: Amount, layer: str) -> MaskSteps:
    """Norm, sort, zeroise for one layer, each with its measured cost."""
    return _ask(
        "native_steps", spec, options, amount, layer, doing=f"timing the steps of a mask on '{spec.name}'"
    )


def start_native_apply(spec: NetworkSpec, options: NativeOptions, amount: Amount) -> str:
    """Mask a copy with the library in a process of its own; the job's result is a `NativeReport`."""
    return board().start("native_apply", spec, options, amount)


def start_profile(spec: NetworkSpec, request: ProfileRequest) -> str:
    """Measure where a network's time goes, in a process of its own; the job's result is a `Profile`."""
    return board().start("profile", spec, request)


def start_growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> str:
    """Measure what all libraries' steps cost over networks of many sizes; the job's result is a `Growth`."""
    return board().start("growth", specs, request)


def start_sensitivity(spec: NetworkSpec, options: SweepOptions) -> str:
    """Measure how much each group matters, in worker processes; the job's result is a `Sensitivity`."""
    return board().start("sensitivity", spec, options)


def solve(spec: NetworkSpec, found: Sensitivity, budget: CostBudget) -> Solution:
    """Ratios per group that meet a budget with the least expected loss, measured beside one ratio for all."""
    return _ask("solve", spec, found, budget, doing=f"spending a budget on '{spec.name}'")


def start_sparse_cost(spec: NetworkSpec, request: ProfileRequest) -> str:
    """Time SparseML's own steps in a process of its own; the job's result is a `SparseCost`."""
    return board().start_in(sparse_settings(), "cost", spec, request, doing=f"timing it on '{spec.name}'")


def sparse_missing() -> str:
    """One sentence on why SparseML cannot run here and what to do; empty where it can."""
    return island.why_missing()


def start_island() -> str:
    """Set SparseML's packages up in a process of its own; the job's result is None."""
    return board().start("set_up_island")


def sparse_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """Layers whose weights SparseML's ``__ALL_PRUNABLE__`` names, by dotted path."""
    return _ask("sparse_layers", spec, timeout=LOADING, doing=f"listing the layers of '{spec.name}'")


def sparse_check(spec: NetworkSpec, options: SparseOptions) -> RecipeReading:
    """The first problem with the options and the option that causes it; `sparse_plan` raises the same sentence."""
    return _ask(
        "sparse_check", spec, options, timeout=LOADING, doing=f"checking the recipe for '{spec.name}'"
    )


def sparse_plan(spec: NetworkSpec, options: SparseOptions) -> RecipePlan:
    """Recipe, schedule and final zeros, exactly; no library is called."""
    return _ask("sparse_plan", spec, options, doing=f"planning masks for '{spec.name}'")


def sparse_accuracy(spec: NetworkSpec, options: SparseOptions) -> Evaluation | None:
    """Accuracy of the one-shot result, measured; None without data, or where gradients decide on the mask."""
    return _ask("sparse_accuracy", spec, options, doing=f"measuring masks on '{spec.name}'")


def sparse_group(spec: NetworkSpec, group: int, options: SparseOptions) -> SparseOptions:
    """The same options for the structured modifier, masking the members of a coupled group together."""
    return _ask("sparse_group", spec, group, options, doing=f"reading a coupled group of '{spec.name}'")


def sparse_removal(spec: NetworkSpec, group: int, options: SparseOptions) -> RemovalCheck:
    """Whether the network under the masks of `sparse_group` answers like one without those channels, measured."""
    return _ask("sparse_removal", spec, group, options, doing=f"measuring a removal on '{spec.name}'")


def read_recipe(spec: NetworkSpec, text: str) -> RecipeReading:
    """What an edited recipe means to SparseML; parsed in its worker process only, within a time limit."""
    result: RecipeReading = sparse_pool().call(
        "read_recipe", spec, text, timeout=RECIPE, doing="reading the recipe"
    )
    return result


def solutions(
    spec: NetworkSpec, contenders: tuple[Contender, ...], budget: Budget | None, keep: float
) -> tuple[Solved, ...]:
    """Each contender's ratio for one budget, a share of the dense network's; None: its own ratio."""
    return _ask("solutions", spec, contenders, budget, keep, doing=f"planning for '{spec.name}'")


def start_sparse_run(spec: NetworkSpec, options: SparseOptions, mode: RunMode) -> str:
    """Have SparseML mask or train a copy in a process of its own; the job's result is a `SparseReport`."""
    return board().start_in(sparse_settings(), "run", spec, options, mode, doing=f"pruning '{spec.name}'")


def start_compare(request: CompareRequest) -> str:
    """Prune by every contender in a process of its own; the job's result is a `Comparison`."""
    return board().start("compare", request)


def start_reproduce(experiments: tuple[Experiment, ...]) -> str:
    """Find published numbers again in a process of its own; the job's result is a `Reproduction`."""
    return board().start("reproduce", experiments)


def start_download(spec: NetworkSpec) -> str:
    """Fetch pretrained weights in a process of its own."""
    return board().start("download", spec)


def job(job_id: str) -> JobStatus:
    """Where a long run stands; asking keeps it alive."""
    return board().status(job_id)


def cancel(job_id: str) -> None:
    """Stop a long run."""
    board().cancel(job_id)
