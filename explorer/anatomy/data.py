"""Labelled images that a network is trained and judged on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, as_weights, described, tensors_in
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
            images = as_inputs(getattr(self, f"{split}_x"), f"{split}_x", self.name)
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


def run_by(module: nn.Module, data: DataSet, example: Example, name: str) -> DataSet:
    """The same data for a network that runs it, which may know more classes than its labels name.

    Raises:
        NetworkError: if it cannot run it, with what to do about it, or answers rows that hold NaN with NaN.
    """
    first = data.test_x[:1]
    try:
        with torch.no_grad():
            answers = module(as_weights(module, first))
    except Exception as error:  # whatever a stranger's network raises, the cause is told
        raise NetworkError(
            f"Network '{name}' cannot run an input of argument `data`, {described(first)}: {cause_of(error)}. "
            f"{_advice(first, example)}"
        ) from error
    _check_numbers(module, data)
    scores = next((one for one in tensors_in(answers) if one.dim() == 2 and len(one) == 1), None)
    return data if scores is None or scores.shape[1] <= data.classes else replace(data, of=scores.shape[1])


def _advice(first: Tensor, example: Example) -> str:
    """What to pass instead of an input that a network does not run."""
    taken = list(tensors_in(example))
    if len(taken) > 1:
        return (
            f"It takes {len(taken)} tensors, and labels are taken beside one: give inputs alone, with a metric and a "
            "loss that bring the labels."
        )
    if first.dim() == taken[0].dim() == 4 and first.shape[1] != taken[0].shape[1] == first.shape[3]:
        return "Its channels come last: pass images.permute(0, 3, 1, 2)."
    if first.dtype in (torch.uint8, torch.uint16):
        most = torch.iinfo(first.dtype).max
        return f"Its images are {str(first.dtype)[6:]}: pass fractions as in training, e.g. images.float() / {most}."
    return "Give inputs that its forward pass accepts."


@torch.no_grad()
def _check_numbers(module: nn.Module, data: DataSet) -> None:
    for field in ("train_x", "test_x"):
        images = getattr(data, field)
        if isinstance(images, LazyRows) or bool(torch.isfinite(images.sum())):
            continue
        rows = (~torch.isfinite(images)).flatten(1).any(dim=1).nonzero().flatten().tolist()
        if not rows:  # only their sum is beyond the largest number
            continue
        answers = tensors_in(module(as_weights(module, images[rows[:1]])))
        if not all(bool(torch.isfinite(one).all()) for one in answers):
            raise NetworkError(
                f"Row {rows[0]} of {field} of data set '{data.name}' holds NaN or infinite values, as {len(rows)} of "
                f"{len(images)} rows do, and the network answers it with such. Fill them in, or leave these rows out."
            )


_CLASSES_ONLY = (
    "Accuracy is measured for classes only: for other targets give inputs alone, with a metric and a loss that bring "
    "the targets."
)


def as_inputs(images: Any, field: str, name: str) -> Tensor:
    """Rows of numbers as a tensor; what is read when it is asked for stays so."""
    if isinstance(images, LazyRows):
        return cast(Tensor, images)  # it does all that is asked of images
    try:
        tensor = torch.as_tensor(images)
    except (TypeError, ValueError, RuntimeError):
        raise NetworkError(
            f"{field} of data set '{name}' must be a tensor or an array of numbers, got {_kind(images)}. Number "
            "classes from 0; for a data loader pass data=(train_loader, test_loader) to explorer.wrap."
        ) from None
    return tensor.float() if tensor.dtype is torch.float64 else tensor


def _kind(given: object) -> str:
    of = f" of {given.dtype.name}" if isinstance(given, np.ndarray) else ""
    return f"{type(given).__name__}{of}"


def _labels(labels: Any, field: str, name: str) -> Tensor:
    """Class numbers, int64, shape ``[N]``."""
    tensor = as_inputs(labels, field, name)
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
