"""PyTorch native: options in, plan and report out."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.values.masks import MaskedPlan
from explorer.values.named import Named
from explorer.values.network import Axis
from explorer.values.plan import Amount
from explorer.values.timing import Timing


class Pattern(Named):
    """What torch.nn.utils.prune zeroes: single weights, or whole slices of a weight along one axis."""

    UNSTRUCTURED = "unstructured"
    STRUCTURED = "structured"


class WeightCriterion(Named):
    """How a weight, or a slice of weights, is scored: the lowest scores go first."""

    L1 = "l1", "L1"
    L2 = "l2", "L2", False
    LINF = "linf", "L∞", False
    RANDOM = "random", "random"

    of_weights: bool  # whether single weights are ranked so, too: of one number every norm is L1

    def __init__(self, word: str, label: str = "", of_weights: bool = True) -> None:
        super().__init__(word, label)
        self.of_weights = of_weights


class WeightScope(Named):
    """Which weights are ranked together."""

    LAYER = "layer"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """Options of the PyTorch native backend; all that a planner depends on beside the network."""

    pattern: Pattern = Pattern.UNSTRUCTURED
    criterion: WeightCriterion = WeightCriterion.L1
    scope: WeightScope = WeightScope.LAYER
    axis: Axis = Axis.OUT  # structured only: slices along dim 0 or dim 1
    seed: int = 0  # random only
    layers: tuple[str, ...] | None = None  # None: every convolution and linear layer
    biases: bool = False
    overrides: tuple[tuple[str, Amount], ...] = ()  # layers with an amount of their own


@dataclass(frozen=True, slots=True)
class MaskPlan(MaskedPlan):
    """What is zeroed at one amount, exactly: torch.nn.utils.prune does the same.

    Its bytes are those of the dense network, and again once masks are made permanent.
    """

    amount: Amount = field(kw_only=True)
    bytes_masked: int = field(kw_only=True)  # while masks are attached: each masked value is stored twice


@dataclass(frozen=True, slots=True)
class MaskSteps:
    """Norm, sort, zeroise: how the mask of one layer comes about at one amount."""

    layer: str
    shape: tuple[int, ...]
    unit: str  # what is scored: "weight", "output slice" or "input slice"
    total: int  # how many are scored
    zeroed: int  # how many go
    threshold: float | None  # score of the last one that goes; None where none does
    bins: tuple[float, ...]  # edges of the histogram, one more than `counts`
    counts: tuple[int, ...]
    curve: tuple[tuple[int, float], ...]  # (rank, score), lowest first, thinned
    picture: tuple[tuple[float, ...], ...]  # share kept, filters x inputs, averaged where large
    norm_seconds: float  # the library's own calls, measured once on `timed` values, half of them going
    sort_seconds: float
    zeroise_seconds: float
    timed: int


@dataclass(frozen=True, slots=True)
class SecondRound:
    """What pruning again by the same amount did: the library keeps both methods in a PruningContainer."""

    nonzero: int
    containers: int  # parameters that now carry a container
    differences: tuple[str, ...]  # parameters with values that came back: none, if the library keeps its word
    refused: str = ""  # why the library refused


@dataclass(frozen=True, slots=True)
class MaskEvidence:
    """What masks are before and after they are made permanent, and what pruning again does."""

    tensors_masked: tuple[str, ...]  # names that saving stores for the first masked layer
    tensors_permanent: tuple[str, ...]
    file_masked: int
    latency_masked: Timing
    latency_permanent: Timing  # in turns with the former
    permanent_difference: float  # largest |masked - permanent| output
    again: SecondRound
