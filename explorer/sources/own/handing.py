"""A module in hand, on its way from a notebook or a script to engines: two files that only their owner can read.

They are pickles, since a class that a notebook's cell defines stands nowhere else. One process writes them, and those
that it starts read them; no flag, link or upload leads here.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import cloudpickle
import torch
from torch import nn

from explorer.anatomy.network import Network
from explorer.values.errors import NetworkError

MODULE, GIVEN = "module.pt", "given.pt"
GIVEN_PARTS = ("example_input", "data", "inputs", "metric", "loss")


def hand_over(net: Network, folder: Path) -> None:
    """Write a network into a folder that only its owner may enter; code of ``__main__`` goes along.

    Raises:
        NetworkError: if part of it cannot be pickled.
    """
    given = {part: getattr(net, part) for part in GIVEN_PARTS}
    for file, what in ((MODULE, net.module), (GIVEN, given)):
        try:
            _write(folder / file, what)
        except Exception as error:  # whatever a stranger's object raises when it is pickled
            raise NetworkError(
                f"'{net.name}' cannot be handed to the app's process: {error}. Leave out what cannot be pickled, such "
                "as open files, or start the app with --model and a function that builds it."
            ) from error


def handed_module(folder: Path) -> nn.Module:
    """The module; its weights are read from the file as they are needed, and lie in memory once."""
    module: nn.Module = _read(folder / MODULE)
    return module


def handed_with(folder: Path) -> dict[str, Any]:
    """Its example input and what it is judged by, by the names of `Network`."""
    found: dict[str, Any] = _read(folder / GIVEN)
    return found


def _write(file: Path, what: object) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        torch.save(what, out, pickle_module=cloudpickle)


def _read(file: Path) -> Any:
    seen = file.stat()
    if seen.st_uid != os.getuid() or stat.S_IMODE(seen.st_mode) != 0o600:
        raise NetworkError(f"'{file}' is not a file that only you can read, so it is not loaded.")
    return torch.load(file, map_location="cpu", weights_only=False, mmap=True)
