"""What goes of the products of matrices that a network's own forward works out, when channels go into them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.anatomy.propagation import Widths
from explorer.anatomy.structure import TracedItem
from explorer.backends.depgraph.ranking import Candidate, Positions
from explorer.backends.depgraph.removal import Chosen
from explorer.backends.depgraph.torch_pruning import Trace


class Products:
    """Products that channels of some candidates go into.

    Args:
        candidates: in the planner's order.
        traced: a trace of the network.
        rows: names of the rows of its costs; a module's products of its own are one row.
    """

    def __init__(self, candidates: Sequence[Candidate], traced: Trace, rows: Sequence[str]) -> None:
        spending = {node.key: node for node in traced.structure.nodes if node.macs}
        places = {name: place for place, name in enumerate(rows)}
        self._rows = len(rows)
        self._found: list[tuple[int, TracedItem, int, int]] = []  # candidate, item, row, MACs of a channel
        for number, candidate in enumerate(candidates):
            for item in candidate.group.items:
                if item.node in spending:
                    node = spending[item.node]
                    row = places[traced.scopes.place(node.sequence) or "(top)"]
                    self._found.append((number, item, row, node.macs))
        self._each = [candidate.each for candidate in candidates]

    def spared(self, counts: Positions, chosen: Chosen) -> Widths:
        """MACs that go with so many positions of every candidate, by row."""
        found = np.zeros(self._rows, dtype=np.int64)
        for number, item, row, macs in self._found:
            if count := int(counts[number]):
                each = self._each[number]
                gone = (
                    item.repeat * each * count
                    if item.repeat is not None
                    else int(np.isin(item.root, chosen(number, count)).sum())
                )
                found[row] += macs * gone
        return found
