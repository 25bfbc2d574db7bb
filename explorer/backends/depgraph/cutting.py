"""Which channels go from every axis of every layer when some channels of some groups go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.anatomy.structure import Indices, TracedItem
from explorer.backends.depgraph.ranking import Candidate, Positions
from explorer.backends.depgraph.removal import Chosen
from explorer.backends.depgraph.torch_pruning import Removed
from explorer.values import Axis

LayerAxis = tuple[str, Axis]  # (layer, axis)
_NONE = np.empty(0, dtype=np.int64)


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
        gone = self.gone(counts, chosen, lambda where: only is None or where[1] is only)
        arrays = {id(at): at for at in gone.values()}  # most axes are numbered alike, and share theirs
        told = {key: tuple(at.tolist()) for key, at in arrays.items()}
        return {where: told[id(at)] for where, at in gone.items()}

    def gone(
        self, counts: Positions, chosen: Chosen, asked: Callable[[LayerAxis], bool]
    ) -> dict[LayerAxis, Indices]:
        """The same as index arrays, of the axes that are asked for and lose any."""
        found: dict[LayerAxis, Indices] = {}
        merged: dict[LayerAxis, NDArray[np.bool_]] = {}
        for place in np.flatnonzero(counts).tolist():
            pieces = [piece for piece in self._pieces[place] if asked(piece.where)]
            root = chosen(place, int(counts[place])) if pieces else _NONE
            for piece in pieces:
                if piece.same:
                    found[piece.where] = root
                    continue
                if piece.where not in merged:
                    merged[piece.where] = np.zeros(piece.item.width or 0, dtype=bool)
                merged[piece.where][piece.gone(root)] = True
        return found | {where: np.flatnonzero(gone) for where, gone in merged.items() if gone.any()}


def _piece(where: LayerAxis, item: TracedItem, alone: bool) -> _Piece:
    each = np.arange(item.channels)
    one_each = np.array_equal(item.root, each)
    return _Piece(where, item, one_each, alone and one_each and np.array_equal(item.index, each))
