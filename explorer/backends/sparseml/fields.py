"""SparseML's options, one entry each. Knows neither torch nor SparseML."""

from __future__ import annotations

from typing import Any

from explorer.backends.fields import (
    FRACTION,
    SEED_SPAN,
    SEEDS,
    Bounds,
    Condition,
    Field,
    Offer,
    Span,
    choices,
)
from explorer.backends.kinds import CHOICE, NUMBER, TEXT, WHOLE
from explorer.backends.layer_kinds import GROUPS, NAMES
from explorer.values import Interpolation, MaskType, Modifier, SparseOptions, WeightScope
from explorer.values.sparseml import BLOCKS

MOST_EPOCHS = 200
EVERY_STEP = -1.0  # an update frequency
_LARGEST = 0.99
_SPARSITY = Span(0.0, _LARGEST, 0.05)
_EPOCHS = Bounds(0, MOST_EPOCHS, told=f"a number of epochs from 0 to {MOST_EPOCHS}")
_EPOCH = Span(0.0, float(MOST_EPOCHS), 1.0)


def _fixed(usual: float) -> Any:
    """What sparsity is by default: half with a mask that zeroes exactly that."""
    return lambda options: options.mask_type.fixed_sparsity or usual


def _makes_masks(options: SparseOptions) -> bool:
    """Whether masks are made between two epochs; constant ones hold until the run ends."""
    return options.modifier is not Modifier.CONSTANT


FIELDS = (
    Field(
        "modifier",
        "Modifier",
        CHOICE,
        Modifier.GM,
        "modifier",
        choices(Modifier),
        phrase="{}",
        always=True,
        opens=True,
        compared=(Modifier.GM, Modifier.GLOBAL_MAGNITUDE, Modifier.STRUCTURED),
    ),
    Field(
        "mask_type",
        "Mask type",
        CHOICE,
        MaskType.UNSTRUCTURED,
        "mask type",
        choices(MaskType),
        offer=Offer(
            lambda options: options.modifier.traits.masks,
            lambda options: (
                f"{options.modifier.tag} works with mask type {', '.join(options.modifier.traits.masks)}, got "
                f"{options.mask_type}. Choose one of these."
            ),
        ),
        follows=lambda options: options.modifier.traits.masks[0],
        phrase="{}",
        always=True,
        opens=True,
        # N:M masks have one sparsity only, so they meet no budget and have no curve.
        compared=(*BLOCKS, MaskType.FILTER, MaskType.CHANNEL),
    ),
    Field(
        "init_sparsity",
        "Initial sparsity",
        NUMBER,
        0.05,
        "initial sparsity",
        bounds=FRACTION,
        when=Condition(lambda options: options.modifier.traits.gradual),
        follows=_fixed(0.05),
        phrase="from {}",
        span=_SPARSITY,
    ),
    Field(
        "final_sparsity",
        "Final sparsity",
        NUMBER,
        0.8,
        "final sparsity",
        bounds=FRACTION,
        follows=_fixed(0.8),
        live=True,
    ),
    Field(
        "backward_sparsity",
        "Backward sparsity",
        NUMBER,
        0.5,
        "backward sparsity",
        bounds=FRACTION,
        when=Condition(lambda options: options.modifier is Modifier.TOPKAST),
        span=_SPARSITY,
    ),
    Field(
        "interpolation",
        "Interpolation",
        CHOICE,
        Interpolation.CUBIC,
        "interpolation",
        choices(Interpolation),
        when=Condition(lambda options: options.modifier.traits.gradual),
        opens=True,
    ),
    Field(
        "scope",
        "Scope",
        CHOICE,
        None,
        "weight scope",
        choices(WeightScope),
        offer=Offer(
            lambda options: options.modifier.traits.scopes,
            lambda options: (
                f"{options.modifier.tag} ranks by scope {' or '.join(options.modifier.traits.scopes)}, got "
                f"{options.scope}. Leave scope out."
            ),
        ),
        opens=True,
    ),
    Field(
        "start_epoch",
        "Start epoch",
        NUMBER,
        0.0,
        "start epoch",
        bounds=_EPOCHS,
        advice="0 is the start of training.",
        span=_EPOCH,
    ),
    Field(
        "end_epoch",
        "End epoch",
        NUMBER,
        6.0,
        "end epoch",
        bounds=_EPOCHS,
        when=Condition(_makes_masks),
        advice="6 is usual.",
        span=_EPOCH,
    ),
    Field(
        "update_frequency",
        "Update frequency",
        NUMBER,
        0.5,
        "update frequency",
        bounds=Bounds(
            0,
            above=True,
            also=(EVERY_STEP,),
            told="a number of epochs above 0, or -1 for every step",
        ),
        when=Condition(_makes_masks),
        follows=lambda options: 1.0 if options.modifier is Modifier.ACDC else 0.5,  # it takes whole epochs
        advice="Use 0.5.",
        span=Span(EVERY_STEP, float(MOST_EPOCHS), 0.5),
    ),
    Field(
        "layers",
        "These layers",
        NAMES,
        None,
        phrase="masking {}",
        purpose="to mask",
        empty="pick at least one",
    ),
    Field(
        "pattern",
        "Parameters whose name matches",
        TEXT,
        "",
        "pattern of names",
        phrase="masking what matches {}",
    ),
    Field(
        "param_groups",
        "Layers that lose the same slices",
        GROUPS,
        (),
        "param_groups",
        when=Condition(
            lambda options: options.modifier is Modifier.STRUCTURED,
            refusal=lambda options: (
                f"Only StructuredPruningModifier takes param_groups, got them for {options.modifier.tag}. "
                "Leave them out."
            ),
        ),
        phrase="in groups {}",
    ),
    Field(
        "epochs",
        "Epochs of training",
        NUMBER,
        8.0,
        "epochs of training",
        bounds=Bounds(0.1, MOST_EPOCHS),
        phrase="{} epochs",
        advice="8 is usual.",
        span=Span(0.1, float(MOST_EPOCHS), 1.0),
    ),
    Field(
        "learning_rate",
        "Learning rate",
        NUMBER,
        3e-3,
        "learning rate",
        bounds=Bounds(1e-6, 10, told="a number from 0.000001 to 10"),
        advice="0.003 is usual.",
        span=Span(0.000001, 10.0, 0.001, "%g"),
    ),
    Field("seed", "Seed", WHOLE, 0, "seed of training", bounds=SEEDS, advice="0 works.", span=SEED_SPAN),
)
OF_TRAINING = (
    "start_epoch",
    "end_epoch",
    "update_frequency",
    "interpolation",
    "epochs",
    "learning_rate",
    "seed",
)
