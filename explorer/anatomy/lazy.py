"""Rows that are read when they are asked for: more of them than fit into memory stand in for one tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

AT_ONCE = 512  # rows that one slice holds as a tensor; more of them stay unread


class LazyRows:
    """Stands in for a tensor ``[N, …]`` wherever rows are sliced, picked or split.

    Args:
        read: the row at a place, without its first axis.
        places: those that there are.
        dtype: of what is read.
    """

    def __init__(
        self, read: Callable[[int], Tensor], places: Sequence[int], dtype: torch.dtype = torch.float32
    ) -> None:
        self._read, self._places, self.dtype = read, places, dtype

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, wanted: Any) -> Any:
        """Rows by slice or by a tensor of places; a slice of more than 512 stays unread."""
        if isinstance(wanted, slice):
            places = self._places[wanted]
            return (
                self._tensor(places) if len(places) <= AT_ONCE else LazyRows(self._read, places, self.dtype)
            )
        return self._tensor([self._places[int(place)] for place in wanted])

    def split(self, size: int) -> Iterator[Tensor]:
        """Batches in order."""
        starts = range(0, len(self), size)
        return (self._tensor(self._places[start : start + size]) for start in starts)

    def tensor_split(self, parts: int) -> Iterator[Tensor]:
        """So many parts of what there is; of each no more than 512 / parts rows, spread over it."""
        most = max(AT_ONCE // parts, 2)
        for part in range(parts):
            places = self._places[len(self) * part // parts : len(self) * (part + 1) // parts]
            yield self._tensor(places[:: -(-len(places) // most)])

    def _tensor(self, places: Sequence[int]) -> Tensor:
        return torch.stack([self._read(place) for place in places])
