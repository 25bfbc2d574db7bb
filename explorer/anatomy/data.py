"""Labelled images that a network is trained and judged on."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from explorer.anatomy.inputs import as_weights, described, tensors_in
from explorer.anatomy.lazy import LazyRows
from explorer.values.errors import NetworkError, cause_of

MOST_BYTES = 4 * 2**30  # of one split: it is held in memory
STANDARD = "pixels at mean 0 and standard deviation 1 over the training split"  # see `DataSet.form`


@dataclass(frozen=True)
class DataSet:
    """Labelled images in a fixed train and test split.

    `*_x` is float32 of shape ``[N, channels, height, width]``, ready for a network; `*_y` is int64, ``[N]``. Arrays
    of numpy, and labels as fractions that are whole, in a column or one-hot, are brought to that. `LazyRows` of
    images stay unread.

    Raises:
        NetworkError: names the field, and what it takes.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    of: int | None = None  # classes that there are, where labels name fewer
    names: tuple[str, ...] = ()  # of the classes, by number; (): they have none
    form: str = ""  # how inputs were brought into form, in a phrase; "": nobody said

    def __post_init__(self) -> None:
        for split in ("train", "test"):
            images = _inputs(getattr(self, f"{split}_x"), f"{split}_x", self.name)
            labels = _labels(getattr(self, f"{split}_y"), f"{split}_y", self.name)
            if not len(images):
                raise NetworkError(f"{split}_x of data set '{self.name}' is empty. Pass some rows.")
            if len(images) != len(labels):
                raise NetworkError(
                    f"{split}_x of data set '{self.name}' has {len(images)} rows and {split}_y has {len(labels)}. "
                    "Give one label a row."
                )
            object.__setattr__(self, f"{split}_x", images)
            object.__setattr__(self, f"{split}_y", labels)

    @property
    def classes(self) -> int:
        """How many different labels there are."""
        return self.of or int(torch.cat([self.train_y, self.test_y]).max()) + 1

    def sample(self, train: int, test: int) -> DataSet:
        """At most so many rows of either split, always the same ones, with every class in its share."""
        seen = stratified(self.train_y, min(train, len(self.train_y)))
        held = stratified(self.test_y, min(test, len(self.test_y)))
        return replace(
            self,
            train_x=self.train_x[seen],
            train_y=self.train_y[seen],
            test_x=self.test_x[held],
            test_y=self.test_y[held],
        )


def stratified(labels: Tensor, count: int) -> Tensor:
    """Rows of a fixed sample in which every class has its share, to within one; in their order.

    Args:
        labels: class numbers, shape ``[N]``.
        count: how many rows, from 1 to N.
    """
    by_class = torch.argsort(labels, stable=True)
    every = (2 * torch.arange(count) + 1) * len(labels) // (2 * count)
    return by_class[every].sort().values


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
        "data=(train, test), each a DataLoader or (inputs, labels), or explorer.anatomy.data.DataSet."
    )


def run_by(module: nn.Module, data: DataSet, name: str) -> DataSet:
    """The same data for a network that runs it, which may know more classes than its labels name.

    Raises:
        NetworkError: if it cannot run it, with what to do about it.
    """
    first = data.test_x[:1]
    try:
        with torch.no_grad():
            answers = module(as_weights(module, first))
    except Exception as error:  # whatever a stranger's network raises, the cause is told
        advice = "Give inputs that its forward pass accepts."
        if first.dtype is torch.uint8:
            advice = "Its images are uint8: pass fractions as in training, e.g. images.float() / 255."
        raise NetworkError(
            f"Network '{name}' cannot run an input of argument `data`, {described(first)}: {cause_of(error)}. {advice}"
        ) from error
    scores = next((one for one in tensors_in(answers) if one.dim() == 2 and len(one) == 1), None)
    return data if scores is None or scores.shape[1] <= data.classes else replace(data, of=scores.shape[1])


_ARRAYS = (Tensor, np.ndarray)
_CLASSES_ONLY = (
    "Accuracy is measured for classes only: for other targets give inputs alone, with a metric and a loss that bring "
    "the targets."
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


def _inputs(images: Any, field: str, name: str) -> Tensor:
    if isinstance(images, LazyRows):
        return cast(Tensor, images)  # it does all that is asked of images
    try:
        tensor = torch.as_tensor(images)
    except (TypeError, ValueError, RuntimeError):
        raise NetworkError(
            f"{field} of data set '{name}' must be a tensor or an array, got {_kind(images)}. Number classes "
            "from 0; for a data loader pass data=(train_loader, test_loader) to explorer.wrap."
        ) from None
    return tensor.float() if tensor.dtype is torch.float64 else tensor


def _kind(given: object) -> str:
    of = f" of {given.dtype.name}" if isinstance(given, np.ndarray) else ""
    return f"{type(given).__name__}{of}"


def _labels(labels: Any, field: str, name: str) -> Tensor:
    """Class numbers, int64, shape ``[N]``."""
    tensor = _inputs(labels, field, name)
    if tensor.dim() == 2 and tensor.shape[1] == 1:
        tensor = tensor[:, 0]
    elif tensor.dim() == 2 and _is_one_hot(tensor):
        tensor = tensor.argmax(dim=1)
    if tensor.dim() != 1:
        raise NetworkError(
            f"{field} of data set '{name}' must hold one label a row, got shape {tuple(tensor.shape)}. {_CLASSES_ONLY}"
        )
    whole = tensor.long()
    wrong = (whole != tensor) | (whole < 0)
    if bool(wrong.any()):
        raise NetworkError(
            f"{field} of data set '{name}' must hold whole numbers from 0, one class a row, got "
            f"{tensor[wrong][0].item():g}. {_CLASSES_ONLY}"
        )
    return whole


def _is_one_hot(labels: Tensor) -> bool:
    return bool(((labels == 0) | (labels == 1)).all() and (labels.sum(dim=1) == 1).all())


def _split(part: object, name: str) -> tuple[Tensor, Tensor]:
    """Inputs and labels of one split."""
    if isinstance(part, (tuple, list)) and len(part) == 2 and isinstance(part[0], _ARRAYS):
        return _inputs(part[0], "inputs", name), part[1]  # labels in a list, too
    if isinstance(part, Dataset) and isinstance(part, Sized):
        part = DataLoader(part, batch_size=256)
    if not isinstance(part, Iterable) or isinstance(part, (str, *_ARRAYS)):
        raise NetworkError(
            f"A split in argument `data` of network '{name}' must be a DataLoader or a pair (inputs, labels), got "
            f"{type(part).__name__}. Pass data=(train_loader, test_loader)."
        )
    return _joined(part, name)


def _joined(batches: Iterable[Any], name: str) -> tuple[Tensor, Tensor]:
    inputs, labels, size = [], [], 0
    for batch in batches:
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise NetworkError(
                f"A data loader in argument `data` of network '{name}' must yield pairs (inputs, labels), got "
                f"{type(batch).__name__}. Wrap it so that it does."
            )
        rows, answers = _inputs(batch[0], "inputs", name), _inputs(batch[1], "labels", name)
        single = not answers.dim()  # one row and its label, as a data set hands them out
        inputs.append(rows[None] if single else rows)
        labels.append(answers[None] if single else answers)
        size += inputs[-1].numel() * inputs[-1].element_size()
        if size > MOST_BYTES:
            raise NetworkError(
                f"A split in argument `data` of network '{name}' is larger than {MOST_BYTES / 2**30:g} GiB, and it is "
                "held in memory. Pass a part of it, e.g. torch.utils.data.Subset(data, range(5000))."
            )
    if not inputs:
        raise NetworkError(f"A split in argument `data` of network '{name}' is empty. Pass some rows.")
    try:
        return torch.cat(inputs), torch.cat(labels)
    except RuntimeError as error:
        sizes = " and ".join(sorted({described(one[0]) for one in inputs if one.dim()}))
        raise NetworkError(
            f"The inputs or labels in argument `data` of network '{name}' differ in size ({sizes}), so they make no "
            "batch. Bring them to one size."
        ) from error
