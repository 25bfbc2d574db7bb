"""What to say where a library lacks a network, or is lacking itself."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from difflib import get_close_matches
from types import ModuleType

from explorer.sources import vision
from explorer.values.errors import NetworkError, UnknownNameError
from explorer.values.own import AGAIN


def unknown(library: str, name: str, known: Sequence[str]) -> UnknownNameError:
    """The error for a name that a library does not know, with what comes close to it."""
    return UnknownNameError(f"{library} has no network '{name}'. {nearest(name, known)}")


def nearest(name: str, known: Sequence[str]) -> str:
    """A question for what comes close to a name."""
    near = get_close_matches(name, known, n=3, cutoff=0.4) or list(known[:3])
    return f"Did you mean {' or '.join(near)}?"


def library(name: str, model: str) -> ModuleType:
    """Import what a network comes from.

    Raises:
        NetworkError: says what to install, if it is missing or cannot be imported.
    """
    vision.torchvision()  # which they import as well
    try:
        return importlib.import_module(name)
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == name
        why = "is not installed here" if missing else f"cannot be imported ({error})"
        raise NetworkError(
            f"--model {model} needs {name}, which {why}. Run `pip install {name}`, then {AGAIN}."
        ) from error
