"""PyTorch native: options in, plan and report out."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.named import Named
from explorer.values.network import Axis, Evaluation
from explorer.values.runs import Timing


class Pattern(Named):
    """What torch.nn.utils.prune zeroes: single weights, or whole slices of a weight along one axis."""

    UNSTRUCTURED = "unstructured"
    STRUCTURED = "structured"


class WeightCriterion(Named):
    """How a weight, or a slice of weights, is scored: the lowest scores go first."""

    L1 = "l1", "L1"
    L2 = "l2", "L2"
    LINF = "linf", "L∞"
    RANDOM = "random"


class WeightScope(Named):
    """Which weights are ranked together."""

    LAYER = "layer"
    GLOBAL = "global"


Amount = float | int  # a float is a fraction in [0, 1], an int a count: 1 is not 1.0


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
class LayerSparsity:
    """One layer under its masks; its shapes stay as they are."""

    name: str
    type: str
    params: int
    nonzero: int
    masked: int  # values under a zero of a mask, whether they were zero before or not
    maskable: int  # values that masks cover; 0: the layer is not pruned
    macs: int
    effective_macs: int  # those whose weight is not zero

    @property
    def sparsity(self) -> float:
        """Share of the stored parameters that are zero."""
        return 1 - self.nonzero / self.params if self.params else 0.0


BYTES = 4  # of one weight


@dataclass(frozen=True, slots=True)
class Unmasked:
    """The layers that all masks of one planner start from, in columns: one entry for each layer."""

    names: tuple[str, ...]  # dotted paths
    types: tuple[str, ...]
    params: tuple[int, ...]
    maskable: tuple[int, ...]  # values that masks cover
    macs: tuple[int, ...]
    bytes: int  # of the saved network


@dataclass(frozen=True, slots=True)
class MaskedLayers:
    """The layers of one network under masks, and what they add up to.

    In columns, since a plan is made many times a second; `layers` are its rows.
    """

    dense: Unmasked
    layer_nonzero: tuple[int, ...]  # parallel to the columns of `dense`, as are the next two
    layer_masked: tuple[int, ...]
    layer_effective_macs: tuple[int, ...]

    @property
    def layers(self) -> tuple[LayerSparsity, ...]:
        """Every layer under its masks."""
        dense = self.dense
        columns = (
            dense.names,
            dense.types,
            dense.params,
            self.layer_nonzero,
            self.layer_masked,
            dense.maskable,
            dense.macs,
            self.layer_effective_macs,
        )
        return tuple(LayerSparsity(*row) for row in zip(*columns, strict=True))

    @property
    def params(self) -> int:
        """Stored parameters, which masks do not change."""
        return sum(self.dense.params)

    @property
    def nonzero(self) -> int:
        """Parameters that are not zero."""
        return sum(self.layer_nonzero)

    @property
    def sparsity(self) -> float:
        """Share of the stored parameters that are zero."""
        return 1 - self.nonzero / self.params

    @property
    def macs(self) -> int:
        """MACs that are computed, which masks do not change."""
        return sum(self.dense.macs)

    @property
    def effective_macs(self) -> int:
        """MACs whose weight is not zero: what hardware that skips zeros would compute."""
        return sum(self.layer_effective_macs)

    @property
    def bytes(self) -> int:
        """Bytes of the saved network, which masks do not change."""
        return self.dense.bytes

    @property
    def bytes_compressed(self) -> int:
        """Bytes if only non-zeros were stored of what masks cover, with one bit each to say where they are."""
        dense = self.dense
        columns = zip(dense.params, self.layer_nonzero, dense.maskable, strict=True)
        zeros = sum(min(params - nonzero, maskable) for params, nonzero, maskable in columns)
        bits = sum(dense.maskable)
        return min(self.bytes, self.bytes - BYTES * zeros + (bits + 7) // 8)


@dataclass(frozen=True, slots=True)
class NativePlan(MaskedLayers):
    """What is zeroed at one amount, exactly: torch.nn.utils.prune does the same.

    Its bytes are those of the dense network, and again once masks are made permanent.
    """

    amount: Amount
    bytes_masked: int  # while masks are attached: each masked value is stored twice
    warnings: tuple[str, ...] = ()


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
class NativeReport:
    """What torch.nn.utils.prune really did, measured, beside what the plan said."""

    plan: NativePlan
    differences: tuple[str, ...]  # sentences; empty: plan = library
    nonzero: int
    macs: int  # counted on the masked network
    tensors_masked: tuple[str, ...]  # names that saving stores for the first masked layer
    tensors_permanent: tuple[str, ...]
    file_dense: int
    file_masked: int
    file_permanent: int
    compressed_dense: int
    compressed_permanent: int
    latency_dense: Timing
    latency_masked: Timing
    latency_permanent: Timing
    permanent_difference: float  # largest |masked - permanent| output
    dense: Evaluation | None
    pruned: Evaluation | None
    again: SecondRound
    library_seconds: float

    @property
    def plan_is_library(self) -> bool:
        """Whether the library zeroed exactly what the plan said."""
        return not self.differences
