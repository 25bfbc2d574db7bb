"""Problems of a choice of layers: names, patterns and groups that SparseML refuses or takes wrongly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from torch import nn

from explorer.anatomy.network import Network
from explorer.backends.fields import Problem
from explorer.backends.slots import not_maskable, nothing_maskable
from explorer.backends.sparseml.layers import candidates, matches, selected, unfit, weight_of
from explorer.values import MaskType, SparseOptions

LONGEST_PATTERN = 200  # characters
NESTED_REPEAT = re.compile(r"\([^)]*[*+}][^)]*\)+\s*[*+{]")  # such as (a+)+, which backtracks without end


def layer_problems(net: Network, options: SparseOptions) -> Iterator[Problem]:
    """Everything that is wrong with the layers that the options name."""
    if options.pattern:
        faults = list(_pattern(net, options))
        yield from faults
        if faults:
            return
    else:
        yield from _names(net, options)
    field = "pattern" if options.pattern else "layers"
    layers = selected(net.module, options)
    yield from _fitting(net, options, layers, field)
    yield from _groups(net, options, layers)


def _names(net: Network, options: SparseOptions) -> Iterator[Problem]:
    known = candidates(net.module)
    for name in options.layers or ():
        if name not in known:
            yield Problem("layers", _unknown(net, name, known))


def _unknown(net: Network, name: str, known: Sequence[str]) -> str:
    if name and name in dict(net.module.named_modules()):
        return not_maskable(net, name)
    return f"Network '{net.name}' has no layer {name!r}. Its layers: {', '.join(known)[:300]}."


def _pattern(net: Network, options: SparseOptions) -> Iterator[Problem]:
    if options.layers is not None:
        yield Problem(
            "pattern", "Layers are picked by a pattern or by a list, got both. Leave one of them out."
        )
        return
    try:
        re.compile(options.pattern)
    except re.error as error:
        yield Problem(
            "pattern",
            f"The pattern {options.pattern!r} is no regular expression: {error}. Write for instance 'stage1.*weight'.",
        )
        return
    if len(options.pattern) > LONGEST_PATTERN or NESTED_REPEAT.search(options.pattern):
        yield Problem(
            "pattern",
            f"The pattern {options.pattern[:40]!r} repeats what repeats already, or is longer than {LONGEST_PATTERN} "
            "characters: it could take for ever. Write it without nested repeats, such as 'stage1.*weight'.",
        )
        return
    taken = [name for name, _ in net.module.named_parameters() if matches(options.pattern, name)]
    weights = {f"{layer}.weight" for layer in candidates(net.module)}
    if not taken:
        yield Problem(
            "pattern",
            f"The pattern {options.pattern!r} matches no parameter of '{net.name}'. A name looks like "
            f"'{min(weights, default='head.weight')}', and a pattern starts where the name does.",
        )
    for name in taken:
        if name not in weights:
            kind = type(net.module.get_submodule(name.rpartition(".")[0])).__name__
            yield Problem(
                "pattern",
                f"The pattern {options.pattern!r} also matches '{name}' of a {kind}, and zeros there wreck the "
                "network. Narrow it to weights of convolutions and linear layers.",
            )
            return


def _fitting(net: Network, options: SparseOptions, layers: Sequence[str], field: str) -> Iterator[Problem]:
    if not layers and not candidates(net.module):
        yield Problem("layers", nothing_maskable(net))
    elif not layers:
        yield Problem(
            "mask_type" if options.layers is None and not options.pattern else field,
            f"No layer of '{net.name}' is picked that can take the mask type {options.mask_type}. "
            "Choose another mask type or other layers.",
        )
    for layer in layers:
        if reason := unfit(net.module, layer, options.mask_type):
            yield Problem(field, f"'{layer}' cannot take a {options.mask_type} mask: {reason}. Leave it out.")
        if not weight_of(net.module, layer).requires_grad:
            yield Problem(
                field,
                f"The weights of '{layer}' are frozen, and SparseML fails on them. Leave it out, or unfreeze it.",
            )


def _groups(net: Network, options: SparseOptions, layers: Sequence[str]) -> Iterator[Problem]:
    for name, times in Counter(name for group in options.param_groups for name in group).items():
        if name not in layers:
            yield Problem(
                "param_groups",
                f"param_groups names '{name}', which is not among the layers picked. Pick it, too.",
            )
            return
        if times > 1:
            yield Problem("param_groups", f"'{name}' is in param_groups {times} times. Name it once.")
            return
    for group in options.param_groups:
        yield from _one_group(net.module, options, layers, group)


def _one_group(
    module: nn.Module, options: SparseOptions, layers: Sequence[str], group: Sequence[str]
) -> Iterator[Problem]:
    dim = 0 if options.mask_type is MaskType.FILTER else 1
    sizes = {name: int(weight_of(module, name).shape[dim]) for name in group}
    least = min((size for size in sizes.values() if size > 1), default=1)
    for name, size in sizes.items():
        if size % least and size > 1:
            yield Problem(
                "param_groups",
                f"'{name}' has {size} slices, which is no multiple of the {least} of its group. Take it out.",
            )
        elif size > least and name == layers[0]:
            yield Problem(
                "param_groups",
                f"SparseML fails on '{name}': the first layer of all may not be wider than its group. Take it out.",
            )
