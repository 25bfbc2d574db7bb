"""A train and a test split, in whatever holds them: loaders, data sets, arrays, generators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from numbers import Real
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from explorer.anatomy.data import MOST_BYTES, DataSet, as_inputs
from explorer.anatomy.inputs import described
from explorer.anatomy.unread import pair, reading, unread
from explorer.values.errors import NetworkError

HELD_BYTES = 2**29  # of a split that is read at once; a larger one is read as it is asked for, if it can be
MOST_PARTS = 500_000  # that one split may hand out

_ARRAYS = (Tensor, np.ndarray)


def data_set(data: object, name: str) -> DataSet:
    """A data set from whatever holds a train and a test split.

    Args:
        data: a `DataSet`, or a pair (train, test) of data loaders, of torch's data sets, or of (inputs, labels).
        name: of the network.

    Raises:
        NetworkError: if it is something else.
    """
    if isinstance(data, DataSet):
        return data
    if isinstance(data, (tuple, list)) and len(data) == 2 and not any(isinstance(d, _ARRAYS) for d in data):
        train, test = (_split(part, name) for part in data)
        return DataSet(name, *train, *test, names=_shared_names(data))
    raise NetworkError(
        f"Argument `data` of network '{name}' must hold a train and a test split, got {type(data).__name__}. Pass "
        "data=(train, test), each a DataLoader or (inputs, labels), or inputs alone."
    )


def _shared_names(splits: Iterable[object]) -> tuple[str, ...]:
    """What the splits call their classes; () where none has names, or they differ."""
    found = {names for names in map(_names, splits) if names}
    return found.pop() if len(found) == 1 else ()


def _names(split: object) -> tuple[str, ...]:
    """What torch's data sets call their classes, by number: also one inside a loader or a subset; () if nothing.

    Labels that a ``target_transform`` makes may be other numbers than those that have the names.
    """
    while not hasattr(split, "classes") and hasattr(split, "dataset"):
        split = split.dataset
    if isinstance(split, ConcatDataset):
        return _shared_names(split.datasets)
    called = getattr(split, "classes", ())
    if getattr(split, "target_transform", None) or not isinstance(called, (list, tuple, np.ndarray)):
        return ()
    firsts = [one[0] if isinstance(one, tuple) and one else one for one in called]  # ImageNet's are synonyms
    return tuple(map(str, firsts)) if all(isinstance(one, str) for one in firsts) else ()


def _split(part: Any, name: str) -> tuple[Tensor, Tensor]:
    """Inputs and labels of one split."""
    if isinstance(part, (tuple, list)) and len(part) == 2:
        if isinstance(part[0], _ARRAYS) or _are_lists(*part):
            return as_inputs(part[0], "inputs", name), part[1]  # labels in a list, too
        if isinstance(part[1], _ARRAYS):
            raise NetworkError(
                f"Argument `data` of network '{name}' holds labels beside inputs in a {type(part[0]).__name__}, and "
                "they are taken beside one tensor. Give inputs alone, with a metric and a loss that bring the labels."
            )
    if found := unread(part, name, HELD_BYTES):
        return cast(Tensor, found[0]), found[1]  # rows that do all that is asked of a tensor
    if isinstance(part, Dataset) and isinstance(part, Sized):
        part = DataLoader(part, batch_size=256)
    if not isinstance(part, Iterable) or isinstance(part, (str, *_ARRAYS)):
        raise NetworkError(
            f"A split in argument `data` of network '{name}' must be a DataLoader or a pair (inputs, labels), got "
            f"{type(part).__name__}. Pass data=(train_loader, test_loader)."
        )
    return _joined(part, name)


def _are_lists(inputs: object, labels: object) -> bool:
    """Whether it is a list of rows with a list of numbers, one a row; not two rows with a label each."""
    if not (isinstance(inputs, list) and isinstance(labels, (list, *_ARRAYS)) and len(inputs) == len(labels)):
        return False
    return all(isinstance(label, Real) for label in labels) if isinstance(labels, list) else True


def handed_out(batches: Iterable[Any], name: str) -> Iterator[Any]:
    """What a person's loader or data set hands out; whatever it raises becomes a sentence."""
    with reading(name):
        yield from batches


def _joined(batches: Iterable[Any], name: str) -> tuple[Tensor, Tensor]:
    inputs, labels, size, count = [], [], 0, _count(batches)
    for batch in handed_out(batches, name):
        rows, answers = pair(batch, name)
        single = not answers.dim()  # one row and its label, as a data set hands them out
        inputs.append(rows[None] if single else rows)
        labels.append(answers[None] if single else answers)
        size += inputs[-1].numel() * inputs[-1].element_size()
        if max(size, size // len(inputs) * (count - 1)) > MOST_BYTES:
            raise NetworkError(
                f"A split in argument `data` of network '{name}' is larger than {MOST_BYTES / 2**30:g} GiB, and it is "
                "held in memory. Pass a part of it, e.g. torch.utils.data.Subset(data, range(5000))."
            )
        if len(inputs) > MOST_PARTS:
            raise NetworkError(
                f"A split in argument `data` of network '{name}' hands out more than {MOST_PARTS:,} batches, and may "
                "never end. Pass a part of it, e.g. list(itertools.islice(data, 5000))."
            )
    if not inputs:
        raise NetworkError(f"A split in argument `data` of network '{name}' is empty. Pass some rows.")
    return _in_one(inputs, labels, name)


def _count(batches: Iterable[Any]) -> int:
    """How many batches there are; 0 where nobody knows."""
    try:
        return len(batches) if isinstance(batches, Sized) else 0
    except TypeError:  # a loader has a length only if its data has
        return 0


def _in_one(inputs: list[Tensor], labels: list[Tensor], name: str) -> tuple[Tensor, Tensor]:
    try:
        return torch.cat(inputs), torch.cat(labels)
    except RuntimeError as error:
        sizes = " and ".join(sorted({described(one[0]) for one in inputs if one.dim()}))
        raise NetworkError(
            f"The inputs or labels in argument `data` of network '{name}' differ in size ({sizes}), so they make no "
            "batch. Bring them to one size."
        ) from error
