"""Layers given as modules of a network, brought to their dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from explorer.anatomy.network import Network
from explorer.values.errors import PruningError, UnknownNameError


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
