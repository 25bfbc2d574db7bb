"""One group: everything that has to lose channels with some of one layer's, walked as Torch-Pruning walks it."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import torch_pruning as tp
from torch_pruning._helpers import GroupItem
from torch_pruning.dependency.dependency import Dependency

from explorer.anatomy.structure import Indices
from explorer.backends.depgraph.torch_pruning.flows import NONE, Channels, Flow
from explorer.backends.depgraph.torch_pruning.heads import Core
from explorer.backends.depgraph.torch_pruning.reading import Box, Edge


class Link(Dependency):
    """Channels that go from one box take others from the next with them, along or against the flow of data."""

    def __init__(self, trigger: Any, handler: Any, edge: Edge, along: bool) -> None:
        ends = (edge.source, edge.target) if along else (edge.target, edge.source)
        super().__init__(trigger, handler, *ends)
        self.edge, self.along = edge, along

    def carry(self, channels: Channels) -> Channels:
        """The channels at the other end that go with some at this one."""
        flows: tuple[Flow, ...] = self.edge.flows or ()
        for flow in flows if self.along else reversed(flows):
            channels = flow.along(channels) if self.along else flow.against(channels)
        return channels


class Group(tp.dependency.Group):
    """A group whose indices are arrays until it is pruned."""

    def __init__(self) -> None:
        super().__init__()
        self._group: list[GroupItem] = []
        self.wall = ""  # why nothing of it may go
        self.apart = 0  # > 0: root channels so far apart, or a multiple of it, have to go together
        self.parts = 1  # > 1: the same positions go from each of so many equal parts
        self.separable = False  # whether these parts are attention heads, each of which can go whole
        self.whole = False  # whether they can only go whole

    def prune(self, idxs: Any = None, record_history: bool = True) -> None:
        """Prune it; the library's pruning functions want lists."""
        self._group = [GroupItem(dep, indices.tolist()) for dep, indices in self._group]
        cores = [(item.dep.target.module, item.idxs) for item in self._group]
        heads = {
            core.attention: core.attention.whole_heads(at) for core, at in cores if isinstance(core, Core)
        }
        super().prune(idxs, record_history)
        for attention, count in heads.items():
            attention.lose_heads(count)
        self._DG.time += 1


class Walk:
    """Collects one group.

    Args:
        root: where channels go first.
        channels: which.
    """

    def __init__(self, root: Dependency, channels: Channels) -> None:
        self._claims: dict[tuple[Box, Any], _Claim] = {}
        self._apart = 0
        self.wall = root.target.whole
        self._claim(root, channels)
        pending = [(root.target, root.handler, channels)]
        while pending:
            box, handler, here = pending.pop()
            for link in box.dependencies:
                if link.trigger == handler and (fresh := self._follow(link, here)):
                    pending.append((link.target, link.handler, fresh))

    def group(self, graph: Any) -> Group:
        """What was found, as the library wants it."""
        group = Group()
        group._DG = graph
        for claim in self._claims.values():
            index, root = claim.channels()
            item = GroupItem(claim.link, index)
            item.root_idxs = root
            group.items.append(item)
        group.wall, group.apart = self.wall, self._apart
        return group

    def _follow(self, link: Link, here: Channels) -> Channels | None:
        """Take what a link leads to; None where it leads to nothing new."""
        if link.edge.flows is None and not link.edge.wall:
            return None
        there = link.carry(here)
        if not there:
            return None
        if link.edge.wall:
            self.wall = self.wall or link.edge.wall
            return None
        return self._claim(link, there)

    def _claim(self, link: Dependency, channels: Channels) -> Channels | None:
        key = (link.target, link.handler)
        if key not in self._claims:
            self._claims[key] = _Claim(link)
        fresh, apart = self._claims[key].take(channels)
        self._apart = gcd(self._apart, apart)
        return fresh or None


class _Claim:
    """Channels of one axis that are in the group, each with the root's channel that came first."""

    def __init__(self, link: Dependency) -> None:
        self.link = link
        self._found: list[Channels] = []
        self._owner = np.empty(0, dtype=np.int64)  # by channel; -1 where none came yet

    def take(self, channels: Channels) -> tuple[Channels, int]:
        """Those that are new; and how far roots lie apart that meet here, as a common divisor."""
        if channels.ahead is not None and not self._found:
            self._found.append(channels)
            return channels, 0
        if self._has(channels):
            return NONE, 0
        new = self._owners(channels.high)[channels.at] < 0
        index, root = channels.at[new], channels.root[new]
        self._owner[index[::-1]] = root[::-1]  # backwards, so that of several roots the first one stays
        apart = self._owner[channels.at] - channels.root
        fresh = channels.chosen(new & (apart == 0))
        if fresh:
            self._found.append(fresh)
        return fresh, int(np.gcd.reduce(apart))

    def channels(self) -> tuple[Indices, Indices]:
        """All of them in their order, and their roots."""
        if len(self._found) == 1 and self._found[0].ahead is not None:
            return self._found[0].at, self._found[0].root
        found = self._found or [NONE]
        index = np.concatenate([part.at for part in found])
        root = np.concatenate([part.root for part in found])
        order = np.argsort(index)  # some criteria sort the indices that they are given, and not the roots
        return index[order], root[order]

    def _has(self, channels: Channels) -> bool:
        """Whether they are part of the first ones, seen at a glance."""
        if not self._found or channels.ahead is None:
            return False
        first = self._found[0]
        return first.ahead == channels.ahead and first.low <= channels.low and channels.high <= first.high

    def _owners(self, highest: int) -> Indices:
        """Which root came first for every channel, with room for one."""
        known, room = len(self._owner), highest + 1
        if not known:
            room = max(room, *(part.high + 1 for part in self._found)) if self._found else room
        if room > known:
            self._owner = np.concatenate([self._owner, np.full(room - known, -1, dtype=np.int64)])
        if not known:
            for part in self._found:
                self._owner[part.at] = part.root
        return self._owner
