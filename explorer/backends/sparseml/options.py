"""What SparseML can be asked: options from loose words, and everything it would get wrong without a word.

Each problem names the option that causes it, so that a page can say it at the right widget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from explorer.anatomy.network import Network
from explorer.backends import options as by_fields
from explorer.backends.fields import Problem
from explorer.backends.paths import layers_of
from explorer.backends.sparseml.fields import FIELDS
from explorer.backends.sparseml.layers import candidates
from explorer.backends.sparseml.schedule import epoch_of, update_steps
from explorer.backends.sparseml.which import layer_problems
from explorer.values import Interpolation, Modifier, RecipeReading, RunMode, SparseOptions, WeightScope
from explorer.values.errors import PruningError

BATCH = 64  # images in one optimizer step
STEPS_WITHOUT_DATA = 100  # in one epoch, where the network has no data to train on


def check_options(net: Network, options: SparseOptions) -> None:
    """Refuse what SparseML refuses, and what it would carry out differently without saying so.

    Raises:
        PruningError: the first problem, in one sentence.
    """
    by_fields.refuse(problems(net, options))


def check_numbers(net: Network, options: SparseOptions) -> None:
    """The same for all but the layers.

    Raises:
        PruningError: the first problem, in one sentence.
    """
    by_fields.refuse(_numbers(net, options))


def spelled_out(net: Network, options: SparseOptions) -> SparseOptions:
    """The same options with every layer that can be masked in the place of a block that it is in."""
    if options.layers is None:
        return options
    return replace(options, layers=layers_of(options.layers, candidates(net.module)))


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
        raise PruningError(
            f"{modifier} has no one-shot result: without training there are no gradients, and SparseML "
            f"{modifier.traits.no_one_shot}. Run it with training."
        )
    if mode is RunMode.ONE_SHOT:
        if modifier.traits.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
            raise PruningError(
                "In one shot SparseML masks to the initial sparsity when the interpolation is inverse_cubic. "
                "Choose cubic or linear, which go to the final sparsity."
            )
        if not modifier.traits.gradients:
            return
    if net.data is None:
        other = "Run it in one shot" if not modifier.traits.gradients else "Pick a modifier without gradients"
        raise PruningError(
            f"{modifier} needs labelled data to run so, and network '{net.name}' has none. {other}, or bring labelled "
            "data: --data behind its --model, or data= in Python."
        )


def steps_per_epoch(net: Network) -> int:
    """Optimizer steps in one pass over the train split."""
    return STEPS_WITHOUT_DATA if net.data is None else math.ceil(len(net.data.train_x) / BATCH)


def scope_of(options: SparseOptions) -> WeightScope:
    """What is ranked together: as asked, or the modifier's own way."""
    return options.scope or options.modifier.traits.scopes[0]


def problems(net: Network, options: SparseOptions) -> Iterator[Problem]:
    """Everything that is wrong with the options, the plainest first."""
    yield from _numbers(net, options)
    yield from layer_problems(net, options)


def _numbers(net: Network, options: SparseOptions) -> Iterator[Problem]:
    faults = list(by_fields.problems(options, FIELDS))
    yield from faults
    if not faults:
        yield from _sparsities(options)
        yield from _times(options, steps_per_epoch(net))


def _sparsities(options: SparseOptions) -> Iterator[Problem]:
    final, fixed = options.final_sparsity, options.mask_type.fixed_sparsity
    initial = options.init_sparsity if options.modifier.traits.gradual else final
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
            f"{options.end_epoch:g}: sparsity would silently stop short of its final value. Train longer, or "
            "end earlier.",
        )
    elif options.modifier.traits.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
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
