"""SparseML: options in; plan, recipe and report out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from explorer.values.masks import MaskedLayer, MaskedPlan
from explorer.values.native import WeightScope


class MaskType(StrEnum):
    """In which pieces weights are zeroed together."""

    UNSTRUCTURED = "unstructured"
    BLOCK4 = "block4"  # four neighbouring inputs; what does not fill a block is padded
    ONE_BY_FOUR = "1x4"  # four neighbouring inputs
    FOUR_BY_ONE = "4x1"  # four neighbouring outputs
    TWO_OF_FOUR = "2:4"  # of every four inputs of a linear layer two stay
    FOUR_OF_EIGHT = "4:8"
    FILTER = "filter"  # whole output channels: dim 0 of a weight
    CHANNEL = "channel"  # whole input channels: dim 1 of a weight

    @property
    def fixed_sparsity(self) -> float | None:
        """The only sparsity an N:M mask can have; None for the others."""
        return 0.5 if self in (MaskType.TWO_OF_FOUR, MaskType.FOUR_OF_EIGHT) else None


BLOCKS = (MaskType.UNSTRUCTURED, MaskType.BLOCK4, MaskType.ONE_BY_FOUR, MaskType.FOUR_BY_ONE)
N_OF_M = (MaskType.TWO_OF_FOUR, MaskType.FOUR_OF_EIGHT)


class Interpolation(StrEnum):
    """How sparsity goes from its initial to its final value."""

    LINEAR = "linear"
    CUBIC = "cubic"  # fast at first
    INVERSE_CUBIC = "inverse_cubic"  # fast at the end


class RunMode(StrEnum):
    """Masks once, without training; or while the network is trained."""

    ONE_SHOT = "one_shot"
    TRAINING = "training"


class Modifier(StrEnum):
    """The pruning modifiers of SparseML that work; the value is the recipe's tag without "PruningModifier"."""

    GM = "GM"
    MAGNITUDE = "Magnitude"
    GLOBAL_MAGNITUDE = "GlobalMagnitude"
    CONSTANT = "Constant"
    STRUCTURED = "Structured"
    ACDC = "ACDC"
    TOPKAST = "TopKAST"
    MOVEMENT = "Movement"
    OBS = "OBS"
    MFAC = "MFAC"
    RIGL = "RigL"

    @property
    def tag(self) -> str:
        """The class name that a recipe writes behind its exclamation mark."""
        return f"{self.value}PruningModifier"

    @property
    def modes(self) -> tuple[RunMode, ...]:
        """How it can be run: movement would zero at random in one shot, MFAC and RigL fail."""
        if self in (Modifier.MOVEMENT, Modifier.MFAC, Modifier.RIGL):
            return (RunMode.TRAINING,)
        return (RunMode.TRAINING, RunMode.ONE_SHOT)

    @property
    def by_magnitude(self) -> bool:
        """Whether the one-shot mask follows from the weights alone; gradients decide for the others."""
        return RunMode.ONE_SHOT in self.modes and self is not Modifier.OBS

    @property
    def gradual(self) -> bool:
        """Whether sparsity goes from an initial to a final value along an interpolation."""
        return self not in (Modifier.CONSTANT, Modifier.ACDC, Modifier.TOPKAST, Modifier.RIGL)

    @property
    def needs_gradients(self) -> bool:
        """Whether it asks for gradients of labelled data while it scores."""
        return self in (Modifier.OBS, Modifier.MFAC, Modifier.RIGL)

    @property
    def mask_types(self) -> tuple[MaskType, ...]:
        """Mask types that work with it, the default first."""
        if self in (Modifier.GM, Modifier.MAGNITUDE, Modifier.ACDC):
            return BLOCKS + N_OF_M
        if self in (Modifier.GLOBAL_MAGNITUDE, Modifier.TOPKAST, Modifier.MOVEMENT):
            return BLOCKS
        if self is Modifier.STRUCTURED:
            return (MaskType.FILTER, MaskType.CHANNEL)
        return (MaskType.UNSTRUCTURED,)  # OBS takes block4, too, and training then ends in NaN

    @property
    def scopes(self) -> tuple[WeightScope, ...]:
        """What may be ranked together, the default first."""
        if self is Modifier.GLOBAL_MAGNITUDE:
            return (WeightScope.GLOBAL,)
        if self in (Modifier.ACDC, Modifier.TOPKAST):
            return (WeightScope.GLOBAL, WeightScope.LAYER)
        return (WeightScope.LAYER,)


@dataclass(frozen=True, slots=True)
class SparseOptions:
    """All that a recipe says, and how long to train with it.

    Epochs are passes over the train split and may be fractions.
    """

    modifier: Modifier = Modifier.GM
    mask_type: MaskType = MaskType.UNSTRUCTURED
    init_sparsity: float = 0.05  # of modifiers that are `gradual`
    final_sparsity: float = 0.8
    start_epoch: float = 0.0
    end_epoch: float = 6.0
    update_frequency: float = 0.5  # epochs between two masks; whole ones for AC/DC; not for constant
    interpolation: Interpolation = Interpolation.CUBIC
    scope: WeightScope | None = None  # None: the modifier's own
    layers: tuple[str, ...] | None = None  # dotted paths; None: every layer that can take the mask
    pattern: str = ""  # a regular expression over parameter names instead of `layers`
    param_groups: tuple[tuple[str, ...], ...] = ()  # structured only: layers that lose the same indices
    backward_sparsity: float = 0.5  # TopKAST only: of the gradients
    epochs: float = 8.0  # of training in all
    learning_rate: float = 3e-3  # at the start; it falls to 0 along half a cosine
    seed: int = 0  # order of the training images


@dataclass(frozen=True, slots=True)
class SchedulePoint:
    """One moment at which SparseML makes new masks."""

    step: int  # optimizer steps before it
    epoch: float
    sparsity: float  # asked for, of the weights that are masked


@dataclass(frozen=True, slots=True)
class RecipePlan(MaskedPlan):
    """What SparseML does with these options: the schedule, and the layers at the final sparsity."""

    options: SparseOptions = field(kw_only=True)
    schedule: tuple[SchedulePoint, ...] = field(kw_only=True)  # every update step of a training run
    yaml: str = field(kw_only=True)  # what `recipe` gives
    masks_known: bool = field(
        kw_only=True
    )  # False: training or gradients decide which weights go; counts hold

    def recipe(self) -> str:
        """The recipe as SparseML reads it, in YAML."""
        return self.yaml


@dataclass(frozen=True, slots=True)
class RecipeReading:
    """What an edited recipe means, or why it is refused."""

    options: SparseOptions | None  # None: refused
    problem: str = ""  # one sentence
    field: str = ""  # the field of `SparseOptions` that causes it; "" where none does


@dataclass(frozen=True, slots=True)
class RemovalCheck:
    """The network as SparseML masks it beside the same channels of a DepGraph group really removed."""

    channels: tuple[int, ...]  # of the group, that the masks silence
    layers: tuple[str, ...]  # whose weights carry the masks
    params_masked: int  # stored parameters: masks remove none
    params_removed: int
    difference: float  # largest |masked - removed| output, relative to the largest output
    silenced_difference: float  # the same with biases and norms of those channels at zero, too
    note: str = ""  # why the first is not zero


@dataclass(frozen=True, slots=True)
class RecipeEvidence:
    """What SparseML did step by step."""

    mode: RunMode
    applied: tuple[SchedulePoint, ...]  # every update step as SparseML took it; empty for one-shot
    reached: tuple[MaskedLayer, ...]  # layers as they are now
