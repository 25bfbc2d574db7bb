"""The one table of what pages ask of the engines: names in, frozen values out. Knows no torch and no Streamlit.

Each entry is declared once, with its signature, its time limit and its words. A page calls it here; the process
that answers says which entry each of its functions answers, so that both ends are checked against one signature.
Every call may raise an `ExplorerError`, whose text is meant for the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from explorer.engine import board, pool
from explorer.engine.call import ISLAND, UPLOADS, Call, JobCall, declared, job_of, timed
from explorer.engine.frozen import frozen_catalog
from explorer.values import (
    Amount,
    Asked,
    Budget,
    CatalogEntry,
    ChannelCriterion,
    ChannelOptions,
    CostBudget,
    FineTune,
    Growth,
    JobStatus,
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
    RunMode,
    Sensitivity,
    Solution,
    SparseCost,
    SparseOptions,
    SweepOptions,
    TrainedNetwork,
)
from explorer.values.again import Left
from explorer.values.behaviour import Behaviour, DigitExample, DrawnAnswer, Ink
from explorer.values.bundle import Taken
from explorer.values.check import Checking
from explorer.values.checkpoints import Fit
from explorer.values.comparing import AnyOptions, CompareRequest, Comparison, Contender, Solved
from explorer.values.data import DataFacts
from explorer.values.page import Page
from explorer.values.reproducing import Experiment, Reproduction
from explorer.values.sparse_training import SparselyTrained, SparseTraining

LOADING = 90.0  # seconds: building and running the largest classifier once
GRAPH = 60.0  # tracing and grouping; Torch-Pruning itself is bounded before that
RECIPE = 10.0  # parsing a recipe that somebody wrote


@declared("listing the networks", LOADING)
def listing() -> tuple[CatalogEntry, ...]:
    """Every network that can be picked."""


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """The same, asked once at most: where it is frozen, the engine only begins to start."""
    pool()
    return frozen_catalog() or listing()


@declared("counting the layers of '{0.name}'", LOADING)
def summary(spec: NetworkSpec) -> NetworkSummary:
    """Layers, totals, counters and accuracy of a network."""


@declared("reading examples of the data of '{0.name}'", LOADING)
def data_facts(spec: NetworkSpec) -> DataFacts | None:
    """How much data it has, of which classes, and a few examples as pictures; None where it has none."""


@declared("pruning both trainings of '{0.name}'", GRAPH)
def trainings(spec: NetworkSpec) -> tuple[TrainedNetwork, ...]:
    """What pruning does to each training of a bundled network's shape; empty for other networks."""


@declared("tracing '{0.name}'", GRAPH)
def graph(spec: NetworkSpec) -> LayerGraph:
    """The dependency graph with its coupled groups."""


@declared("checking '{0.name}'", LOADING)
def check(spec: NetworkSpec) -> Checking:
    """Look for a moment at what bears on pruning it; to be called until something was found."""


@declared("reading the file '{2}'", LOADING, where=UPLOADS)
def take_upload(spec: NetworkSpec, path: str, name: str, strip: str) -> Fit:
    """Read a file that somebody uploaded for a network; if all of it fits, `spec.upload` holds its tensors then.

    Args:
        spec: of the network with these weights.
        path: of the file.
        name: what its owner calls it.
        strip: what stands before its names and not in the network.
    """


# --- every library ---------------------------------------------------------------------------------


@declared("ranking '{0.name}'", LOADING)
def prepare(spec: NetworkSpec, backend: str, options: AnyOptions) -> Progress:
    """Score and rank for a moment; to be called until the fraction is 1, when plans take milliseconds."""


@declared("planning for '{0.name}'", GRAPH)
def plan(spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None) -> Plan:
    """What is left at a ratio, a count or channels where the library takes them, or what the options say (None)."""


@declared("planning for '{0.name}'", GRAPH)
def plans(
    spec: NetworkSpec, backend: str, options: AnyOptions, ratios: tuple[float, ...]
) -> tuple[Plan | None, ...]:
    """The same at several ratios, None where one is refused; empty where that takes longer than a person would wait."""


@declared("measuring '{0.name}'", LOADING)
def live_accuracy(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None
) -> LiveAccuracy | None:
    """How well it does on a fixed sample; None where that means nothing, takes long, or only a run can tell."""


@declared("running '{0.name}' on its test images", LOADING)
def behaviour(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, recalibrated: bool
) -> Behaviour:
    """What a fixed sample of labelled images is answered before and after pruning, re-calibrated or right after."""


@job_of()
def behaviour_of_all(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, recalibrated: bool
) -> Behaviour:
    """The same on all test images."""


@declared("loading '{0.name}'", LOADING)
def is_labelled(spec: NetworkSpec) -> bool:
    """Whether labelled data belongs to it, and its weights were trained."""


@declared("loading '{0.name}'", LOADING)
def takes_drawings(spec: NetworkSpec) -> bool:
    """Whether its data are handwritten digits, and its weights know them."""


@declared("reading test images of '{0.name}'", LOADING)
def digit_examples(spec: NetworkSpec) -> tuple[DigitExample, ...]:
    """Some test images of each digit, for a network that takes drawings."""


@declared("running '{0.name}' on a drawing", LOADING)
def drawn(
    spec: NetworkSpec,
    backend: str,
    options: AnyOptions,
    amount: Asked | None,
    recalibrated: bool,
    ink: Ink,
) -> DrawnAnswer:
    """What a drawn digit is answered before and after pruning; refuses what is no drawing."""


@declared("listing the layers of '{0.name}'", LOADING)
def maskable_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """Layers whose weights can be masked soundly, by dotted path."""


@timed
@job_of()
def apply(spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None) -> Report:
    """Have the library prune a copy, and measure it."""


@timed
@job_of()
def fine_tune(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, settings: FineTune
) -> Report:
    """Prune a copy and train it on, and measure every step."""


@job_of()
def sparse_training(spec: NetworkSpec, settings: SparseTraining, path: str) -> SparselyTrained:
    """Train a copy towards channels that can go; the weights of its last whole epoch lie at the path."""


@declared("planning for '{0.name}'", GRAPH)
def solutions(
    spec: NetworkSpec, contenders: tuple[Contender, ...], budget: Budget | None, keep: float
) -> tuple[Solved, ...]:
    """Each contender's ratio for one budget, a share of the dense network's; None: its own ratio."""


@timed
@job_of()
def compare(request: CompareRequest) -> Comparison:
    """Prune by every contender, and measure all side by side."""


@declared("writing the script for '{0.name}'", GRAPH)
def code(spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None) -> str:
    """A script in the library's own API that prunes as planned; "" where the library has none."""


@job_of()
def take(
    spec: NetworkSpec,
    backend: str,
    options: AnyOptions,
    amount: Asked | None,
    settings: FineTune | None,
    path: str,
    page: Page,
) -> Taken:
    """Prune a copy, train it on where `settings` say so, and write what is taken away of it as a zip."""


@job_of()
def leave(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None, wanted: Left
) -> NetworkSpec:
    """Prune a copy once more as a run did, and keep it as a network that can be pruned again."""


# --- what only one library has ---------------------------------------------------------------------


@declared("scoring the channels of '{0.name}'", GRAPH)
def importance(spec: NetworkSpec, criterion: ChannelCriterion) -> Mapping[int, tuple[float, ...]]:
    """Importance per channel, by group id; groups that cannot be pruned are absent."""


@declared("planning for '{0.name}'", GRAPH)
def removed(spec: NetworkSpec, options: ChannelOptions, ratio: float) -> Mapping[str, tuple[int, ...]]:
    """Output channels that go from every layer at a ratio, by layer."""


@declared("ranking '{0.name}'", GRAPH)
def ranking_classes(spec: NetworkSpec, options: ChannelOptions) -> tuple[RankingClass, ...]:
    """The sets of groups that are ranked together, with their sorted scores."""


@declared("timing the steps of a mask on '{0.name}'", GRAPH)
def mask_steps(spec: NetworkSpec, options: NativeOptions, amount: Amount, layer: str) -> MaskSteps:
    """Norm, sort, zeroise for one layer, each with its measured cost."""


@declared("checking the recipe for '{0.name}'", LOADING)
def check_recipe(spec: NetworkSpec, options: SparseOptions) -> RecipeReading:
    """The first problem with the options and the option that causes it; `plan` raises the same sentence."""


@declared("reading a coupled group of '{0.name}'", GRAPH)
def group_recipe(spec: NetworkSpec, group: int, options: SparseOptions) -> SparseOptions:
    """The same options for the structured modifier, masking the members of a coupled group together."""


@declared("reading the coupled groups of '{0.name}'", GRAPH)
def maskable_groups(spec: NetworkSpec) -> Mapping[MaskType, tuple[int, ...]]:
    """Ids of the groups whose members SparseML can mask together, by mask type."""


@declared("measuring a removal on '{0.name}'", GRAPH)
def group_removal(spec: NetworkSpec, group: int, options: SparseOptions) -> RemovalCheck:
    """Whether the network under the masks of `group_recipe` answers like one without those channels, measured."""


@declared("reading the recipe", RECIPE, where=ISLAND)
def read_recipe(spec: NetworkSpec, text: str) -> RecipeReading:
    """What an edited recipe means to SparseML; parsed in its own process only."""


@timed
@job_of(ISLAND, "pruning '{0.name}'")
def run_recipe(spec: NetworkSpec, options: SparseOptions, mode: RunMode) -> Report:
    """Have SparseML mask or train a copy, and measure it."""


@timed
@job_of(ISLAND, "timing it on '{0.name}'")
def recipe_cost(spec: NetworkSpec, request: ProfileRequest) -> SparseCost:
    """Time SparseML's own steps."""


@job_of()
def set_up_island() -> None:
    """Set SparseML's packages up."""


# --- studies ---------------------------------------------------------------------------------------


@job_of()
def sensitivity(spec: NetworkSpec, options: SweepOptions) -> Sensitivity:
    """Measure how much each group matters, in worker processes."""


@declared("spending a budget on '{0.name}'", GRAPH)
def solve(spec: NetworkSpec, found: Sensitivity, budget: CostBudget) -> Solution:
    """Ratios per group that meet a budget with the least expected loss, measured beside one ratio for all."""


@timed
@job_of()
def profile(spec: NetworkSpec, request: ProfileRequest) -> Profile:
    """Measure where a network's time goes."""


@timed
@job_of()
def growth(specs: tuple[NetworkSpec, ...], request: ProfileRequest) -> Growth:
    """Measure what all libraries' steps cost over networks of many sizes."""


@job_of()
def reproduce(experiments: tuple[Experiment, ...]) -> Reproduction:
    """Find published numbers again."""


@job_of()
def download(spec: NetworkSpec) -> None:
    """Fetch pretrained weights."""


def job(job_id: str) -> JobStatus:
    """Where a job stands; asking keeps it alive."""
    return board().status(job_id)


def cancel(job_id: str) -> None:
    """Stop a job."""
    board().cancel(job_id)


def keep(job_id: str, about: object) -> None:
    """Know what a job was started with, also when the server was restarted."""
    board().keep(job_id, about)


def about(job_id: str) -> object:
    """What a job was started with; None for one that this server does not know."""
    return board().about(job_id)


def is_earlier(job_id: str) -> bool:
    """Whether another server ran it, such as this one before it was restarted."""
    return board().is_earlier(job_id)


def answered_in(where: str) -> list[str]:
    """Names of all entries that one kind of process answers."""
    return [
        name
        for name, entry in globals().items()
        if isinstance(entry, (Call, JobCall)) and entry.where == where
    ]
