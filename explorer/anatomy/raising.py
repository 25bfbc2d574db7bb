"""In which layer of a network an error was raised, or about which."""

from __future__ import annotations

from traceback import walk_tb
from typing import Any

from torch import nn


def place_of(error: BaseException, module: nn.Module) -> str:
    """The innermost module of a network whose code was running, e.g. "'layer1.0'".

    Args:
        error: that was raised while it ran.
        module: the network.
    """
    paths = {id(layer): path for path, layer in module.named_modules()}
    owners = (id(_first_argument(frame)) for frame, _ in walk_tb(error.__traceback__))
    found = [paths[owner] for owner in owners if owner in paths]
    return f"'{found[-1]}'" if found and found[-1] else "the network's own forward"


def layer_of(error: BaseException, module: nn.Module) -> str:
    """Path of a layer that code was at when it raised an error; "" where it was at none.

    Args:
        error: of code that works on the network.
        module: the network.
    """
    paths = {id(layer): path for path, layer in module.named_modules() if path}
    frames = reversed([frame for frame, _ in walk_tb(error.__traceback__)])  # the innermost first
    return next((paths[id(it)] for frame in frames for it in frame.f_locals.values() if id(it) in paths), "")


def _first_argument(frame: Any) -> object:
    """``self``, whatever a method calls it."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
