"""SparseML: options in; plan, recipe and report out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from explorer.values.masks import MaskedLayer, MaskedPlan
from explorer.values.named import Named
from explorer.values.native import WeightScope


class MaskType(Named):
    """In which pieces weights are zeroed together."""

    UNSTRUCTURED = "unstructured", "unstructured", "Single weights, wherever they are."
    BLOCK4 = "block4", "block4", "Four neighbouring inputs at once; what does not fill a block is padded."
    ONE_BY_FOUR = "1x4", "1x4", "Four neighbouring inputs at once, in layers whose inputs divide by four."
    FOUR_BY_ONE = "4x1", "4x1", "Four neighbouring outputs at once, in layers whose outputs divide by four."
    TWO_OF_FOUR = (
        "2:4",
        "2:4",
        "Keeps two of every four inputs of a linear layer: exactly half is zeroed.",
        0.5,
    )
    FOUR_OF_EIGHT = (
        "4:8",
        "4:8",
        "Keeps four of every eight inputs of a linear layer: exactly half is zeroed.",
        0.5,
    )
    # dim 0 of a weight
    FILTER = ("filter", "filter", "Whole filters: everything that produces one output channel.")
    # dim 1 of a weight
    CHANNEL = ("channel", "channel", "Whole channels: everything that reads one input channel.")

    fixed_sparsity: float | None  # the only sparsity an N:M mask can have; None for the others

    def __init__(self, word: str, label: str = "", told: str = "", fixed: float | None = None) -> None:
        super().__init__(word, label, told)
        self.fixed_sparsity = fixed


BLOCKS = (MaskType.UNSTRUCTURED, MaskType.BLOCK4, MaskType.ONE_BY_FOUR, MaskType.FOUR_BY_ONE)
N_OF_M = (MaskType.TWO_OF_FOUR, MaskType.FOUR_OF_EIGHT)


class Interpolation(Named):
    """How sparsity goes from its initial to its final value."""

    LINEAR = "linear", "linear", "evenly."
    CUBIC = "cubic", "cubic", "fast at first."
    INVERSE_CUBIC = "inverse_cubic", "inverse_cubic", "fast at the end."


class RunMode(StrEnum):
    """Masks once, without training; or while the network is trained."""

    ONE_SHOT = "one_shot"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class ModifierTraits:
    """What works with a modifier."""

    masks: tuple[MaskType, ...] = (MaskType.UNSTRUCTURED,)  # the default first
    scopes: tuple[WeightScope, ...] = (WeightScope.LAYER,)  # what may be ranked together, the default first
    gradual: bool = True  # sparsity goes from an initial to a final value along an interpolation
    gradients: bool = False  # it asks for gradients of labelled data while it scores
    # Why it has no one-shot result: what SparseML does without training; "": it has one
    no_one_shot: str = ""


_GRADUAL = ModifierTraits()
_EITHER = (WeightScope.GLOBAL, WeightScope.LAYER)


class Modifier(Named):
    """The pruning modifiers of SparseML that work; the word is the recipe's tag without "PruningModifier"."""

    GM = (
        "GM",
        "GM",
        "Gradual magnitude: each update zeroes a few more of the smallest weights of every layer.",
        ModifierTraits(BLOCKS + N_OF_M),
    )
    MAGNITUDE = (
        "Magnitude",
        "Magnitude",
        "Gradual magnitude under its older name; it does what GM does.",
        ModifierTraits(BLOCKS + N_OF_M),
    )
    GLOBAL_MAGNITUDE = (
        "GlobalMagnitude",
        "GlobalMagnitude",
        "Like GM, but the weights of all layers are ranked together, so layers full of small ones lose more.",
        ModifierTraits(BLOCKS, (WeightScope.GLOBAL,)),
    )
    CONSTANT = (
        "Constant",
        "Constant",
        "Keeps existing zeros while the rest is trained, and makes none of its own.",
        ModifierTraits(gradual=False),
    )
    STRUCTURED = (
        "Structured",
        "Structured",
        "Zeroes whole filters or channels, the same ones in layers of one group. They stay in the network, as zeros.",
        ModifierTraits((MaskType.FILTER, MaskType.CHANNEL)),
    )
    ACDC = (
        "ACDC",
        "ACDC",
        "Takes turns: a dense phase, then a sparse one, each as long as the time between two masks; the last is "
        "sparse.",
        ModifierTraits(BLOCKS + N_OF_M, _EITHER, gradual=False),
    )
    TOPKAST = (
        "TopKAST",
        "TopKAST",
        "The forward pass uses the largest weights only, while training reaches some more of them; "
        "the zeros are written at the end.",
        ModifierTraits(BLOCKS, _EITHER, gradual=False),
    )
    MOVEMENT = (
        "Movement",
        "Movement",
        "Removes weights that training drives to zero, whether they are small or not.",
        ModifierTraits(BLOCKS, no_one_shot="would mask at random"),
    )
    OBS = (  # it takes block4, too, and training then ends in NaN
        "OBS",
        "OBS",
        "Optimal Brain Surgeon: estimates from gradients what each weight is worth to the loss, "
        "and corrects the rest for what goes.",
        ModifierTraits(gradients=True),
    )
    MFAC = (
        "MFAC",
        "MFAC",
        "Like OBS, with a cheaper estimate of the loss's curvature (M-FAC).",
        ModifierTraits(gradients=True, no_one_shot="fails"),
    )
    RIGL = (
        "RigL",
        "RigL",
        "Equally sparse from start to end: each update zeroes the smallest weights and revives as many where "
        "gradients are largest.",
        ModifierTraits(gradual=False, gradients=True, no_one_shot="fails"),
    )

    traits: ModifierTraits

    def __init__(self, word: str, label: str = "", told: str = "", traits: ModifierTraits = _GRADUAL) -> None:
        super().__init__(word, label, told)
        self.traits = traits

    @property
    def tag(self) -> str:
        """The class name that a recipe writes behind its exclamation mark."""
        return f"{self.value}PruningModifier"

    @property
    def modes(self) -> tuple[RunMode, ...]:
        """How it can be run."""
        return (RunMode.TRAINING,) if self.traits.no_one_shot else (RunMode.TRAINING, RunMode.ONE_SHOT)

    @property
    def by_magnitude(self) -> bool:
        """Whether the one-shot mask follows from the weights alone; gradients decide for the others."""
        return not self.traits.no_one_shot and not self.traits.gradients


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

    def at(self, final: float) -> SparseOptions:
        """The same with another final sparsity; what may not lie above it is capped."""
        return replace(
            self,
            final_sparsity=final,
            init_sparsity=min(self.init_sparsity, final),
            backward_sparsity=min(self.backward_sparsity, final),
        )


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
    # False: training or gradients decide which weights go; counts hold
    masks_known: bool = field(kw_only=True)

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
