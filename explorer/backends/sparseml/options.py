"""What SparseML can be asked: options from loose words, and everything it would get wrong without a word.

Each problem names the option that causes it, so that a page can say it at the right widget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum
from typing import Any

from explorer.anatomy.network import Network
from explorer.backends.sparseml.schedule import EVERY_STEP, epoch_of, update_steps
from explorer.backends.sparseml.which import Problem, layer_problems
from explorer.values import (
    Interpolation,
    MaskType,
    Modifier,
    RecipeReading,
    RunMode,
    SparseOptions,
    WeightScope,
)
from explorer.values.errors import PruningError, UnknownNameError

BATCH = 64  # images in one optimizer step
STEPS_WITHOUT_DATA = 100  # in one epoch, where the network has no data to train on
MOST_EPOCHS = 200
WORDS: dict[str, type[StrEnum]] = {
    "modifier": Modifier,
    "mask_type": MaskType,
    "interpolation": Interpolation,
    "scope": WeightScope,
}


def parse_options(**loose: Any) -> SparseOptions:
    """Options from loose words; raises `UnknownNameError` for an option or a word that is none of them."""
    known = [field.name for field in fields(SparseOptions)]
    for name in loose:
        if name not in known:
            raise UnknownNameError(f"Unknown option {name!r} of SparseML. Known: {', '.join(known)}.")
    for name, kind in WORDS.items():
        if loose.get(name) is not None:
            loose[name] = _parsed(name, kind, loose[name])
    if loose.get("layers") is not None:
        loose["layers"] = tuple(loose["layers"])
    loose["param_groups"] = tuple(tuple(group) for group in loose.get("param_groups", ()))
    return SparseOptions(**(_defaults(loose) | loose))


def _defaults(loose: dict[str, Any]) -> dict[str, Any]:
    """What is not said follows from the modifier and the mask type."""
    mask_type = loose.get("mask_type") or loose.get("modifier", Modifier.GM).mask_types[0]
    fixed = mask_type.fixed_sparsity
    sparsities = {} if fixed is None else {"init_sparsity": fixed, "final_sparsity": fixed}
    frequency = {"update_frequency": 1.0} if loose.get("modifier") is Modifier.ACDC else {}
    return {"mask_type": mask_type} | sparsities | frequency


def _parsed(option: str, kind: type[StrEnum], word: str) -> StrEnum:
    for value in kind:
        if str(word).lower() == value.lower():
            return value
    raise UnknownNameError(f"Unknown {option} {word!r}. Known: {', '.join(kind)}.")


def check_options(net: Network, options: SparseOptions) -> None:
    """Refuse what SparseML refuses, and what it would carry out differently without saying so.

    Raises:
        PruningError: the first problem, in one sentence.
    """
    for problem in problems(net, options):
        raise PruningError(problem.sentence)


def read(net: Network, options: SparseOptions) -> RecipeReading:
    """The options if they can be carried out, else the first problem and where it lies."""
    for problem in problems(net, options):
        return RecipeReading(None, problem.sentence, problem.field)
    return RecipeReading(options)


def check_mode(net: Network, options: SparseOptions, mode: RunMode) -> None:
    """Refuse a run that SparseML would carry out wrongly, or that lacks data.

    Raises:
        PruningError: in one sentence.
    """
    modifier = options.modifier
    if mode not in modifier.modes:
        why = "would mask at random" if modifier is Modifier.MOVEMENT else "fails"
        raise PruningError(
            f"{modifier} has no one-shot result: without training it has seen no gradients and SparseML {why}. "
            "Run it with training."
        )
    if mode is RunMode.ONE_SHOT:
        if modifier.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
            raise PruningError(
                "In one shot SparseML masks to the initial sparsity when the interpolation is inverse_cubic. "
                "Choose cubic or linear, which go to the final sparsity."
            )
        if not modifier.needs_gradients:
            return
    if net.data is None:
        raise PruningError(
            f"{modifier} needs labelled data, and network '{net.name}' has none. Pick a digits network."
        )


def steps_per_epoch(net: Network) -> int:
    """Optimizer steps in one pass over the train split."""
    return STEPS_WITHOUT_DATA if net.data is None else math.ceil(len(net.data.train_x) / BATCH)


def scope_of(options: SparseOptions) -> WeightScope:
    """What is ranked together: as asked, or the modifier's own way."""
    return options.scope or options.modifier.scopes[0]


def problems(net: Network, options: SparseOptions) -> Iterator[Problem]:
    """Everything that is wrong with the options, the plainest first."""
    yield from _combination(options)
    faults = list(_numbers(options))
    yield from faults
    if not faults:
        yield from _sparsities(options)
        yield from _times(options, steps_per_epoch(net))
    yield from layer_problems(net, options)


def _combination(options: SparseOptions) -> Iterator[Problem]:
    modifier = options.modifier
    if options.mask_type not in modifier.mask_types:
        offered = ", ".join(modifier.mask_types)
        yield Problem(
            "mask_type",
            f"{modifier.tag} works with mask type {offered}, got {options.mask_type}. Choose one of these.",
        )
    if options.scope is not None and options.scope not in modifier.scopes:
        offered = " or ".join(modifier.scopes)
        yield Problem(
            "scope", f"{modifier.tag} ranks by scope {offered}, got {options.scope}. Leave scope out."
        )
    if options.param_groups and modifier is not Modifier.STRUCTURED:
        yield Problem(
            "param_groups",
            f"Only StructuredPruningModifier takes param_groups, got them for {modifier.tag}. Leave them out.",
        )


def _numbers(options: SparseOptions) -> Iterator[Problem]:
    for name in ("init_sparsity", "final_sparsity", "backward_sparsity"):
        yield from _number(options, name, 0, 1, "a fraction in [0, 1)", below=True)
    for name, least in (("start_epoch", 0.0), ("end_epoch", 0.0)):
        yield from _number(options, name, least, MOST_EPOCHS, f"a number of epochs from 0 to {MOST_EPOCHS}")
    yield from _number(options, "epochs", 0.1, MOST_EPOCHS, f"a number from 0.1 to {MOST_EPOCHS}")
    yield from _number(options, "learning_rate", 1e-6, 10, "a number from 0.000001 to 10")
    frequency = options.update_frequency
    if not _is_number(frequency) or not (frequency > 0 or frequency == EVERY_STEP):
        yield Problem(
            "update_frequency",
            f"update_frequency must be a number of epochs above 0, or -1 for every step, got {frequency!r}. Use 0.5.",
        )
    if not isinstance(options.seed, int) or isinstance(options.seed, bool) or not 0 <= options.seed < 2**63:
        yield Problem("seed", f"seed must be a whole number of at least 0, got {options.seed!r}. 0 will do.")


def _number(
    options: SparseOptions, name: str, least: float, most: float, expected: str, below: bool = False
) -> Iterator[Problem]:
    value = getattr(options, name)
    if not _is_number(value) or not least <= value <= most or (below and value == most):
        yield Problem(name, f"{name} must be {expected}, got {value!r}. Half is 0.5.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _sparsities(options: SparseOptions) -> Iterator[Problem]:
    final, fixed = options.final_sparsity, options.mask_type.fixed_sparsity
    initial = options.init_sparsity if options.modifier.gradual else final
    if fixed is not None and (initial != fixed or final != fixed):
        yield Problem(
            "final_sparsity" if final != fixed else "init_sparsity",
            f"A {options.mask_type} mask zeroes exactly half, so sparsity must be {fixed:g} from start to end, "
            f"got {initial:g} to {final:g}. Set both to {fixed:g}.",
        )
    elif initial > final:
        yield Problem(
            "init_sparsity",
            f"init_sparsity must not be above final_sparsity, got {initial:g} and {final:g}: zeroed weights do not "
            "come back. Lower the initial one.",
        )
    if options.modifier is Modifier.TOPKAST and options.backward_sparsity > final:
        yield Problem(
            "backward_sparsity",
            f"backward_sparsity must not be above final_sparsity, got {options.backward_sparsity:g} and {final:g}: "
            "gradients reach more weights than the forward pass uses. Lower it.",
        )


def _times(options: SparseOptions, steps: int) -> Iterator[Problem]:
    if options.modifier is Modifier.CONSTANT:
        return  # it holds the zeros there are until the run ends
    if options.end_epoch <= options.start_epoch:
        yield Problem(
            "end_epoch",
            f"end_epoch must be after start_epoch, got {options.end_epoch:g} and {options.start_epoch:g}. Raise it.",
        )
        return
    if options.modifier is Modifier.ACDC:
        yield from _whole_epochs(options)
    last = max((epoch for _, epoch in update_steps(options, steps)), default=-1.0)
    if last < options.end_epoch:
        yield Problem(
            "epochs",
            f"Training ends after {options.epochs:g} epochs, before SparseML reaches end_epoch "
            f"{options.end_epoch:g}: sparsity would stop short of its final value, without a word. Train longer, or "
            "end earlier.",
        )
    elif options.modifier.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
        yield from _on_a_step(options, last, steps)


def _whole_epochs(options: SparseOptions) -> Iterator[Problem]:
    for name in ("start_epoch", "end_epoch", "update_frequency"):
        value = getattr(options, name)
        if value != int(value) or value < 0:
            yield Problem(
                name,
                f"ACDCPruningModifier changes phase at whole epochs only, got {name} {value:g}. Use a whole number.",
            )


def _on_a_step(options: SparseOptions, last: float, steps: int) -> Iterator[Problem]:
    """SparseML takes the cube root of a negative number when the last update comes after the end."""
    if last > options.end_epoch:
        near = epoch_of(math.floor(options.end_epoch * steps), steps)
        yield Problem(
            "end_epoch",
            f"With inverse_cubic SparseML breaks off unless a step falls on end_epoch, and {options.end_epoch:g} lies "
            f"between two of {steps} steps an epoch. Use {math.floor(near)} or another whole number.",
        )
