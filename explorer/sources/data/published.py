"""Labelled pictures that torchvision fetches: ``torchvision:NAME``, or ``torchvision:NAME:FOLDER`` where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from explorer.anatomy.data import DataSet
from explorer.anatomy.lazy import LazyRows
from explorer.anatomy.network import Network
from explorer.sources import vision
from explorer.sources.data.classes import placed
from explorer.sources.data.pictures import Transform
from explorer.sources.download import Progress, fetch, reason
from explorer.sources.own.suggestions import nearest
from explorer.values.errors import DownloadError, UnknownNameError
from explorer.values.own import folder

# What torchvision is told for the train and the test split
Splits = tuple[Mapping[str, Any], Mapping[str, Any]]

_TRAIN: Splits = {"train": True}, {"train": False}
_SIZE = "320px"  # of Imagenette's three: a third of a gigabyte, and as large as networks take
KNOWN: Mapping[str, Splits] = {
    **dict.fromkeys(("CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "KMNIST"), _TRAIN),
    "Imagenette": ({"split": "train", "size": _SIZE}, {"split": "val", "size": _SIZE}),
}


def read(
    target: str, net: Network, transform: Transform, categories: Sequence[str], progress: Progress | None
) -> DataSet:
    """Pictures of a published data set, each brought into form when it is needed.

    Args:
        target: its name, as torchvision spells it, and behind a colon the folder that holds it; torch's own otherwise.
        net: whose classes they are.
        transform: brings a picture into the form that the network takes.
        categories: names of the network's classes, or ().
        progress: told the fraction of the file that is downloaded; None: nothing is downloaded.

    Raises:
        UnknownNameError: if torchvision's data set is not among those.
        DownloadError: if it is not on this machine, or cannot be fetched.
        NetworkError: if its classes are not the network's.
    """
    name, _, place = target.partition(":")
    if name not in KNOWN:
        raise UnknownNameError(f"--data torchvision:{name} is not known. {nearest(name, list(KNOWN))}")
    root = folder() / place if place else Path(torch.hub.get_dir()) / "datasets" / name
    train, test = (_split(name, root, split, progress) for split in KNOWN[name])
    names = getattr(train, "wnids", train.classes)
    places, of, called = placed(names, net, categories, f"torchvision's {name}")
    return DataSet(
        name, *_labelled(train, transform, places), *_labelled(test, transform, places), of, called
    )


def _labelled(split: Any, transform: Transform, places: Sequence[int]) -> tuple[Any, torch.Tensor]:
    labels = getattr(split, "targets", None)
    if labels is None:
        labels = [label for _, label in split._samples]  # Imagenette, which has no public name for them
    rows = LazyRows(lambda at: transform(split[at][0].convert("RGB")), range(len(split)))
    return rows, torch.tensor([places[int(label)] for label in labels])


def _split(name: str, root: Path, split: Mapping[str, Any], progress: Progress | None) -> Any:
    make = getattr(vision.torchvision().datasets, name)
    try:
        return make(str(root), **split)
    except RuntimeError as error:  # it is not there, or damaged
        if progress is None:
            raise DownloadError(
                f"torchvision's {name} is not in '{root}'. Download it, or name the folder that holds it: "
                f"--data torchvision:{name}:FOLDER."
            ) from error
    try:
        with _told(progress):
            return make(str(root), download=True, **split)
    except (OSError, RuntimeError) as error:
        raise DownloadError(
            f"torchvision's {name} could not be downloaded: {reason(error)}. Check the connection, or fetch it "
            f"elsewhere by torchvision.datasets.{name}(FOLDER, download=True), and name that folder: --data "
            f"torchvision:{name}:FOLDER."
        ) from error


@contextmanager
def _told(progress: Progress) -> Iterator[None]:
    """Have torchvision fetch by our function, which tells how far it is and gives up on a silent server."""
    utils = vision.torchvision().datasets.utils
    theirs = utils._urlretrieve, utils._get_redirect_url
    utils._urlretrieve = lambda url, file, *_: fetch(url, Path(file), progress)
    utils._get_redirect_url = lambda url, **_: url  # ours follows them
    try:
        yield
    finally:
        utils._urlretrieve, utils._get_redirect_url = theirs
