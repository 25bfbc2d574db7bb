"""Layers given as modules of a network, brought to their dotted paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from torch import nn

from explorer.anatomy.network import Network
from explorer.values.errors import PruningError, UnknownNameError

T = TypeVar("T")


def as_paths(net: Network, option: str, loose: Any) -> Any:
    """The same value, of lists, tuples, sets and mappings, with a path in the place of every module.

    Raises:
        UnknownNameError: for a module that is none of the network's.
        PruningError: for the network as a whole.
    """
    if isinstance(loose, nn.Module):
        return _path(net, option, loose)
    if isinstance(loose, Mapping):
        return {as_paths(net, option, key): as_paths(net, option, value) for key, value in loose.items()}
    if isinstance(loose, (list, tuple, set, frozenset)):
        return type(loose)(as_paths(net, option, part) for part in loose) if _plain(loose) else loose
    return loose


def layers_of(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Layers that are named, and those in blocks that are: a block stands for all in it; what is unknown stays."""
    known = tuple(dict.fromkeys(known))
    return tuple(dict.fromkeys(layer for name in names for layer in _of(name, known) or (name,)))


def ratios_of(pairs: Iterable[tuple[str, T]], known: Iterable[str]) -> tuple[tuple[str, T], ...]:
    """The same for layers with a ratio each; of several that mean one layer the innermost decides."""
    known, found = tuple(dict.fromkeys(known)), dict[str, T]()
    for name, ratio in sorted(pairs, key=lambda pair: pair[0].count(".")):
        found |= dict.fromkeys(_of(name, known) or (name,), ratio)
    return tuple(found.items())


def _of(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if name in known:
        return (name,)
    return tuple(layer for layer in known if name and layer.startswith(f"{name}."))


def _plain(loose: object) -> bool:
    """Whether a container of its type is made of one list of parts."""
    return type(loose) in (list, tuple, set, frozenset)


def _path(net: Network, option: str, module: nn.Module) -> str:
    if module is net.module:
        raise PruningError(
            f"{option} got the whole network '{net.name}'. Give a block or a layer of it."
        ).about(option)
    for name, layer in net.module.named_modules():
        if layer is module:
            return name
    raise UnknownNameError(
        f"{option} got a {type(module).__name__} that is no layer of network '{net.name}'. Give one of its own, such "
        "as net.module.conv1, or a path."
    ).about(option)
