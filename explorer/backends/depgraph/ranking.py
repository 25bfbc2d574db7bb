"""Scores, sorted once: how many channels of which group go at a ratio, and which.

Everything here follows what Torch-Pruning does in a single step, down to how
it breaks ties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.anatomy.structure import Indices, TracedGroup, TracedItem
from explorer.backends.depgraph.torch_pruning import by_head, largest_loss
from explorer.values import ChannelOptions, ChannelScope, HeadPruning

# Name of the set of those that go whole, where more than one group is ranked together
OF_HEADS = "attention heads"

Positions = NDArray[np.int64]  # positions that go, one number a candidate


@dataclass(frozen=True)
class Candidate:
    """A group that may lose channels, ranked."""

    id: int
    group: TracedGroup
    scores: (
        Tensor  # one for each position: averaged over heads, or over the channels of one, as the library does
    )
    ascending: Tensor  # the same, sorted
    stored: tuple[TracedItem, ...]  # the axes that store channels; the rest only hands them on
    by_head: bool = False  # whether a position is a head, which goes whole

    @classmethod
    def ranked(cls, number: int, group: TracedGroup, raw: Tensor, heads: HeadPruning) -> Candidate:
        """Rank one group by the library's raw scores, shape ``[channels]``."""
        whole = group.whole or (group.separable and heads is HeadPruning.WHOLE)
        each = group.channels // group.heads if whole else group.heads
        turned = by_head(raw, group.heads) if whole else raw
        averaged = turned.view(each, -1).mean(dim=0) if each > 1 else turned
        stored = tuple(item for item in group.items if item.width is not None)
        return cls(number, group, averaged, averaged.sort().values, stored, whole)

    @cached_property
    def order(self) -> Tensor:
        """Positions, lowest score first, in the library's order of equal ones."""
        return torch.argsort(self.scores)

    @property
    def width(self) -> int:
        """Channels of the root's own axis."""
        return self.group.items[0].width or self.group.channels

    @property
    def each(self) -> int:
        """Root channels at one position."""
        return self.group.channels // len(self.scores)

    def channels(self, positions: Tensor) -> Indices:
        """Root channels at some positions: the same in every head, or whole heads."""
        inner = np.arange(self.each, dtype=np.int64)[:, None]
        at = positions.numpy()[None, :]
        found = at * self.each + inner if self.by_head else inner * len(self.scores) + at
        return np.sort(found.ravel())

    def position(self, channel: int) -> int:
        """Where a root channel is."""
        return channel // self.each if self.by_head else channel % len(self.scores)

    @property
    def score_by_channel(self) -> Tensor:
        """The same scores, one for each root channel."""
        return self.scores.repeat_interleave(self.each) if self.by_head else self.scores.repeat(self.each)


class RankedTogether:
    """Candidates whose channels compete with each other.

    Args:
        name: what they have in common.
        members: places of the candidates in the planner's list.
        candidates: those candidates.
        own_ratio: takes the place of the ratio that is asked for.
        by_threshold: everything up to the threshold goes, equal scores with it.
        most: no larger ratio is taken.
    """

    def __init__(
        self,
        name: str,
        members: Sequence[int],
        candidates: Sequence[Candidate],
        own_ratio: float | None,
        by_threshold: bool,
        most: float = 1.0,
    ) -> None:
        self.name = name
        self.members = np.array(members, dtype=np.int64)
        self.own_ratio = own_ratio
        self._by_threshold = by_threshold
        self._most = most
        ascending, order = torch.cat([candidate.ascending for candidate in candidates]).sort()
        owners = np.repeat(np.arange(len(candidates)), [len(candidate.scores) for candidate in candidates])
        self.ascending: NDArray[np.float32] = ascending.numpy()
        self._owners = owners[order.numpy()]

    def counts(self, ratio: float) -> Positions:
        """Positions that go from each member."""
        ratio = min(ratio if self.own_ratio is None else self.own_ratio, self._most)
        count = asked(len(self.ascending), ratio)
        if count and self._by_threshold:
            threshold = self.ascending[count - 1]
            # A score that is no number is never below a threshold, and a threshold that is none takes nothing.
            count = (
                0 if np.isnan(threshold) else int(np.searchsorted(self.ascending, threshold, side="right"))
            )
        return np.bincount(self._owners[:count], minlength=len(self.members))

    @property
    def all_equal(self) -> bool:
        """Whether nothing tells these channels apart."""
        return len(self.ascending) > 1 and bool(self.ascending[0] == self.ascending[-1])


class Ranking:
    """All candidates of one network under one set of options.

    Args:
        candidates: in the library's order.
        options: scope, rounding and maximum ratio.
        own_ratios: candidate id -> a ratio of its own.
    """

    def __init__(
        self, candidates: Sequence[Candidate], options: ChannelOptions, own_ratios: Mapping[int, float]
    ) -> None:
        self.candidates = candidates
        self._options = options
        self._capped = options.max_ratio < 1
        self._own = {number: min(ratio, options.max_ratio) for number, ratio in own_ratios.items()}
        self.sets = tuple(self._together())
        self.walk = np.concatenate([together.members for together in self.sets])
        self._sizes = np.array([len(candidate.scores) for candidate in candidates], dtype=np.int64)
        self._widths = np.array([candidate.width for candidate in candidates], dtype=np.int64)
        self._by_head = np.array([candidate.by_head for candidate in candidates], dtype=bool)
        self.most = np.array([largest_loss(int(size), options.max_ratio) for size in self._sizes])

    def counts(self, ratio: float) -> Positions:
        """Positions that go from every candidate at `ratio`, before any is spared."""
        counts = self.uncapped(ratio)
        return self._held(counts) if self._capped else counts

    def uncapped(self, ratio: float) -> Positions:
        """The same without the maximum ratio."""
        counts = np.zeros(len(self.candidates), dtype=np.int64)
        for together in self.sets:
            counts[together.members] = together.counts(ratio)
        return self._rounded(counts, self._options.round_to) if self._options.round_to else counts

    def positions(self, place: int, count: int) -> Tensor:
        """Which go; equal scores are broken by the very function that the library breaks them with."""
        candidate = self.candidates[place]
        if self._options.round_to or self._capped:
            return candidate.order[:count]
        if self._options.scope is not ChannelScope.LOCAL:
            return (candidate.scores <= candidate.ascending[count - 1]).nonzero().flatten()
        return torch.topk(candidate.scores, count, largest=False).indices

    def channels(self, place: int, count: int) -> Indices:
        """Root channels that go from one candidate."""
        return self.candidates[place].channels(self.positions(place, int(count)))

    def _together(self) -> list[RankedTogether]:
        """The library's ranking scopes, in its order."""
        members: dict[str, list[int]] = (
            {"every group": []} if self._options.scope is ChannelScope.GLOBAL else {}
        )
        for place, candidate in enumerate(self.candidates):
            members.setdefault(self._scope_name(candidate), []).append(place)
        by_threshold = self._options.scope is not ChannelScope.LOCAL
        return [
            RankedTogether(name, places, found, self._own.get(found[0].id), by_threshold, self._most_of(name))
            for name, places in members.items()
            if (found := [self.candidates[place] for place in places])
        ]

    def _scope_name(self, candidate: Candidate) -> str:
        if self._options.scope is ChannelScope.LOCAL or candidate.id in self._own:
            return f"group {candidate.id}"
        if candidate.by_head:
            return OF_HEADS
        return candidate.group.pattern if self._options.scope is ChannelScope.ISOMORPHIC else "every group"

    def _most_of(self, name: str) -> float:
        """The library holds a ratio that is given by layer to the maximum at once; heads are given theirs so."""
        return self._options.max_ratio if name == OF_HEADS else 1.0

    def _rounded(self, counts: Positions, round_to: int) -> Positions:
        """The library rounds the channels that stay down to a multiple."""
        kept = self._widths - counts
        rounded = np.minimum(self._sizes, self._widths - (kept - kept % round_to))
        return np.where((counts > 0) & ~self._by_head, rounded, counts)

    def _held(self, counts: Positions) -> Positions:
        """No group loses more than the maximum ratio, rounding included."""
        step = np.where(self._by_head, 1, self._options.round_to or 1)
        most = np.maximum(self.most - (self.most - self._widths) % step, 0)
        return np.where(counts > self.most, most, counts)


def asked(total: int, ratio: float) -> int:
    """Channels that the library means by a ratio: what is left of the total, rounded down, stays."""
    return total - int(total * (1 - ratio))
