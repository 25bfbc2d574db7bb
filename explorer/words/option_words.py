"""Options in the words of the pages: labels of the pickers, and what else is in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from explorer.values import (
    Criterion,
    NativeOptions,
    Normalizer,
    Pattern,
    PruningOptions,
    Reduction,
    Scope,
    SparseOptions,
    WeightCriterion,
)

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


def options_in_words(options: object) -> str:
    """All options of a run of any library that say something, without the amount."""
    if isinstance(options, PruningOptions):
        return in_words(options)
    if isinstance(options, NativeOptions):
        return _native_in_words(options)
    if isinstance(options, SparseOptions):
        return _sparse_in_words(options)
    told = (f"{field.name} {getattr(options, field.name)}" for field in fields(options))  # type: ignore[arg-type]
    return ", ".join(told)


def _native_in_words(options: NativeOptions) -> str:
    axis = f", axis {options.axis}" if options.pattern is Pattern.STRUCTURED else ""
    seed = f", seed {options.seed}" if options.criterion is WeightCriterion.RANDOM else ""
    layers = f", {len(options.layers)} layers" if options.layers else ""
    own = f", {len(options.overrides)} with a ratio of their own" if options.overrides else ""
    biases = ", biases too" if options.biases else ""
    rule = f"{options.pattern} {options.criterion.upper()}, by {options.scope}"
    return f"{rule}{axis}{seed}{layers}{biases}{own}"


def _sparse_in_words(options: SparseOptions) -> str:
    gradual = f" from {options.init_sparsity:g}" if options.modifier.gradual else ""
    chosen = options.pattern or (options.layers is not None and f"{len(options.layers)} layers")
    return f"{options.modifier} {options.mask_type}{gradual}{f', {chosen}' if chosen else ''}"
