"""DepGraph's options on one network: from loose words, and checked against its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

from torch import nn

from explorer.anatomy.network import Network, expect_network
from explorer.backends.depgraph import fields
from explorer.backends.fields import Problem, named
from explorer.backends.options import problems, refuse
from explorer.values import PruningOptions
from explorer.values.errors import PruningError, UnknownNameError


def parse_options(criterion: object = None, scope: object = None, **others: Any) -> PruningOptions:
    """Options from loose words, as the notebook API takes them; `explorer.backends.depgraph.fields` lists them.

    Raises:
        ExplorerError: for an option, a word or a number that means nothing; its `field` is the option.
    """
    return fields.parse(criterion=criterion, scope=scope, **others)


def check_options(net: Network, options: PruningOptions) -> None:
    """Refuse what is no network, numbers out of their range, and layers that do not exist."""
    expect_network(net)
    refuse(problems(options, fields.FIELDS))
    refuse(_layer_problems(net, options))


def _layer_problems(net: Network, options: PruningOptions) -> Iterator[Problem]:
    modules = dict(net.module.named_modules())
    listed = {"keep": options.keep, "overrides": [layer for layer, _ in options.overrides]}
    for option, layers in listed.items():
        for layer in layers:
            if not layer or layer not in modules:
                purpose = named(fields.FIELDS, option).purpose
                told = f"Network '{net.name}' has no layer {layer!r} {purpose}. Its layers: {_some(modules)}."
                yield Problem(option, told, UnknownNameError)


def kept_layers(net: Network, keep: Sequence[str]) -> tuple[str, ...]:
    """Every layer that is kept: keeping a block keeps all that is in it."""
    modules = dict(net.module.named_modules())
    return tuple(f"{name}.{inner}".rstrip(".") for name in keep for inner, _ in modules[name].named_modules())


def check_ratio(ratio: float) -> float:
    """The ratio itself, if it is a fraction in [0, 1)."""
    if not isinstance(ratio, Real) or isinstance(ratio, bool) or not 0 <= float(ratio) < 1:
        raise PruningError(
            f"Pruning ratio must be a fraction in [0, 1), got {ratio!r}. Half of the channels is 0.5."
        )
    return float(ratio)


def _some(modules: dict[str, nn.Module], most: int = 300) -> str:
    known = ", ".join(
        name for name, module in modules.items() if name and next(module.children(), None) is None
    )
    return known if len(known) <= most else f"{known[:most].rpartition(', ')[0]} …"
