"""Which blocks of a network are equal and follow each other: one of them can stand for all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from explorer.drawing.bands import Section, sections
from explorer.drawing.fuse import UnitGraph
from explorer.values import Group, LayerGraph, Member, Node

_NAME = re.compile(r"'[^']*'")

Run = tuple[Section, ...]  # equal sections, one behind the other


def runs(units: UnitGraph, graph: LayerGraph) -> list[Run]:
    """Blocks that repeat: alike in layers, shapes, data flow and pattern of groups, names apart."""
    found = sections(units)
    flow = _Flow(units, found)
    alike = _Likeness(units, graph)
    repeated: list[Run] = []
    for _, same in groupby(range(len(found)), key=lambda at: alike.of(found[at])):
        repeated += [tuple(found[at] for at in run) for run in flow.chains(list(same))]
    return repeated


class _Flow:
    """The data flow between sections, as positions within them."""

    def __init__(self, units: UnitGraph, found: Sequence[Section]) -> None:
        place = {unit: (at, p) for at, section in enumerate(found) for p, unit in enumerate(section.units)}
        # (section, position), own position
        self._into: list[set[tuple[int, int, int]]] = [set() for _ in found]
        # Reading section -> positions that it reads
        self._read: list[dict[int, set[int]]] = [{} for _ in found]
        self._named = [bool(section.scope) for section in found]
        for source, target in units.edges:
            (a, p), (b, q) = place[source], place[target]
            if a != b:
                self._into[b].add((a, p, q))
                self._read[a].setdefault(b, set()).add(p)

    def chains(self, alike: list[int]) -> Iterator[list[int]]:
        """Parts of consecutive equal sections in which each reads the one before, and nothing else does."""
        while alike:
            length = self._length(alike)
            if length > 1:
                yield alike[:length]
            alike = alike[max(1, length) :]

    def _length(self, alike: list[int]) -> int:
        """How many of them, from the first on, can be drawn as one."""
        first, length = alike[0], 1
        if not self._named[first]:
            return 1
        while length < len(alike) and self._joined(alike[length - 1], alike[length], first):
            length += 1
        read = self._exported(alike[length - 1])  # of the last block of a network nothing
        return length if not read or read == self._exported(first) else length - 1

    def _joined(self, before: int, at: int, first: int) -> bool:
        """Whether one section reads only the one before, which only it reads, as the first reads what is before."""
        only = set(self._read[before]) == {at} and {source for source, _, _ in self._into[at]} == {before}
        return only and self._entries(at) == self._entries(first)

    def _entries(self, at: int) -> list[list[int]]:
        """Which positions read the same output from outside."""
        sources: dict[tuple[int, int], list[int]] = {}
        for section, position, own in sorted(self._into[at]):
            sources.setdefault((section, position), []).append(own)
        return sorted(sources.values())

    def _exported(self, at: int) -> set[int]:
        return set().union(*self._read[at].values())


class _Likeness:
    """What a section is made of, without its names."""

    def __init__(self, units: UnitGraph, graph: LayerGraph) -> None:
        self._units = units
        self._members: dict[str, list[tuple[Group, Member]]] = {}
        for group in graph.groups:
            for member in group.members:
                self._members.setdefault(member.node, []).append((group, member))
        self._reach = {group.id: {member.node for member in group.members} for group in graph.groups}

    def of(self, section: Section) -> object:
        """Equal for sections that differ in names and weights only."""
        place = {unit: position for position, unit in enumerate(section.units)}
        nodes = {node.id for unit in section.units for node in self._units.units[unit].nodes}
        numbers: dict[int, int] = {}
        boxes = tuple(
            tuple(self._node(node, section, nodes, numbers) for node in self._units.units[unit].nodes)
            for unit in section.units
        )
        flow = frozenset((place[a], place[b]) for a, b in self._units.edges if a in place and b in place)
        return boxes, flow

    def _node(self, node: Node, section: Section, inside: set[str], numbers: dict[int, int]) -> object:
        own = (node.kind, node.type, node.label, node.scope.removeprefix(section.scope), node.is_layer)
        sizes = (node.in_channels, node.out_channels, node.weight_shape, node.output_shape)
        costs = (node.params, node.macs, _NAME.sub("", node.stays))
        members = tuple(
            (member.axis, member.pruning_fn, member.width, member.index_map, member.schema, of_group)
            for group, member in sorted(self._members.get(node.id, []), key=_without_names)
            for of_group in [self._group(group, inside, numbers)]
        )
        return own, sizes, costs, members

    def _group(self, group: Group, inside: set[str], numbers: dict[int, int]) -> tuple[object, ...]:
        """A group that reaches further is itself; one that does not is told by what it is."""
        if not self._reach[group.id] <= inside:
            return ("shared", group.id)
        kept = _NAME.sub("", group.kept_because)
        number = numbers.setdefault(group.id, len(numbers))
        return number, group.channels, group.heads, group.parts, group.separable, kept


def _without_names(held: tuple[Group, Member]) -> tuple[object, ...]:
    """An order of a node's groups that does not depend on where in the network it stands."""
    group, member = held
    return member.axis, group.channels, len(group.members), member.width, repr(member.index_map)
