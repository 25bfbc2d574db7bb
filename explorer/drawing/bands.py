"""Units → bands: one band per block of the network, found in the tree of module scopes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from explorer.drawing.fuse import UnitGraph

_LARGE = 16  # units; a scope larger than this is split into its children
_NUMBER = re.compile(r"\d+$")
_BARE = re.compile(r"[\d.]+")
_SHARED = 0.7  # share of the bands that must have a prefix before it is left out of their labels


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive units of one block: positions in drawing order, the module that holds them."""

    scope: str
    label: str
    units: tuple[int, ...]


def sections(graph: UnitGraph) -> list[Section]:
    """Consecutive units of the same block, in drawing order; directly at the top: no label."""
    opened = _opened(graph.scopes)
    blocks = [_block(unit.scope, opened) for unit in graph.units]
    runs: list[tuple[str, list[int]]] = []
    for position, block in enumerate(blocks):
        if not runs or runs[-1][0] != block:
            runs.append((block, []))
        runs[-1][1].append(position)
    prefix = common_prefix([block for block, _ in runs if block]) if graph.prefix is None else graph.prefix
    return [Section(block, _label(graph, run, block, prefix), tuple(run)) for block, run in runs]


def _label(graph: UnitGraph, run: list[int], block: str, prefix: str) -> str:
    """Its path, or those of all that it is drawn for."""
    first = graph.units[run[0]]
    equal = () if first.closed else first.copies
    return together([scope.removeprefix(prefix) for scope in equal]) if equal else block.removeprefix(prefix)


def together(names: Sequence[str]) -> str:
    """["layer3.1", …, "layer3.5"] → "layer3.1–5 ×5"."""
    first, last = names[0], names[-1]
    number = _NUMBER.search(last)
    alike = number and _NUMBER.sub("", first) == _NUMBER.sub("", last)
    return f"{first}–{number[0] if number and alike else last} ×{len(names)}"


def within(name: str, scope: str) -> str:
    """A path within its scope; a bare number with what it numbers: "0" of "layer1" tells nobody anything."""
    label, outer = name.removeprefix(f"{scope}."), scope
    while outer and _BARE.fullmatch(label):
        outer, _, part = outer.rpartition(".")
        label = f"{part}.{label}"
    return label


def _opened(scopes: Sequence[str]) -> set[str]:
    """Scopes that are shown as several blocks."""
    inside: Counter[str] = Counter()
    direct: Counter[str] = Counter(scopes)
    children: dict[str, set[str]] = {}
    for scope in scopes:
        path = _path(scope)
        inside.update(path)
        for outer, inner in pairwise(path):
            children.setdefault(outer, set()).add(inner)
    return {scope for scope in inside if _opens(scope, inside, direct, children.get(scope, set()))}


def _opens(scope: str, inside: Counter[str], direct: Counter[str], children: set[str]) -> bool:
    """Too large for one block, or nothing but blocks of its own."""
    if not children:
        return False
    only_blocks = len(children) > 1 and direct[scope] < 2 and all(inside[child] > 1 for child in children)
    return not scope or inside[scope] > _LARGE or only_blocks


def _block(scope: str, opened: set[str]) -> str:
    """The outermost scope around this one that is shown as one block."""
    path = _path(scope)
    return next((part for part in path if part not in opened), path[-1])


def _path(scope: str) -> list[str]:
    """ "a.b" → ["", "a", "a.b"]."""
    parts = scope.split(".") if scope else []
    return ["", *(".".join(parts[: depth + 1]) for depth in range(len(parts)))]


def common_prefix(blocks: list[str]) -> str:
    """The longest dotted prefix that most bands share, whose labels differ without it, too, and are no bare numbers."""
    prefixes = Counter(part + "." for block in blocks for part in _path(block)[1:-1])
    usual = [prefix for prefix, count in prefixes.items() if count >= _SHARED * len(blocks)]
    for prefix in sorted(usual, key=len, reverse=True):
        labels = [block.removeprefix(prefix) for block in dict.fromkeys(blocks)]
        if len(set(labels)) == len(labels) and not any(map(_BARE.fullmatch, labels)):
            return prefix
    return ""
