"""Functions of one's own, in a module or a file: the one place that imports and runs a person's code."""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from torch import nn

from explorer.anatomy.blame import blaming
from explorer.values.errors import NetworkError
from explorer.values.own import AGAIN, folder, paths

REMEDY = f"Correct it, then {AGAIN}."


def find(reference: str) -> Any:
    """What ``package.module:name`` or ``./file.py:name`` names.

    Raises:
        NetworkError: if there is no such file, module or name, or if reading it fails.
    """
    place, _, name = reference.rpartition(":")
    if not place:
        raise NetworkError(
            f"'{reference}' names no function. Write package.module:function or ./file.py:function."
        )
    with at_home(), blaming(f"Reading '{place}'", REMEDY):
        module = _of_file(folder() / place) if place.endswith(".py") else _of_package(place)
    try:
        return getattr(module, name)
    except AttributeError:
        raise NetworkError(_no_such_name(place, name, module)) from None


def made(reference: str, doing: str) -> Any:
    """What a function returns that is called without arguments; what is no function stands for itself.

    Args:
        doing: what it is called for, as the subject of a sentence.

    Raises:
        NetworkError: with its own error, if it fails.
    """
    found = find(reference)
    if isinstance(found, nn.Module) or not callable(found):
        return found  # built already, or tensors
    _check_needs_nothing(found, reference)
    with at_home(), blaming(doing, REMEDY):
        return found()


def _check_needs_nothing(function: Callable[..., Any], reference: str) -> None:
    try:
        signature(function).bind()
    except ValueError:  # a function of C that does not say what it takes
        return
    except TypeError as error:
        raise NetworkError(
            f"'{reference}' is called without arguments, and it is {error}. Write a function that calls it with them, "
            "and name that."
        ) from error


@contextmanager
def at_home() -> Iterator[None]:
    """In the folder where the app was started, with its modules at hand, and with random numbers that repeat.

    Runs load a network anew in processes of their own, and have to get the same one.
    """
    home = folder().resolve()
    _make_importable(home)
    sys.path += [path for path in paths() if path not in sys.path]
    ours = random.getstate(), np.random.get_state()
    random.seed(0)
    np.random.seed(0)
    try:
        with chdir(home):
            yield
    finally:
        random.setstate(ours[0])
        np.random.set_state(ours[1])


def _make_importable(home: Path) -> None:
    """A person's modules come before installed ones, and never before Python's own."""
    if str(home) in sys.path:
        return
    installed = (at for at, path in enumerate(sys.path) if path.endswith("-packages"))
    sys.path.insert(next(installed, len(sys.path)), str(home))


def _of_package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # a package that the person's own module asks for
        raise NetworkError(
            f"There is no module '{name}': '{error.name}' is neither installed nor in {folder()}. Start the app in the "
            "folder that holds it, or name a file: ./file.py:function."
        ) from error


def _of_file(file: Path) -> ModuleType:
    """A file as a module of its own: two of one name may stand in two folders."""
    path = file.resolve()
    if not path.is_file():
        raise NetworkError(
            f"There is no file '{path}'. Correct the flag that names it: paths count from where the app is started."
        )
    name = f"own_{zlib.crc32(os.fsencode(path)):08x}_{path.stem}"
    if name not in sys.modules:
        _make_importable(path.parent)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look themselves up there
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[name]
            if isinstance(error, ImportError) and "relative import" in str(error):
                raise NetworkError(
                    f"'{path}' imports what lies beside it relatively, as only modules of a package can. Start where "
                    f"the package's folder lies, and name it so: {path.parent.name}.{path.stem}:function."
                ) from error
            raise
    return sys.modules[name]


def _no_such_name(place: str, name: str, module: ModuleType) -> str:
    offered = [one for one in vars(module) if not one.startswith("_")]
    near = get_close_matches(name, offered, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Name a function of it."
    return f"'{place}' has no '{name}'. {hint}"
