"""Which channels go from every axis of every layer when some channels of some groups go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.anatomy.structure import Indices, TracedItem
from explorer.backends.depgraph.ranking import Candidate, Positions
from explorer.backends.depgraph.removal import Chosen
from explorer.backends.depgraph.torch_pruning import Removed
from explorer.values import Axis

LayerAxis = tuple[str, Axis]  # (layer, axis)


@dataclass(frozen=True)
class _Piece:
    """What one candidate takes from one axis."""

    where: LayerAxis
    item: TracedItem
    one_each: bool  # one channel here for each of the root's, in the root's order
    same: bool  # the axis is this candidate's alone, and its channels are numbered as the root's

    def gone(self, root: Indices) -> Indices:
        """Channels here that go with some of the root's."""
        if self.one_each:
            return self.item.index[root]
        taken = np.zeros(self.item.channels, dtype=bool)
        taken[root] = True
        return self.item.index[taken[self.item.root]]


class Cutter:
    """The axes of all candidates under the names of their layers.

    Args:
        candidates: in the planner's order.
        names: node key -> dotted path of the layer; axes of nodes without one are left out.
    """

    def __init__(self, candidates: Sequence[Candidate], names: Mapping[int, str | None]) -> None:
        named = [
            [((path, item.axis), item) for item in candidate.stored if (path := names[item.node])]
            for candidate in candidates
        ]
        owners = Counter(where for pieces in named for where, _ in pieces)
        self._pieces = [
            tuple(_piece(where, item, owners[where] == 1) for where, item in pieces) for pieces in named
        ]

    def cut(self, counts: Positions, chosen: Chosen, only: Axis | None = None) -> Removed:
        """Channels that go from every (layer, axis), numbered as in the dense network, sorted.

        Args:
            counts: positions that go from each candidate.
            chosen: which root channels that means.
            only: leave the other axis out.
        """
        found: Removed = {}
        merged: dict[LayerAxis, NDArray[np.bool_]] = {}
        for place in np.flatnonzero(counts).tolist():
            root = chosen(place, int(counts[place]))
            whole = tuple(root.tolist())  # shared by all axes that are numbered alike: most are
            for piece in self._of(place, only):
                if piece.same:
                    found[piece.where] = whole
                    continue
                if piece.where not in merged:
                    merged[piece.where] = np.zeros(piece.item.width or 0, dtype=bool)
                merged[piece.where][piece.gone(root)] = True
        joined = {where: tuple(np.flatnonzero(gone).tolist()) for where, gone in merged.items()}
        return found | {where: gone for where, gone in joined.items() if gone}

    def _of(self, place: int, only: Axis | None) -> Iterator[_Piece]:
        return (piece for piece in self._pieces[place] if only is None or piece.where[1] is only)


def _piece(where: LayerAxis, item: TracedItem, alone: bool) -> _Piece:
    each = np.arange(item.channels)
    one_each = np.array_equal(item.root, each)
    return _Piece(where, item, one_each, alone and one_each and np.array_equal(item.index, each))
