"""DepGraph: options in, plan and report out."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.values.named import Named, Need
from explorer.values.plan import Counts, Plan


@dataclass(frozen=True, slots=True)
class GradientNeed:
    """What a criterion wants of the loss's gradients on train images."""

    images: int  # passed through the network at most
    batch: int  # at once
    squared: bool = False  # the mean of each batch's squared gradients, not the gradient of the mean loss


@dataclass(frozen=True, slots=True)
class CriterionTraits:
    """What sets a criterion apart from one that scores every layer by its weights alone."""

    gradients: GradientNeed | None = None
    need: Need | None = None
    reduced: bool = True  # the scores from each layer of a group are made one
    normalised: bool = True  # and are divided by what the options say
    drawn: bool = False  # by chance, from a seed


_PLAIN = CriterionTraits()


class ChannelCriterion(Named):
    """How a channel's importance is computed."""

    L1 = "l1", "L1", "Scores a channel by the sum of the absolute values of its weights."
    L2 = "l2", "L2", "Scores a channel by the sum of the squares of its weights."
    TAYLOR = (
        "taylor",
        "Taylor",
        "Scores a channel by its weights times their gradients on the training images: roughly how much the "
        "loss would change without it.",
        CriterionTraits(GradientNeed(images=1024, batch=128), Need.IMAGES),
    )
    HESSIAN = (
        "hessian",
        "Hessian",
        "Scores a channel by its squared weights times the squared gradients of single training images: the "
        "second-order estimate of that change.",
        CriterionTraits(GradientNeed(images=256, batch=1, squared=True), Need.IMAGES),
    )
    LAMP = (
        "lamp",
        "LAMP",
        "Scores a channel by its share of the importance left in its group once all weaker channels are gone.",
        CriterionTraits(normalised=False),  # it has a way of its own
    )
    BN_SCALE = (
        "bn_scale",
        "BN scale",
        "Scores a channel by the absolute value of its BatchNorm's scale.",
        CriterionTraits(need=Need.BATCHNORM),
    )
    FPGM = (
        "fpgm",
        "FPGM",
        "Scores a channel by its distance to the other channels of its layer: the one most like the others "
        "is removed first.",
    )
    RANDOM = (
        "random",
        "random",
        "Picks channels at random: the baseline that every other criterion has to beat.",
        CriterionTraits(reduced=False, normalised=False, drawn=True),
    )

    traits: CriterionTraits

    def __init__(self, word: str, label: str = "", told: str = "", traits: CriterionTraits = _PLAIN) -> None:
        super().__init__(word, label, told)
        self.traits, self.need = traits, traits.need

    @property
    def needs_gradients(self) -> bool:
        """Whether labelled data has to be passed through the network first."""
        return self.traits.gradients is not None


class Reduction(Named):
    """How the scores that a channel gets from each layer of its group become one."""

    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    PROD = "prod"
    FIRST = "first"  # the group's first layer alone decides
    GATE = "gate"  # the group's last layer alone decides


class Normalizer(Named):
    """What a group's scores are divided by before groups are compared."""

    NONE = "none"
    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    STANDARDIZATION = "standardization"  # lowest becomes 0, highest 1
    GAUSSIAN = "gaussian"  # mean becomes 0, standard deviation 1


class HeadPruning(Named):
    """What attention loses where its heads can go whole; elsewhere every head loses the same positions."""

    SIZE = "size", "head size", "Every attention head loses the same positions, and all heads stay."
    WHOLE = (
        "whole",
        "whole heads",
        "Attention heads go as a whole, the least important first, and those that stay keep their size.",
        Need.HEADS,
    )

    def __init__(self, word: str, label: str = "", told: str = "", need: Need | None = None) -> None:
        super().__init__(word, label, told)
        self.need = need


class ChannelScope(Named):
    """Which channels are ranked together."""

    LOCAL = "local", "local", "Every group loses the same share of its channels."
    GLOBAL = (
        "global",
        "global",
        "All channels are ranked together, so groups full of weak channels lose more.",
    )
    ISOMORPHIC = (
        "isomorphic",
        "isomorphic",
        "Groups of the same structure are ranked together, and each such class loses the same share: scores "
        "of unlike layers are never compared.",
    )


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """Options of the DepGraph backend; all that a planner depends on beside the network."""

    criterion: ChannelCriterion = ChannelCriterion.L2
    scope: ChannelScope = ChannelScope.LOCAL
    round_to: int | None = None
    keep: tuple[str, ...] = ()  # layers whose outputs stay, by dotted path
    reduction: Reduction = Reduction.MEAN
    normalizer: Normalizer = Normalizer.MEAN  # LAMP has its own
    seed: int = 0  # random only
    overrides: tuple[tuple[str, float], ...] = ()  # (layer, ratio of the group that its outputs are in)
    max_ratio: float = 1.0  # no group loses a larger share of its channels
    steps: int = 1  # iterative pruning: importances are computed anew before each
    heads: HeadPruning = HeadPruning.SIZE


@dataclass(frozen=True, slots=True)
class RankingClass:
    """Groups whose channels are ranked together."""

    name: str  # what its groups are made of, e.g. "Conv2d → BatchNorm2d → Conv2d"
    groups: tuple[int, ...]  # group ids
    roots: tuple[str, ...]  # a layer of each, parallel to `groups`
    ratio: float | None  # an override's own ratio; None: the slider's
    scores: tuple[float, ...]  # importance of every channel of these groups, or of every head, lowest first
    of_heads: bool = False  # whether attention heads are ranked, which go whole


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
class LeftWhole:
    """One group that loses no channels."""

    group: int  # its id
    root: str
    channels: int
    layers: tuple[str, ...]  # that hold these channels
    reason: str  # in sentences


@dataclass(frozen=True, slots=True)
class ChannelPlan(Plan):
    """Which groups lose how many channels at one ratio, and what is left of every layer."""

    dense_groups: tuple[DenseGroup, ...] = field(kw_only=True)
    lost: Counts = field(kw_only=True)  # channels, parallel to `dense_groups`
    # (layer, output channels) as a person named them; (): the ratio decides, which else is what came of it
    chosen: tuple[tuple[str, tuple[int, ...]], ...] = field(default=(), kw_only=True)

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
