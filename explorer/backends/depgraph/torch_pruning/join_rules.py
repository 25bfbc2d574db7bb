"""Operations that put tensors side by side or take one apart."""

from __future__ import annotations

from dataclasses import replace

from explorer.backends.depgraph.torch_pruning.flows import SAME, Fused, Part, Shift, Size, Stretch
from explorer.backends.depgraph.torch_pruning.passages import Carried, Operation, Passage, Wall, Way


def cat(operation: Operation) -> Passage:
    """Channels side by side, or tensors along another axis."""
    dim = operation.saved("dim") % len(operation.shape)
    ends = _ends(operation, dim)

    def way(given: Carried) -> tuple[int | None, Way]:
        if given.axis != dim:
            return given.axis, SAME
        if not ends:
            return None, Wall("channels are joined with parts whose sizes are unknown")
        number = next(n for n, other in enumerate(operation.inputs) if other is given)
        return dim, Shift(ends[number], given.width)

    found = operation.each(way)
    return replace(found, width=ends[-1]) if ends and found.axis == dim else found


def _ends(operation: Operation, dim: int) -> list[Size]:
    """Where each part of a concatenation starts, and where the last one ends; [] where that cannot be told.

    Constants have no size in the record: those that lie beside each other share what the others leave.
    """
    left = operation.shape[dim] - sum(given.shape[dim] for given in operation.inputs if given is not None)
    constant = [number for number, given in enumerate(operation.inputs) if given is None]
    if constant and constant[-1] - constant[0] >= len(constant):
        return []
    ends: list[Size] = [lambda: 0]
    for number, given in enumerate(operation.inputs):
        if isinstance(given, Carried) and given.axis == dim:
            ends.append(operation.live(_sum(ends[-1], given.width)))
        else:
            size = given.shape[dim] if given is not None else left * (number == constant[0])
            ends.append(operation.live(_more(ends[-1], size)))
    return ends


def _sum(one: Size, other: Size) -> Size:
    return lambda: one() + other()


def _more(one: Size, size: int) -> Size:
    return lambda: one() + size


def stack(operation: Operation) -> Passage:
    """Tensors along a new axis."""
    dim = operation.saved("dim") % len(operation.shape)
    return operation.each(lambda given: (given.axis + (given.axis >= dim), SAME))


def split(operation: Operation) -> Passage:
    """Equal parts, or parts whose sizes the network's code holds."""
    given = next(operation.carried)
    dim = operation.saved("dim") % len(given.shape)
    if given.axis != dim:
        return Passage(given.axis, [SAME])
    total, size = given.shape[dim], operation.saved("split_size")
    if size and total % size == 0:
        return Passage(dim, [SAME], lambda number: Part(number, total // size, operation.whole))
    sizes = operation.saved("split_sizes") or [min(size, total - start) for start in range(0, total, size)]
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return Passage(dim, [SAME], lambda number: Stretch(starts[number], starts[number] + sizes[number]))


def cut(operation: Operation) -> Passage:
    """A slice."""
    dim, start, stop, step = (operation.saved(name) for name in ("dim", "start", "end", "step"))

    def way(given: Carried) -> tuple[int | None, Way]:
        if given.axis != dim % len(given.shape):
            return given.axis, SAME
        first, last, _ = slice(start, stop).indices(given.shape[given.axis])
        return given.axis, Stretch(first, last, step)

    return operation.each(way)


def glu(operation: Operation) -> Passage:
    """One half gates the other: both lose the same."""
    dim = operation.saved("dim") % len(operation.shape)

    def way(given: Carried) -> tuple[int | None, Way]:
        return given.axis, Fused(2, lambda: given.width() // 2) if given.axis == dim else SAME

    return operation.each(way)
