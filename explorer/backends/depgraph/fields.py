"""DepGraph's options, one entry each. Knows neither torch nor Torch-Pruning."""

from __future__ import annotations

from typing import Any

from explorer.backends.fields import (
    FRACTION,
    SEED_SPAN,
    SEEDS,
    Bounds,
    Choice,
    Condition,
    Field,
    Span,
    choices,
)
from explorer.backends.kinds import CHOICE, NUMBER, WHOLE
from explorer.backends.layer_kinds import NAMES, RATIOS
from explorer.backends.options import parse_options
from explorer.values import Criterion, Normalizer, PruningOptions, Reduction, Scope

NAME = "DepGraph"

FIELDS = (
    Field(
        "criterion",
        "Criterion",
        CHOICE,
        Criterion.L2,
        "criterion",
        choices(Criterion),
        phrase="{}",
        always=True,
        compared=True,
    ),
    Field(
        "scope",
        "Scope",
        CHOICE,
        Scope.LOCAL,
        "scope",
        choices(Scope),
        phrase="{}",
        always=True,
        compared=True,
    ),
    Field(
        "reduction",
        "Group reduction",
        CHOICE,
        Reduction.MEAN,
        "group reduction",
        choices(Reduction),
        when=Condition(lambda options: options.criterion.traits.reduced, greyed=True),
        opens=True,
        folded=True,
    ),
    Field(
        "normalizer",
        "Normaliser",
        CHOICE,
        Normalizer.MEAN,
        "normaliser",
        choices(Normalizer),
        when=Condition(lambda options: options.criterion.traits.normalised, greyed=True),
        hint="LAMP has its own, random needs none.",
        opens=True,
        folded=True,
    ),
    Field(
        "seed",
        "Seed",
        WHOLE,
        0,
        "seed",
        bounds=SEEDS,
        when=Condition(lambda options: options.criterion.traits.drawn),
        advice="Any will do, such as 0.",
        span=SEED_SPAN,
        folded=True,
    ),
    Field(
        "round_to",
        "Round to",
        WHOLE,
        None,
        "round to",
        (Choice(None, "1"), *(Choice(width, str(width)) for width in (2, 4, 8, 16))),
        Bounds(1),
        advice="8 is a usual choice.",
        folded=True,
        compared=True,
    ),
    Field(
        "max_ratio",
        "Maximum ratio",
        NUMBER,
        1.0,
        "maximum ratio",
        bounds=Bounds(0, 1, above=True),
        phrase="at most {share:.0f} % of each group",
        advice="1 leaves every group to the ratio.",
        hint="1.00 sets no bound.",
        span=Span(0.05, 1.0, 0.05, "%.2f"),
        folded=True,
    ),
    Field(
        "steps",
        "Iterative steps",
        WHOLE,
        1,
        "iterative steps",
        bounds=Bounds(1),
        phrase="in {} steps",
        advice="1 prunes at once.",
        span=Span(1, 20),
        folded=True,
    ),
    Field(
        "keep",
        "Layers to keep",
        NAMES,
        (),
        "layers to keep",
        phrase="keeping {}",
        purpose="to keep",
        empty="none: every group may lose channels",
        folded=True,
    ),
    Field(
        "overrides",
        "Groups with a ratio of their own",
        RATIOS,
        (),
        "group's own ratio",
        bounds=FRACTION,
        link="override",
        phrase="own ratios {}",
        subject="Pruning ratio",
        advice="Half is 0.5.",
        folded=True,
        purpose="to give a ratio of its own",
    ),
)


def parse(**loose: Any) -> PruningOptions:
    """Options from loose words; raises as `explorer.backends.options.parse_options` does."""
    return parse_options(FIELDS, PruningOptions, loose, NAME)
