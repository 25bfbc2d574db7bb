"""DepGraph: options in, plan and report out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.network import Evaluation


class Criterion(StrEnum):
    """How a channel's importance is computed."""

    L1 = "l1"
    L2 = "l2"
    TAYLOR = "taylor"
    HESSIAN = "hessian"
    LAMP = "lamp"
    BN_SCALE = "bn_scale"
    FPGM = "fpgm"
    RANDOM = "random"

    @property
    def needs_gradients(self) -> bool:
        """Whether labelled data has to be passed through the network first."""
        return self in (Criterion.TAYLOR, Criterion.HESSIAN)


class Reduction(StrEnum):
    """How the scores that a channel gets from each layer of its group become one."""

    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    PROD = "prod"
    FIRST = "first"  # the group's first layer alone decides
    GATE = "gate"  # the group's last layer alone decides


class Normalizer(StrEnum):
    """What a group's scores are divided by before groups are compared."""

    NONE = "none"
    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    STANDARDIZATION = "standardization"  # lowest becomes 0, highest 1
    GAUSSIAN = "gaussian"  # mean becomes 0, standard deviation 1


class Scope(StrEnum):
    """Which channels are ranked together."""

    LOCAL = "local"
    GLOBAL = "global"
    ISOMORPHIC = "isomorphic"  # groups of the same make-up


@dataclass(frozen=True, slots=True)
class PruningOptions:
    """Options of the DepGraph backend; all that a planner depends on beside the network."""

    criterion: Criterion = Criterion.L2
    scope: Scope = Scope.LOCAL
    round_to: int | None = None
    keep: tuple[str, ...] = ()  # layers whose outputs stay, by dotted path
    reduction: Reduction = Reduction.MEAN
    normalizer: Normalizer = Normalizer.MEAN  # LAMP has its own
    seed: int = 0  # random only
    overrides: tuple[tuple[str, float], ...] = ()  # (layer, ratio of the group that its outputs are in)
    max_ratio: float = 1.0  # no group loses a larger share of its channels
    steps: int = 1  # iterative pruning: importances are computed anew before each


@dataclass(frozen=True, slots=True)
class RankingClass:
    """Groups whose channels are ranked together."""

    name: str  # what its groups are made of, e.g. "Conv2d → BatchNorm2d → Conv2d"
    groups: tuple[int, ...]  # group ids
    roots: tuple[str, ...]  # a layer of each, parallel to `groups`
    ratio: float | None  # an override's own ratio; None: the slider's
    scores: tuple[float, ...]  # importance of every channel of these groups, lowest first


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
class DenseLayer:
    """One layer before pruning."""

    name: str
    type: str
    width: int  # output channels
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class DenseGroup:
    """One group that may lose channels, before pruning."""

    id: int
    root: str
    channels: int


@dataclass(frozen=True, slots=True)
class LeftWhole:
    """One group that loses no channels."""

    group: int  # its id
    root: str
    channels: int
    layers: tuple[str, ...]  # that hold these channels
    reason: str  # in sentences


@dataclass(frozen=True, slots=True)
class Dense:
    """What all plans of a planner start from."""

    layers: tuple[DenseLayer, ...]
    groups: tuple[DenseGroup, ...]
    bytes: int

    @property
    def params(self) -> int:
        """Parameters of the dense network."""
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        """MACs of the dense network."""
        return sum(layer.macs for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes at one ratio: the library does the same, unless `estimate` says otherwise.

    In columns, since it is made many times a second; `layers` and `groups` are its rows.
    """

    ratio: float
    dense: Dense
    widths: tuple[int, ...]  # parallel to dense.layers, as are the next two
    layer_params: tuple[int, ...]
    layer_macs: tuple[int, ...]
    lost: tuple[int, ...]  # channels, parallel to dense.groups
    bytes: int
    warnings: tuple[str, ...] = ()
    estimate: str = ""  # why the library may do otherwise; "" where the plan is exact

    @property
    def layers(self) -> tuple[LayerChange, ...]:
        """Every layer before and after."""
        columns = zip(self.dense.layers, self.widths, self.layer_params, self.layer_macs, strict=True)
        return tuple(
            LayerChange(old.name, old.type, old.width, width, old.params, params, old.macs, macs)
            for old, width, params, macs in columns
        )

    @property
    def groups(self) -> tuple[GroupChange, ...]:
        """How many channels every group loses."""
        rows = zip(self.dense.groups, self.lost, strict=True)
        return tuple(GroupChange(group.id, group.root, group.channels, lost) for group, lost in rows)

    @property
    def params(self) -> int:
        """Parameters after pruning."""
        return sum(self.layer_params)

    @property
    def params_before(self) -> int:
        """Parameters of the dense network."""
        return self.dense.params

    @property
    def macs(self) -> int:
        """MACs after pruning."""
        return sum(self.layer_macs)

    @property
    def macs_before(self) -> int:
        """MACs of the dense network."""
        return self.dense.macs

    @property
    def bytes_before(self) -> int:
        """Bytes of the dense network."""
        return self.dense.bytes


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What the library really did, measured, beside what the plan said."""

    plan: Plan
    params: int
    nonzero: int
    macs: int
    effective_macs: int  # those whose weight is not zero
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
