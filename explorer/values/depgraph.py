"""DepGraph: options in, plan and report out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from explorer.values.plan import Counts, Plan


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
class GroupChange:
    """How many channels one group loses."""

    id: int
    root: str
    channels: int
    removed: int


@dataclass(frozen=True, slots=True)
class DenseGroup:
    """One group that may lose channels, before pruning."""

    id: int
    root: str
    channels: int


@dataclass(frozen=True, slots=True)
class ChannelPlan(Plan):
    """Which groups lose how many channels at one ratio, and what is left of every layer."""

    dense_groups: tuple[DenseGroup, ...] = field(kw_only=True)
    lost: Counts = field(kw_only=True)  # channels, parallel to `dense_groups`

    @property
    def groups(self) -> tuple[GroupChange, ...]:
        """How many channels every group loses."""
        rows = zip(self.dense_groups, self.lost, strict=True)
        return tuple(GroupChange(group.id, group.root, group.channels, lost) for group, lost in rows)


@dataclass(frozen=True, slots=True)
class RemovalEvidence:
    """The pruned network beside the dense one with the same channels set to zero."""

    output_shape: tuple[int, ...]
    difference: float  # largest |removed - zeroed|, relative to the largest output
    note: str  # "" or why they differ by nature
