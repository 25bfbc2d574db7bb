"""A person's own data set that is too large to be held: its rows stay unread until they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, default_collate

from explorer.anatomy.blame import blaming
from explorer.anatomy.data import as_inputs
from explorer.anatomy.inputs import described
from explorer.anatomy.lazy import LazyRows
from explorer.values.errors import NetworkError

MOST_ROWS = 50_000_000  # that a loader may name


def unread(part: object, name: str, most_bytes: int) -> tuple[LazyRows, Tensor] | None:
    """Rows and labels of a split of which any row can be asked for.

    Args:
        part: one of torch's data sets, or a loader of one, whose sampler and ``collate_fn`` stay in force.
        name: of the network.
        most_bytes: what is no larger is better held in memory.

    Returns:
        None for what is small, or hands its rows out in turn only.

    Raises:
        NetworkError: if a row cannot be read, or differs in size from the first.
    """
    data, collate = (
        (part.dataset, part.collate_fn) if isinstance(part, DataLoader) else (part, default_collate)
    )
    if not isinstance(data, Dataset) or isinstance(data, IterableDataset) or not isinstance(data, Sized):
        return None
    read = _Reader(data, collate, name)
    try:
        first, _ = read.pair(0)
    except NetworkError:  # rows of other names, or of another kind: what hands them out in turn tells
        return None
    size = first.numel() * first.element_size()
    places = _places(part, len(data), name) if size * len(data) > most_bytes else ()
    if size * len(places) <= most_bytes:
        return None
    read.size = first.shape
    return LazyRows(read, places, first.dtype), _labels(read, places, collate is default_collate)


def pair(batch: Any, name: str) -> tuple[Tensor, Tensor]:
    """Inputs and labels of what a loader hands out."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise NetworkError(
            f"A data loader in argument `data` of network '{name}' must yield pairs (inputs, labels), got "
            f"{type(batch).__name__}. Give it a collate_fn that makes pairs, or inputs alone."
        )
    return as_inputs(batch[0], "inputs", name), as_inputs(batch[1], "labels", name)


def reading(name: str) -> AbstractContextManager[None]:
    """A context in which whatever a person's loader or data set raises becomes a sentence."""
    return blaming(f"Reading argument `data` of network '{name}'", "Correct what hands it out.")


@dataclass
class _Reader:
    """Reads one row of a data set; it can be handed to another process."""

    data: Any
    collate: Callable[[list[Any]], Any]
    name: str
    size: torch.Size | None = None  # that each row must have

    def __call__(self, place: int) -> Tensor:
        return self.pair(place)[0]

    def pair(self, place: int) -> tuple[Tensor, Tensor]:
        """The row and its label, as the loader would put them into a batch of one."""
        with reading(self.name):
            batch = self.collate([self.data[place]])
        rows, labels = pair(batch, self.name)
        if self.size is not None and rows.shape[1:] != self.size:
            raise NetworkError(
                f"The inputs in argument `data` of network '{self.name}' differ in size (row {place} is "
                f"{described(rows[0])}, the first is {'×'.join(map(str, self.size))}), so they make no batch. Bring "
                "them to one size."
            )
        return rows[0], labels[0]


def _places(part: object, count: int, name: str) -> Sequence[int]:
    """Which rows a split consists of, in order; none where its loader names no rows, or does so without an end."""
    if not isinstance(part, DataLoader):
        return range(count)
    if part.batch_sampler is None or type(part).__iter__ is not DataLoader.__iter__:
        return ()
    with reading(name):
        found = list(islice(chain.from_iterable(part.batch_sampler), MOST_ROWS + 1))
    return found if len(found) <= MOST_ROWS else ()


def _labels(read: _Reader, places: Sequence[int], is_plain: bool) -> Tensor:
    """Those that the data set names, where they are what it hands out; else every row is read once."""
    named = _named(read.data) if is_plain else None
    if named is not None and all(int(named[at]) == int(read.pair(at)[1]) for at in (places[0], places[-1])):
        return named[torch.as_tensor(places)]
    return torch.stack([read.pair(place)[1] for place in places])


def _named(data: Any) -> Tensor | None:
    """The labels that a data set names without a row being read, as torchvision's do; None where it does not."""
    if isinstance(data, Subset):
        whole = _named(data.dataset)
        return None if whole is None else whole[torch.as_tensor(data.indices)]
    try:
        labels = torch.as_tensor(data.targets)
    except Exception:  # there are none, or they are no numbers
        return None
    is_one_a_row = labels.shape == (len(data),) and not labels.is_floating_point()
    return labels if is_one_a_row and not getattr(data, "target_transform", None) else None
