"""Options in the words of the pages: labels of the pickers, and what else is in force."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.values import Criterion, Normalizer, PruningOptions, Reduction, Scope, WeightCriterion

CRITERIA = {
    "L2": Criterion.L2,
    "L1": Criterion.L1,
    "Taylor": Criterion.TAYLOR,
    "Hessian": Criterion.HESSIAN,
    "LAMP": Criterion.LAMP,
    "BN scale": Criterion.BN_SCALE,
    "FPGM": Criterion.FPGM,
    "random": Criterion.RANDOM,
}
WEIGHT_CRITERIA = {
    "L1": WeightCriterion.L1,
    "L2": WeightCriterion.L2,
    "L∞": WeightCriterion.LINF,
    "random": WeightCriterion.RANDOM,
}
SCOPES = {str(scope): scope for scope in Scope}
_NAMES = {criterion: label for label, criterion in CRITERIA.items()}


def criterion_name(criterion: Criterion) -> str:
    """What the picker calls it."""
    return _NAMES[criterion]


def in_words(options: PruningOptions) -> str:
    """All options of a run, in one phrase."""
    return ", ".join((criterion_name(options.criterion), options.scope, *extras(options)))


def extras(options: PruningOptions) -> Iterator[str]:
    """Each option beside criterion and scope that is not at its default, as a phrase."""
    if options.reduction is not Reduction.MEAN:
        yield f"group reduction {options.reduction}"
    if options.normalizer is not Normalizer.MEAN:
        yield f"normaliser {options.normalizer}"
    if options.seed:
        yield f"seed {options.seed}"
    if options.round_to:
        yield f"round to {options.round_to}"
    if options.max_ratio < 1:
        yield f"at most {100 * options.max_ratio:.0f} % of each group"
    if options.steps > 1:
        yield f"in {options.steps} steps"
    if options.keep:
        yield f"keeping {', '.join(options.keep)}"
    if options.overrides:
        own = ", ".join(f"{layer} {ratio:.2f}" for layer, ratio in options.overrides)
        yield f"own ratios {own}"
