"""Inputs of a person's own without labels: a network's answers to them are held against the dense network's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from explorer.anatomy.inputs import Example, lead, mapped, rows, tensors_in
from explorer.anatomy.splits import handed_out
from explorer.values.errors import NetworkError

MOST = 512  # that are kept, of however many there are

_WANTED = (
    "Pass a tensor with one input a row, a list of such inputs as `example_input` is, or a Dataset or DataLoader that "
    "yields inputs alone."
)


@dataclass(frozen=True)
class OwnInputs:
    """One input each, as a network takes it."""

    judging: tuple[Example, ...]  # answers to these are compared
    choosing: tuple[Example, ...]  # by these ratios are chosen, and BatchNorm is re-calibrated
    unlabelled: str = "This network has no labels"  # why no labels judge it


def own_inputs(given: object, example: Example, name: str) -> OwnInputs:
    """The first 512 inputs, each second one for choosing ratios by; nothing after them is read.

    Args:
        given: a tensor or an array ``[N, …]``, a list of inputs, a data set or a data loader that yields inputs alone.
        example: one input, as the network takes it.
        name: of the network.

    Raises:
        NetworkError: if it is something else, or holds fewer than two inputs.
    """
    found = tuple(islice(_ones(given, example, name), MOST))
    if len(found) < 2:
        raise NetworkError(
            f"Argument `data` of network '{name}' holds {len(found)} inputs, and it takes two at least. {_WANTED}"
        )
    return OwnInputs(found[::2], found[1::2])


def are_inputs(given: object) -> bool:
    """Whether `data` is inputs alone, without labels; a list of two may as well be a train and a test split."""
    if isinstance(given, list):
        return bool(given) and (len(given) > 2 or isinstance(given[0], (Tensor, np.ndarray, Mapping)))
    return isinstance(given, (Tensor, np.ndarray, Dataset, DataLoader, Iterator))


def _ones(given: object, example: Example, name: str) -> Iterator[Example]:
    for part in [given] if isinstance(given, (Tensor, np.ndarray)) else handed_out(_listed(given), name):
        if isinstance(part, (tuple, list)) and not _is_like(part, example):
            raise NetworkError(
                f"Argument `data` of network '{name}' must hold a train and a test split, got {type(given).__name__} "
                "of pairs. Pass data=(train, test), each a DataLoader or (inputs, labels), or inputs alone."
            )
        try:
            tensors = mapped(part, _in_precision)
        except TypeError as error:
            raise NetworkError(
                f"An input in argument `data` of network '{name}' must be numbers. {_WANTED}"
            ) from error
        yield from _rows(tensors, example, name)


def _listed(given: Any) -> Iterable[Any]:
    if isinstance(given, Dataset) and hasattr(given, "__len__"):
        return (given[place] for place in range(len(given)))
    return given


def _is_like(part: tuple[Any, ...] | list[Any], example: Example) -> bool:
    return type(part) is type(example) and len(part) == len(example)


def _in_precision(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype is torch.float64 else tensor


def _rows(part: Example, example: Example, name: str) -> Iterator[Example]:
    """Single inputs of what was handed out: a batch, or one input without its first axis."""
    ours, theirs = list(tensors_in(part)), list(tensors_in(example))
    if len(ours) != len(theirs):
        raise NetworkError(
            f"An input in argument `data` of network '{name}' holds {len(ours)} tensors, and the example input "
            f"{len(theirs)}. {_WANTED}"
        )
    if ours[0].dim() == theirs[0].dim() - 1:
        part = mapped(part, lambda tensor: tensor[None])
    elif ours[0].dim() != theirs[0].dim():
        raise NetworkError(
            f"An input in argument `data` of network '{name}' has {ours[0].dim()} axes, and the example input "
            f"{theirs[0].dim()}. {_WANTED}"
        )
    size = lead(example)
    for start in range(0, lead(part) - size + 1, size):
        yield rows(part, start, start + size)
