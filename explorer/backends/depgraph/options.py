"""DepGraph's options checked on one network, and the layers that they keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from explorer.anatomy.network import Network, expect_network
from explorer.backends.depgraph.fields import FIELDS
from explorer.backends.fields import Problem, named
from explorer.backends.options import problems, refuse
from explorer.backends.table import DEPGRAPH, parsed
from explorer.values import ChannelOptions
from explorer.values.errors import UnknownNameError


def parse_options(criterion: object = None, scope: object = None, **others: object) -> ChannelOptions:
    """Options from loose words.

    Raises:
        ExplorerError: for an option, a word or a number that means nothing; its `field` is the option.
    """
    found: ChannelOptions = parsed(DEPGRAPH, {"criterion": criterion, "scope": scope, **others})
    return found


def check_options(net: Network, options: ChannelOptions) -> None:
    """Refuse what is no network, numbers out of their range, and layers that do not exist."""
    expect_network(net)
    refuse(problems(options, FIELDS))
    refuse(_layer_problems(net, options))


def _layer_problems(net: Network, options: ChannelOptions) -> Iterator[Problem]:
    modules = dict(net.module.named_modules())
    listed = {"keep": options.keep, "overrides": [layer for layer, _ in options.overrides]}
    for option, layers in listed.items():
        for layer in layers:
            if not layer or layer not in modules:
                told = str(no_layer(net, layer, named(FIELDS, option).purpose))
                yield Problem(option, told, UnknownNameError)


def no_layer(net: Network, layer: str, purpose: str) -> UnknownNameError:
    """That a network has no layer of that name, and those that it has."""
    known = _some(dict(net.module.named_modules()))
    return UnknownNameError(f"Network '{net.name}' has no layer {layer!r} {purpose}. Its layers: {known}.")


def kept_layers(net: Network, keep: Sequence[str]) -> tuple[str, ...]:
    """Every layer that is kept: keeping a block keeps all that is in it."""
    modules = dict(net.module.named_modules())
    return tuple(f"{name}.{inner}".rstrip(".") for name in keep for inner, _ in modules[name].named_modules())


def _some(modules: dict[str, nn.Module], most: int = 300) -> str:
    known = ", ".join(
        name for name, module in modules.items() if name and next(module.children(), None) is None
    )
    return known if len(known) <= most else f"{known[:most].rpartition(', ')[0]} …"
