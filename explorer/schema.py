"""Plain frozen values that cross the seams: pages, service, engine process, core.

Nothing here imports torch or streamlit. Fractions are in [0, 1], sizes in
bytes, times in seconds, MACs for a batch of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Weights(StrEnum):
    """Where a network's weights come from."""

    TRAINED = "trained"  # shipped with the explorer, trained on the digits
    PRETRAINED = "pretrained"  # downloaded by torchvision
    RANDOM = "random"  # initialised with a seed, never trained


class Axis(StrEnum):
    """Which axis of a layer loses channels: OUT is dim 0 of a weight, IN is dim 1."""

    OUT = "out"
    IN = "in"


class NodeKind(StrEnum):
    """What a box of the dependency graph is; decides how it is drawn."""

    CONV = "conv"
    DEPTHWISE = "depthwise"
    LINEAR = "linear"
    BATCHNORM = "batchnorm"
    LAYERNORM = "layernorm"
    GROUPNORM = "groupnorm"
    ATTENTION = "attention"
    EMBEDDING = "embedding"
    PARAMETER = "parameter"
    ACTIVATION = "activation"
    POOL = "pool"
    ADD = "add"
    MULTIPLY = "multiply"
    CONCAT = "concat"
    SPLIT = "split"
    RESHAPE = "reshape"
    OUTPUT = "output"
    OTHER = "other"


class ReasonKind(StrEnum):
    """Why two axes must lose the same channels."""

    ROOT = "root"
    CONSUMER = "consumer"  # reads what another layer produces
    NORM = "norm"  # BatchNorm / LayerNorm / GroupNorm follows its producer
    ELEMENTWISE = "elementwise"  # activation, pooling, dropout: channel by channel
    RESIDUAL = "residual"  # a sum makes both branches share channels
    PRODUCT = "product"  # a product (squeeze-excite gate) makes both share channels
    CONCAT = "concat"  # concatenated at an offset
    SPLIT = "split"  # a slice of the channels goes each way
    DEPTHWISE = "depthwise"  # one filter per channel: input and output are the same
    CONV_GROUPS = "conv_groups"  # grouped convolution: each group loses alike
    FLATTEN = "flatten"  # each channel becomes several features
    ATTENTION = "attention"  # heads share the embedding
    PARAMETER = "parameter"  # a bare nn.Parameter added or multiplied per channel
    OUTPUT = "output"  # leaves the network


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Names a network completely: any process can rebuild exactly the same one."""

    name: str
    weights: Weights
    seed: int = 0

    @property
    def key(self) -> str:
        """Short text that names this network in caches and links."""
        return f"{self.name}:{self.weights}:{self.seed}"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One network that can be picked: known without loading or importing anything heavy."""

    name: str
    family: str
    weights: tuple[Weights, ...]  # choices offered, best first
    description: str  # one plain sentence


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A measurement on the test split: fraction right, mean cross-entropy, how many examples."""

    accuracy: float
    loss: float
    examples: int


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One leaf layer of a network."""

    name: str  # dotted path
    type: str  # class name, e.g. "Conv2d"
    weight_shape: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class CounterReading:
    """What one MAC counter says, and why it differs from the explorer's convention."""

    counter: str
    macs: int
    reason: str  # "" where it agrees


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """Everything the Network page shows of one network."""

    spec: NetworkSpec
    input_shape: tuple[int, ...]
    classes: int
    layers: tuple[LayerRow, ...]
    params: int
    macs: int
    bytes: int  # tensors of the state_dict
    counters: tuple[CounterReading, ...]
    evaluation: Evaluation | None  # None: no data set for this network
    card: Mapping[str, str | int | float] | None  # the shipped model card


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the dependency graph: a layer, or an operation between layers."""

    id: str  # unique; a layer's dotted path, or "add:layer1.0" for an operation
    label: str  # what is written in the box; without the scope
    kind: NodeKind
    type: str  # class or operation, e.g. "Conv2d", "add"
    scope: str  # dotted path of the enclosing module ("" at the top)
    is_layer: bool
    in_channels: int | None
    out_channels: int | None
    weight_shape: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    params: int
    macs: int
    groups: tuple[int, ...] = ()  # ids of the coupled groups this node is in


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flows from source to target (node ids)."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class IndexMap:
    """Which channels of a member go when channel k of the group goes.

    Nearly always ``offset + k*repeat .. offset + (k+1)*repeat``; `explicit` holds the rest.
    """

    offset: int = 0
    repeat: int = 1
    explicit: tuple[tuple[int, ...], ...] | None = None

    def of(self, channel: int) -> tuple[int, ...]:
        """Channels of the member that go with `channel` of the group."""
        if self.explicit is not None:
            return self.explicit[channel]
        start = self.offset + channel * self.repeat
        return tuple(range(start, start + self.repeat))


@dataclass(frozen=True, slots=True)
class Member:
    """One (layer, axis) of a coupled group, and the reason it is there."""

    node: str  # node id
    layer: str  # dotted path, or the operation's id
    axis: Axis
    pruning_fn: str  # Torch-Pruning's function, e.g. "prune_conv_out_channels"
    width: int  # channels of that axis in all; 0 for an operation that stores none
    index_map: IndexMap
    reason: ReasonKind
    why: str  # the reason in words
    source: str  # node id this coupling comes from
    inter_layer: bool  # False: within one layer (its input and output are one)
    schema: tuple[str, ...]  # the weight's shape with the allotted axis, e.g. ("64*", "3", "7", "7")


@dataclass(frozen=True, slots=True)
class Group:
    """The smallest unit that can be removed: axes that must lose the same channels."""

    id: int
    root: str  # node id; an accident of the traversal, carries no meaning
    channels: int
    heads: int  # > 1: channels go in sets, one from each of so many equal parts
    members: tuple[Member, ...]
    parts: str = ""  # what those parts are: "attention heads", "conv groups" or "norm groups"
    kept_because: str = ""  # "" : can be pruned

    @property
    def prunable(self) -> bool:
        """Whether channels of this group may go at all."""
        return not self.kept_because

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers with weights in this group, each once, in order."""
        return tuple(dict.fromkeys(m.layer for m in self.members if m.width))


@dataclass(frozen=True, slots=True)
class LayerGraph:
    """What is connected. Overlays (importance, plans, selection) are joined by node id."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError where there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)


class Criterion(StrEnum):
    """How a channel's importance is computed."""

    L1 = "l1"
    L2 = "l2"


class Scope(StrEnum):
    """Which channels are ranked together."""

    LOCAL = "local"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class PruningOptions:
    """Options of the DepGraph backend; all that a planner depends on beside the network."""

    criterion: Criterion = Criterion.L2
    scope: Scope = Scope.LOCAL
    round_to: int | None = None
    keep: tuple[str, ...] = ()  # layers whose outputs stay, by dotted path


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer before and after."""

    name: str
    type: str
    width_before: int  # output channels
    width_after: int
    params_before: int
    params_after: int
    macs_before: int
    macs_after: int


@dataclass(frozen=True, slots=True)
class GroupChange:
    """How many channels one group loses."""

    id: int
    root: str
    channels: int
    removed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes at one ratio, exactly: an estimate of nothing, the library does the same."""

    ratio: float
    layers: tuple[LayerChange, ...]
    groups: tuple[GroupChange, ...]
    bytes_before: int
    bytes: int
    warnings: tuple[str, ...] = ()
    removed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def params(self) -> int:
        """Parameters after pruning."""
        return sum(row.params_after for row in self.layers)

    @property
    def params_before(self) -> int:
        """Parameters of the dense network."""
        return sum(row.params_before for row in self.layers)

    @property
    def macs(self) -> int:
        """MACs after pruning."""
        return sum(row.macs_after for row in self.layers)

    @property
    def macs_before(self) -> int:
        """MACs of the dense network."""
        return sum(row.macs_before for row in self.layers)


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What the library really did, measured, beside what the plan said."""

    plan: Plan
    params: int
    macs: int
    file_bytes: int  # the pruned network's safetensors file
    output_shape: tuple[int, ...]
    differences: tuple[str, ...]  # sentences; empty: plan = library
    zeroing_difference: float  # largest |removed - zeroed| relative to the largest output
    zeroing_note: str  # "" or why they differ by nature
    dense: Evaluation | None
    pruned: Evaluation | None
    recalibrated: Evaluation | None  # after BatchNorm re-calibration; None without BatchNorm or data
    library_seconds: float

    @property
    def plan_is_library(self) -> bool:
        """Whether the library removed exactly what the plan said."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long run is."""

    fraction: float | None  # None: nobody knows how long it will take
    text: str  # what is being done, e.g. "Downloading 12 of 98 MB"


class JobState(StrEnum):
    """Where a long run stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A long run, as a page shows it."""

    id: str
    state: JobState
    progress: Progress
    seconds: float  # since it left the queue
    result: object = None  # what the function returned, once done
    error: str = ""  # why it failed or was cancelled, as a sentence

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in (JobState.QUEUED, JobState.RUNNING)


class Pattern(StrEnum):
    """What torch.nn.utils.prune zeroes: single weights, or whole slices of a weight along one axis."""

    UNSTRUCTURED = "unstructured"
    STRUCTURED = "structured"


class WeightCriterion(StrEnum):
    """How a weight, or a slice of weights, is scored: the lowest scores go first."""

    L1 = "l1"
    L2 = "l2"
    LINF = "linf"
    RANDOM = "random"


class WeightScope(StrEnum):
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


@dataclass(frozen=True, slots=True)
class NativePlan:
    """What is zeroed at one amount, exactly: torch.nn.utils.prune does the same."""

    amount: Amount
    layers: tuple[LayerSparsity, ...]
    bytes: int  # dense, and again once masks are made permanent
    bytes_masked: int  # while masks are attached: each masked value is stored twice
    warnings: tuple[str, ...] = ()

    @property
    def params(self) -> int:
        """Stored parameters, which masks do not change."""
        return sum(row.params for row in self.layers)

    @property
    def nonzero(self) -> int:
        """Parameters that are not zero."""
        return sum(row.nonzero for row in self.layers)

    @property
    def sparsity(self) -> float:
        """Share of the stored parameters that are zero."""
        return 1 - self.nonzero / self.params

    @property
    def macs(self) -> int:
        """MACs that are computed, which masks do not change."""
        return sum(row.macs for row in self.layers)

    @property
    def effective_macs(self) -> int:
        """MACs whose weight is not zero: what hardware that skips zeros would compute."""
        return sum(row.effective_macs for row in self.layers)


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
    norm_seconds: float  # the library's own calls on this layer, measured once, with half of it going
    sort_seconds: float
    zeroise_seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Repeated measurements of one thing, in seconds."""

    median: float
    low: float  # 95 % interval of the median
    high: float
    runs: int


@dataclass(frozen=True, slots=True)
class SecondRound:
    """What pruning again by the same amount did: the library keeps both methods in a PruningContainer."""

    nonzero: int
    containers: int  # parameters that now carry a container
    differences: tuple[
        str, ...
    ]  # values of the first round that came back: none, if the library keeps its word
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
