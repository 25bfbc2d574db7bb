"""The options of PyTorch native pruning, one entry each. Knows no torch."""

from __future__ import annotations

from collections.abc import Collection

from explorer.backends.fields import (
    SEED_SPAN,
    SEEDS,
    Bounds,
    Condition,
    Field,
    Offer,
    choices,
)
from explorer.backends.kinds import CHOICE, FLAG, WHOLE
from explorer.backends.layer_kinds import NAMES, RATIOS
from explorer.values import Axis, NativeOptions, Pattern, WeightCriterion, WeightScope

AMOUNTS = Bounds(0, 1, counts=True, told="a fraction in [0, 1] or a count of at least 0")
HALF = "Half is 0.5; 1 is one weight, 1.0 all of them."


def _slices(options: NativeOptions) -> bool:
    return options.pattern is Pattern.STRUCTURED


def _criteria(options: NativeOptions) -> Collection[WeightCriterion]:
    return [one for one in WeightCriterion if _slices(options) or one.of_weights]


FIELDS = (
    Field(
        "pattern",
        "Pattern",
        CHOICE,
        Pattern.UNSTRUCTURED,
        "pattern",
        choices(Pattern),
        phrase="{}",
        always=True,
        compared=True,
    ),
    Field(
        "criterion",
        "Criterion",
        CHOICE,
        WeightCriterion.L1,
        "weight criterion",
        choices(WeightCriterion),
        offer=Offer(
            _criteria,
            lambda options: (
                f"Unstructured pruning ranks single weights by L1 or at random, got {options.criterion.value!r}. "
                "Every norm of a single weight is its absolute value: use 'l1'."
            ),
        ),
        phrase="{}",
        always=True,
        compared=True,
    ),
    Field(
        "scope",
        "Scope",
        CHOICE,
        WeightScope.LAYER,
        "weight scope",
        choices(WeightScope),
        offer=Offer(
            lambda options: [WeightScope.LAYER] if _slices(options) else list(WeightScope),
            lambda options: (
                "torch.nn.utils.prune has no global structured pruning: norms of slices of different size cannot be "
                "compared. Rank each layer by itself with scope 'layer', or use DepGraph, which prunes globally."
            ),
            "whole slices are ranked layer by layer only, since norms of slices of different size cannot be compared; "
            "DepGraph prunes globally",
        ),
        phrase="{}",
        compared=True,
    ),
    Field("axis", "Axis", CHOICE, Axis.OUT, "axis", choices(Axis), when=Condition(_slices), compared=True),
    Field(
        "seed",
        "Seed",
        WHOLE,
        0,
        "seed",
        bounds=SEEDS,
        when=Condition(lambda options: options.criterion is WeightCriterion.RANDOM),
        advice="0 works.",
        span=SEED_SPAN,
    ),
    Field(
        "biases",
        "Biases too",
        FLAG,
        False,
        "biases too",
        when=Condition(
            lambda options: not _slices(options),
            refusal=lambda options: (
                "A bias has one axis only, so structured pruning cannot take slices of it. Leave biases out, or "
                "prune unstructured."
            ),
        ),
        phrase="biases too",
        folded=True,
    ),
    Field(
        "layers",
        "Layers to mask",
        NAMES,
        None,
        "layers to mask",
        phrase="masking {}",
        purpose="to mask",
        empty="all convolutions and linear layers",
        folded=True,
    ),
    Field(
        "overrides",
        "Per-layer ratios",
        RATIOS,
        (),
        "own ratio",
        bounds=AMOUNTS,
        link="native_own",
        phrase="own ratios {}",
        subject="Amount",
        advice=HALF,
    ),
)
