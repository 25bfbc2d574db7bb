"""Which of a network's classes the classes of labelled pictures are."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from explorer.anatomy.inputs import tensors_in
from explorer.anatomy.network import Network
from explorer.measuring.evaluation import class_scores
from explorer.sources import vision
from explorer.values.errors import NetworkError
from explorer.values.own import SIZED, own

IMAGENET = 1000  # classes


def placed(
    names: Sequence[str], net: Network, categories: Sequence[str], what: str
) -> tuple[Sequence[int], int, tuple[str, ...]]:
    """The network's class of each name, by its name or else by its place; how many it has, and what they are called.

    Args:
        names: of the pictures' classes, in their order.
        net: whose answers are scores.
        categories: names of its classes, or () where they are not known.
        what: holds the pictures, for the sentence.

    Raises:
        NetworkError: if the names are no classes of the network, and not as many as it has.
    """
    scores = _scores(net)
    if (found := named(names, categories, scores)) is None and len(names) != scores:
        raise NetworkError(
            f"{what} holds {len(names)} classes, and '{net.name}' answers with {scores} scores. Give a network with "
            f"that many outputs{_flag(net, len(names))}, or pictures of its own classes, called as these are."
        )
    called = _known(categories, scores) if found else names
    return found or range(len(names)), scores, tuple(called)


def named(names: Sequence[str], categories: Sequence[str], scores: int) -> list[int] | None:
    """The network's classes that the names stand for; None where one stands for none."""
    known = {_plain(name): place for place, name in enumerate(_known(categories, scores))}
    wordnet = WORDNET if scores == IMAGENET else {}
    found = [known.get(_plain(name), wordnet.get(name)) for name in names]
    return [place for place in found if place is not None] if None not in found else None


def _known(categories: Sequence[str], scores: int) -> Sequence[str]:
    return vision.categories("resnet18") if scores == IMAGENET and not categories else categories


def _flag(net: Network, count: int) -> str:
    mine = own(net.spec.base)
    return f" (add --classes {count} behind its --model)" if mine and mine.kind in SIZED else ""


@torch.no_grad()
def _scores(net: Network) -> int:
    """How many classes the network tells apart."""
    return int(class_scores(net.module, next(tensors_in(net.example_input))).shape[-1])


def _plain(name: str) -> str:
    return name.replace("_", " ").strip().lower()


WORDNET = {  # of Imagenette's folders: places among ImageNet's 1000 classes
    "n01440764": 0,
    "n02102040": 217,
    "n02979186": 482,
    "n03000684": 491,
    "n03028079": 497,
    "n03394916": 566,
    "n03417042": 569,
    "n03425413": 571,
    "n03445777": 574,
    "n03888257": 701,
}
