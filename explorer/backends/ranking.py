"""Scores, sorted once: which channels of which group go at a ratio.

Everything here follows what Torch-Pruning does in a single step, down to how
it breaks ties.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.graph.structure import Indices, TracedGroup, TracedItem
from explorer.schema import PruningOptions, Scope


@dataclass(frozen=True)
class Candidate:
    """A group that may lose channels, ranked."""

    id: int
    group: TracedGroup
    scores: Tensor  # [channels / heads]: averaged over heads, as the library does
    ascending: Tensor  # the same, sorted
    stored: tuple[TracedItem, ...]  # the axes that store channels; the rest only hands them on

    @classmethod
    def ranked(cls, number: int, group: TracedGroup, raw: Tensor) -> Candidate:
        """Rank one group by the library's raw scores, shape ``[channels]``."""
        averaged = raw.view(group.heads, -1).mean(dim=0) if group.heads > 1 else raw
        stored = tuple(item for item in group.items if item.width is not None)
        return cls(number, group, averaged, averaged.sort().values, stored)


@dataclass(frozen=True)
class Choice:
    """What one ratio takes from one group."""

    candidate: Candidate
    positions: Tensor  # which scores

    @property
    def channels(self) -> Indices:
        """Root channels that go: the chosen positions in every head."""
        size = len(self.candidate.scores)
        starts = np.arange(self.candidate.group.heads, dtype=np.int64)[:, None] * size
        return np.sort((starts + self.positions.numpy()[None, :]).ravel())


class Ranking:
    """All candidates of one network under one set of options."""

    def __init__(self, candidates: Sequence[Candidate], options: PruningOptions) -> None:
        self.candidates = candidates
        self._options = options
        self._together = torch.cat([candidate.ascending for candidate in candidates]).sort().values

    def choices(self, ratio: float) -> Iterator[Choice]:
        """What goes at `ratio`, group by group in the library's order."""
        threshold = self._threshold(ratio)
        for candidate in self.candidates:
            if count := self._count(candidate, ratio, threshold):
                yield Choice(candidate, self._positions(candidate, count))

    def _threshold(self, ratio: float) -> Tensor | None:
        """Global scope: the score of the last channel that goes, over all groups together."""
        if self._options.scope is Scope.LOCAL:
            return None
        count = asked(len(self._together), ratio)
        return self._together[count - 1] if count else torch.tensor(-math.inf)

    def _count(self, candidate: Candidate, ratio: float, threshold: Tensor | None) -> int:
        if threshold is None:
            count = asked(len(candidate.scores), ratio)
        else:
            count = int(torch.searchsorted(candidate.ascending, threshold, right=True))
        if count and self._options.round_to:
            count = min(len(candidate.scores), self._rounded(candidate, count, self._options.round_to))
        return count

    def _rounded(self, candidate: Candidate, count: int, round_to: int) -> int:
        """The library rounds the channels that stay down to a multiple."""
        width = candidate.group.items[0].width or candidate.group.channels
        kept = width - count
        return width - (kept - kept % round_to)

    def _positions(self, candidate: Candidate, count: int) -> Tensor:
        """Equal scores are broken by the very function that the library breaks them with."""
        if self._options.round_to:
            return torch.argsort(candidate.scores)[:count]
        if self._options.scope is Scope.GLOBAL:
            return (candidate.scores <= candidate.ascending[count - 1]).nonzero().flatten()
        return torch.topk(candidate.scores, count, largest=False).indices


def asked(total: int, ratio: float) -> int:
    """Channels that the library means by a ratio: what is left of the total, rounded down, stays."""
    return total - int(total * (1 - ratio))
