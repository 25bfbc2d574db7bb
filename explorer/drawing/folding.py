"""What of a large network is drawn as one: repeated blocks as one of them, closed modules as one box.

As little as it takes for the drawing to be read where it is seen; a person opens and closes the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from explorer.drawing.bands import Section, common_prefix, sections
from explorer.drawing.columns import zoom_at_fit
from explorer.drawing.fuse import Fused, UnitGraph
from explorer.drawing.repeats import Run, runs
from explorer.values import LayerGraph

_READABLE = 0.78  # zoom at which all that is written can be read
_LEGIBLE = 0.6  # zoom at which names, drawn larger then, can be; lines between columns take some of the room


@dataclass(frozen=True, slots=True)
class Folds:
    """What a person changed of what is drawn as one, by the scopes of blocks; of repeated ones, of the first."""

    toggled: frozenset[str] = frozenset()  # closed where it would be open, and the other way round
    unrolled: frozenset[str] = frozenset()  # repeated blocks that are drawn one by one


AT_FIRST = Folds()  # nothing was changed


def folded(units: UnitGraph, graph: LayerGraph, canvas: tuple[float, float], folds: Folds) -> UnitGraph:
    """The units as they are drawn.

    Args:
        units: of the whole network.
        graph: what they are made of.
        canvas: width and height of where the drawing will be seen.
        folds: what a person changed.
    """
    blocks = sections(units)
    if zoom_at_fit(units, canvas) >= _READABLE:
        return _drawn(units, blocks, [], folds.toggled)
    repeated = runs(units, graph)
    rolled = [run for run in repeated if run[0].scope not in folds.unrolled]
    apart = [run for run in repeated if run[0].scope in folds.unrolled]
    closed = _each(repeated, _to_close(units, blocks, repeated, canvas)) ^ _each(rolled, folds.toggled)
    unrolled = {run[0].scope: len(run) for run in apart}
    prefix = common_prefix([block.scope for block in blocks if block.scope])
    return replace(_drawn(units, blocks, rolled, closed), unrolled=unrolled, prefix=prefix)


def _each(repeated: Iterable[Run], names: frozenset[str]) -> frozenset[str]:
    """The names, and those of the blocks that equal one of them."""
    copies = (section.scope for run in repeated if run[0].scope in names for section in run)
    return names | frozenset(copies)


def _to_close(
    units: UnitGraph, blocks: Sequence[Section], repeated: Sequence[Run], canvas: tuple[float, float]
) -> frozenset[str]:
    """The largest blocks, all of one size together, until the rest is legible."""
    closed: frozenset[str] = frozenset()
    sizes = {block.scope: len(block.units) for block in blocks if block.scope and len(block.units) > 1}
    for size in sorted(set(sizes.values()), reverse=True):
        if zoom_at_fit(_drawn(units, blocks, repeated, closed), canvas) >= _LEGIBLE:
            break
        closed |= {name for name, count in sizes.items() if count == size}
    return closed


def _drawn(
    units: UnitGraph, blocks: Iterable[Section], rolled: Iterable[Run], closed: frozenset[str]
) -> UnitGraph:
    """Equal blocks as the first of them, without what runs from one to the next; closed ones as one box."""
    stands = list(range(len(units.units)))  # unit -> the one that stands for it
    copy: dict[int, tuple[str, ...]] = {}  # unit -> its run and its place there
    copies: dict[int, tuple[str, ...]] = {}
    for run in rolled:
        scopes = tuple(section.scope for section in run)
        for section in run:
            for own, unit in zip(run[0].units, section.units, strict=True):
                stands[unit], copies[own], copy[unit] = own, scopes, (run[0].scope, section.scope)
    shut: dict[int, str] = {}
    for block in blocks:
        if block.scope in closed and len(block.units) > 1:
            first = stands[block.units[0]]
            shut.setdefault(first, block.scope)
            stands = [first if unit in block.units else own for unit, own in enumerate(stands)]
    within = [(a, b) for a, b in units.edges if not _hands_on(copy.get(a), copy.get(b))]
    return _merged(units, stands, within, copies, shut)


def _hands_on(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    """Whether a line runs from one copy of a block to the next."""
    return one is not None and other is not None and one[0] == other[0] and one != other


def _merged(
    units: UnitGraph,
    stands: Sequence[int],
    edges: Iterable[tuple[int, int]],
    copies: dict[int, tuple[str, ...]],
    shut: dict[int, str],
) -> UnitGraph:
    """One unit for all that the same one stands for."""
    parts: dict[int, list[Fused]] = {unit: [] for unit in sorted(set(stands))}
    for unit, own in enumerate(stands):
        parts[own].append(units.units[unit])
    place = {unit: position for position, unit in enumerate(parts)}
    made = tuple(
        Fused(tuple(node for part in own for node in part.nodes), copies.get(unit, ()), shut.get(unit, ""))
        for unit, own in parts.items()
    )
    moved = ((place[stands[a]], place[stands[b]]) for a, b in edges)
    return replace(units, units=made, edges=tuple(dict.fromkeys((a, b) for a, b in moved if a != b)))
