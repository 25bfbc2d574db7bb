"""Labelled pictures in folders: one folder a class, below ``train`` and ``val``, or split by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from explorer.anatomy.data import DataSet
from explorer.anatomy.lazy import LazyRows
from explorer.anatomy.network import Network
from explorer.sources.data.classes import placed
from explorer.sources.data.pictures import Transform, opened
from explorer.values.errors import NetworkError
from explorer.values.own import folder

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
TRAIN = ("train", "training")
HELD_OUT = ("val", "valid", "validation", "test", "testing")  # the first that there is judges
TESTED = 0.2  # share of each class that nothing is trained on, where the folder has no val
SEED = 0
Sorted = list[tuple[Path, int]]  # pictures with their labels


def read(target: str, net: Network, transform: Transform, categories: Sequence[str]) -> DataSet:
    """Pictures of a folder, each read when it is needed.

    Args:
        target: the folder; it counts from the one in which the app was started.
        net: whose answers have as many scores as there are classes, or whose categories name the folders.
        transform: brings a picture into the form that the network takes.
        categories: names of the network's classes, or ().

    Raises:
        NetworkError: if there is no such folder, a class without pictures, or as many classes do not fit the network.
    """
    root = folder() / target
    if not root.is_dir():
        raise NetworkError(
            f"There is no folder '{root}'. Name one with a folder of pictures for each class, or with train/ and val/."
        )
    seen, test = _named(root, TRAIN), _named(root, HELD_OUT)
    if seen and test:
        names = _classes(seen)
        if apart := sorted(set(_classes(test)) ^ set(names)):
            raise NetworkError(
                f"'{seen}' and '{test}' must hold the same classes; '{apart[0]}' is in one only. Make both "
                "alike."
            )
        train, tested = _sorted(seen), _sorted(test)
    else:
        whole = seen or root
        train, tested = _split(_sorted(whole), root)
        names = _classes(whole)
    places, of, called = placed(names, net, categories, f"'{root}'")
    train_split, test_split = (_labelled(files, transform, places) for files in (train, tested))
    return DataSet(Path(target).name, *train_split, *test_split, of, called)


def _labelled(files: Sorted, transform: Transform, places: Sequence[int]) -> tuple[Any, Tensor]:
    """A split of files; `places` are the network's classes by label."""
    rows = LazyRows(lambda at: opened(files[at][0], transform), range(len(files)))
    return rows, torch.tensor([places[label] for _, label in files])


def _named(root: Path, names: Sequence[str]) -> Path | None:
    """The first folder of one of these names, in capitals, too."""
    folders = {one.name.lower(): one for one in sorted(root.iterdir()) if one.is_dir()}
    return next((folders[name] for name in names if name in folders), None)


def _classes(root: Path) -> list[str]:
    return sorted(one.name for one in root.iterdir() if one.is_dir() and not one.name.startswith("."))


def _sorted(root: Path) -> Sorted:
    """Every picture with the number of its class."""
    classes = _classes(root)
    if len(classes) < 2:
        raise NetworkError(
            f"'{root}' holds {len(classes)} folder{'' if len(classes) == 1 else 's'} of classes, and it takes two at "
            "least. Put the pictures of each class into a folder of its own."
        )
    found: Sorted = []
    for label, name in enumerate(classes):
        files = sorted(one for one in (root / name).rglob("*") if _is_picture(one))
        if not files:
            raise NetworkError(
                f"The class '{root / name}' holds no pictures ({', '.join(sorted(SUFFIXES))}). Add some, or take the "
                "folder away."
            )
        found += [(file, label) for file in files]
    return found


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(
        "."
    )  # macOS puts "._" before copies' names


def _split(files: Sorted, root: Path) -> tuple[Sorted, Sorted]:
    """A fifth of each class for testing, drawn with a fixed seed."""
    dice = random.Random(SEED)
    train: Sorted = []
    test: Sorted = []
    for label in sorted({label for _, label in files}):
        own = [one for one in files if one[1] == label]
        if len(own) < 2:
            raise NetworkError(
                f"The class '{own[0][0].parent}' holds one picture, so none is left to train on. Add some, or make "
                f"train/ and val/ in '{root}'."
            )
        dice.shuffle(own)
        count = max(1, round(TESTED * len(own)))
        test += sorted(own[:count])
        train += sorted(own[count:])
    return train, test
