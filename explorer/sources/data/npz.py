"""Labelled arrays in one file of numpy's: ``train_x, train_y, test_x, test_y``, or ``x, y`` split by a seed."""

from __future__ import annotations

import zipfile
from typing import Any

import numpy as np

from explorer.anatomy.data import MOST_BYTES
from explorer.anatomy.network import Network
from explorer.values.errors import NetworkError, cause_of
from explorer.values.own import folder

TESTED = 0.2
SEED = 0
SPLITS = ("train_x", "train_y", "test_x", "test_y")


def read(target: str, net: Network) -> Any:
    """What the file holds: a train and a test split, or inputs alone where it holds ``x`` and no ``y``.

    Nothing in it is unpickled. Whole numbers of 8 bits become fractions in [0, 1], as pictures are.

    Raises:
        NetworkError: if it cannot be read, is too large, or lacks an array.
    """
    file = folder() / target
    if not file.is_file():
        raise NetworkError(
            f"There is no file '{file}'. Correct --data: paths count from where the app is started."
        )
    try:
        with zipfile.ZipFile(file) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > MOST_BYTES:
            raise NetworkError(
                f"'{file}' holds {size / 2**30:.1f} GiB of arrays, and {MOST_BYTES / 2**30:g} GiB are read at most. "
                "Give a function that reads them in parts: --data ./net.py:data."
            )
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files if name in (*SPLITS, "x", "y")}
            held = arrays.files
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        advice = "Write it with numpy.savez."
        if "allow_pickle" in str(error):
            advice = "What is no array of numbers is never unpickled: number the classes from 0."
        raise NetworkError(f"'{file}' cannot be read: {cause_of(error)}. {advice}") from error
    return _taken({name: _fractions(array) for name, array in found.items()}, held, str(file))


def _taken(found: dict[str, Any], held: list[str], file: str) -> Any:
    if all(name in found for name in SPLITS):
        return (found["train_x"], found["train_y"]), (found["test_x"], found["test_y"])
    if "x" in found and "y" not in found:
        return found["x"]
    if "x" not in found:
        lacks = next(name for name in SPLITS if name not in found)
        raise NetworkError(
            f"'{file}' has no array '{lacks}', but {', '.join(held[:6]) or 'none at all'}. It takes "
            f"{', '.join(SPLITS)}, or x and y, or x alone without labels."
        )
    x, y = found["x"], found["y"]
    if x.ndim == 0 or len(x) < 2:
        raise NetworkError(
            f"x in '{file}' has the shape {x.shape}, and it takes two rows at least: one to train on, one for testing. "
            "Add some."
        )
    if y.ndim == 0 or len(x) != len(y):
        raise NetworkError(
            f"x in '{file}' has {len(x)} rows and y has {len(y) if y.ndim else 'none'}. Give one label a row."
        )
    order = np.random.default_rng(SEED).permutation(len(x))
    count = max(1, round(TESTED * len(x)))
    test, train = order[:count], order[count:]
    return (x[train], y[train]), (x[test], y[test])


def _fractions(array: Any) -> Any:
    return array.astype(np.float32) / 255 if array.dtype == np.uint8 and array.ndim > 2 else array
