"""torchvision's classifiers that the command line names, which may get a checkpoint of one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from explorer.anatomy.inputs import Example
from explorer.sources import vision
from explorer.sources.code import Code
from explorer.sources.download import Progress
from explorer.sources.own.suggestions import unknown
from explorer.values import NetworkSpec, Weights
from explorer.values.own import Own

WEIGHTS = (Weights.PRETRAINED, Weights.RANDOM)
DESCRIPTION = "torchvision's {}."


def build(own: Own, weights: Weights, progress: Progress | None) -> Any:
    """See `Kind.build`."""
    _check(own)
    if own.classes:  # published weights know other classes
        return vision.build_random(own.target, **own.sizes)
    return vision.build(NetworkSpec(own.target, weights), progress)


def example(own: Own, module: nn.Module) -> Example | None:
    """See `Kind.example`."""
    return vision.example(own.target)


def needs_download(own: Own, weights: Weights) -> bool:
    """See `Kind.needs_download`."""
    _check(own)
    return not own.classes and vision.needs_download(NetworkSpec(own.target, weights))


def _check(own: Own) -> None:
    if not vision.has(own.target):
        raise unknown("torchvision", own.target, [entry.name for entry in vision.catalog()])


def transforms(own: Own, module: nn.Module, size: tuple[int, int]) -> Any:
    """How pictures are brought into form of this height and width, by torchvision's best weights."""
    return vision.transforms(own.target, size)


def categories(own: Own) -> tuple[str, ...]:
    """Names of the classes that they tell apart."""
    return () if own.classes else vision.categories(own.target)


def code_of(own: Own) -> Code:
    """See `Kind.code_of`: a checkpoint's weights lie in the folder."""
    return replace(vision.code_of(NetworkSpec(own.target, Weights.RANDOM), **own.sizes), weights="")
