"""What a network answers without some channels of its groups, and how many of them are taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from explorer.anatomy.soundness import Finding, Judge, in_train_mode
from explorer.anatomy.structure import Indices, TracedGroup
from explorer.backends.depgraph.cutting import Cutter
from explorer.backends.depgraph.ranking import Candidate
from explorer.backends.depgraph.removal import Axes
from explorer.backends.depgraph.torch_pruning import Removed
from explorer.values import HeadPruning

EIGHTH = 8  # of so many channels few are one
TURNS = 4  # uneven numbers begin anew after so many groups
BROAD = 16  # channels from which on few, uneven and half are told apart at once


@dataclass(frozen=True)
class Share:
    """How many channels a group loses.

    An odd number, since a wrong coupling that swaps channels in pairs maps some even halves onto themselves.
    """

    words: str
    lost: Callable[[int, int], int]  # of so many channels, of the group with that number
    turn: int = 0  # other channels at each
    trains: bool = True  # whether train mode is looked at, too


def _half(size: int, number: int) -> int:
    return size // 2 | 1


def _few(size: int, number: int) -> int:
    return min(size // EIGHTH | 1, _half(size, number))


def _uneven(size: int, number: int) -> int:
    return min((size // EIGHTH + 2 * (number % TURNS)) | 1, _half(size, number))


def _lower(size: int, number: int) -> int:
    """An uneven number again, but never half."""
    uneven = _uneven(size, number)
    return uneven if uneven < _half(size, number) else 1


def _most(size: int, number: int) -> int:
    """All but two or three."""
    return max((size - 3) | 1, 1)


HALF = Share("half of them", _half)
FEW = Share("an eighth of them", _few)
UNEVEN = Share("some of them", _uneven)
BOTH = Share("some of them", _lower)
MOST = tuple(Share("almost all of them", _most, turn, trains=False) for turn in (2, 3, 4, 5))


class Trial:
    """Cuts a share of some groups, and compares.

    Args:
        groups: those that may be cut, by number.
        names: of their layers, by node key.
        judge: compares in eval mode.
        training: compares in train mode, if there is need.
        heads: what is cut where attention heads can go whole.
    """

    def __init__(
        self,
        groups: Mapping[int, TracedGroup],
        names: Mapping[int, str | None],
        judge: Judge,
        training: Judge | None,
        heads: HeadPruning = HeadPruning.SIZE,
    ) -> None:
        self._candidates = [
            Candidate.ranked(number, group, torch.zeros(group.channels), heads)
            for number, group in groups.items()
        ]
        self._axes = Axes(self._candidates, np.arange(len(groups)))
        self._cutter = Cutter(self._candidates, names)
        self._judge, self._training = judge.in_one_room(), training

    def look(self, numbers: Sequence[int], quick: bool = False, share: Share = HALF) -> Finding:
        """Compare the network without half of these groups, or another share of their channels."""
        cut = self._cut(set(numbers), share)
        found = self._judge.look(cut, quick, share.words)
        if found.fault or not self._training or not share.trains:
            return found
        trained = self._training.look(cut, quick, share.words).fault
        return Finding(in_train_mode(trained), found.seen)

    def fault(self, numbers: Sequence[int]) -> str:
        """What is wrong then, as a sentence."""
        return self.look(numbers).fault

    def quick_fault(self, numbers: Sequence[int]) -> str:
        """The same on a single input."""
        return self.look(numbers, quick=True).fault

    def fault_of_few(self, numbers: Sequence[int]) -> str:
        """The same without few channels: what is cut at fixed places may happen to stand where half are gone."""
        return self.look(numbers, quick=True, share=FEW).fault

    def fault_of_uneven(self, numbers: Sequence[int]) -> str:
        """The same without another number of each: a width taken from another group holds while both lose as many."""
        return self.look(numbers, quick=True, share=UNEVEN).fault

    def fault_of_most(self, numbers: Sequence[int]) -> str:
        """The same with two or three left: what seldom holds for all of half the channels often does for these."""
        return next(filter(None, (self.look(numbers, share=share).fault for share in MOST)), "")

    def both_hold(self, numbers: Sequence[int]) -> bool:
        """Whether neither few nor uneven channels show a fault, told in one look; False where it takes one for each."""
        looked_at = set(numbers)
        narrowest = min(len(one.scores) for one in self._candidates if one.id in looked_at)
        return narrowest >= BROAD and not self.look(numbers, quick=True, share=BOTH).fault

    def _cut(self, numbers: set[int], share: Share) -> Removed:
        """That share of every group; of some groups one channel only, where it would empty a narrow layer."""
        drawn = partial(self._at_random, share.turn)
        lost = [share.lost(len(c.scores), c.id) if c.id in numbers else 0 for c in self._candidates]
        nothing = np.zeros(len(lost), dtype=np.int64)
        narrow = self._axes.spare(np.array(lost, dtype=np.int64), nothing, drawn).spared
        counts = [min(count, 1) if place in narrow else count for place, count in enumerate(lost)]
        removal = self._axes.spare(np.array(counts, dtype=np.int64), nothing, drawn)
        return self._cutter.cut(removal.counts, drawn)

    def _at_random(self, turn: int, place: int, count: int) -> Indices:
        candidate = self._candidates[place]
        generator = torch.Generator().manual_seed(candidate.id + len(self._candidates) * turn)
        return candidate.channels(torch.randperm(len(candidate.scores), generator=generator)[:count])
