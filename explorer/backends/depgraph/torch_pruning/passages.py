"""How the channel axis passes through one operation, read from what autograd has saved of it.

Torch-Pruning takes nearly every operation for elementwise and looks at no axis. Here each operation says where the
channels come out, how they are numbered there, and where it cannot be followed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from explorer.backends.depgraph.torch_pruning.flows import SAME, Flow, Merge, Part, Shift, Size, Stretch

Shape = tuple[int, ...]
_ENDLESS = 2**63  # autograd tells negative numbers as if they had no sign


@dataclass(frozen=True)
class Carried:
    """A tensor that an operation reads: its shape, and which axis holds channels that are followed."""

    shape: Shape
    axis: int | None
    width: Size  # channels on that axis now
    why: str = ""  # why none is followed, as a clause


@dataclass(frozen=True)
class Wall:
    """Channels that come here cannot be followed further."""

    reason: str  # what the operation is, e.g. "a reshape that takes them apart"


Way = Flow | Wall | None  # None: the channels end here, and whoever reads on does not depend on them


@dataclass(frozen=True)
class Passage:
    """What an operation does to channels."""

    axis: int | None  # where they come out
    ways: Sequence[Way]  # parallel to the operation's inputs
    out: Callable[[int], Flow] = lambda number: SAME  # by output: a split numbers each anew
    width: Size | None = None  # channels on that axis; None: as many as the first input that is followed has


@dataclass(frozen=True)
class Operation:
    """One recorded operation."""

    fn: Any  # autograd's node
    inputs: Sequence[Carried | None]  # parallel to its next_functions; None: nothing that is followed
    shape: Shape  # of its first output
    whole: Size  # channels on its own axis now
    live: Callable[[Size], Size]  # makes a number that changes with pruning cheap to ask for

    @property
    def name(self) -> str:
        """Its name in autograd, lower case: "add", "view"."""
        return operation_name(self.fn)

    def saved(self, name: str) -> Any:
        """A number or tuple that autograd saved."""
        return _signed(getattr(self.fn, f"_saved_{name}"))

    def each(self, way: Callable[[Carried], tuple[int | None, Way]]) -> Passage:
        """Ask every input that carries channels; all must come out on one axis."""
        found = [(None, None) if given is None or given.axis is None else way(given) for given in self.inputs]
        axes = {axis for axis, _ in found if axis is not None}
        if len(axes) > 1:
            return self.wall("channels of different axes meet")
        return Passage(next(iter(axes), None), [way for _, way in found])

    def wall(self, reason: str) -> Passage:
        """Nothing gets through."""
        carried = [given is not None and given.axis is not None for given in self.inputs]
        return Passage(None, [Wall(reason) if carries else None for carries in carried])


def operation_name(fn: Any) -> str:
    """Autograd's name of a node without its suffix, lower case."""
    return str(fn.name()).rpartition("::")[2].partition("Backward")[0].lower()


def passage(operation: Operation) -> Passage:
    """What an operation does to the channels that it reads."""
    if not any(given is not None and given.axis is not None for given in operation.inputs):
        return Passage(None, [None] * len(operation.inputs))
    if reason := _OPAQUE.get(operation.name):
        return operation.wall(reason)
    return _RULES.get(operation.name, _elementwise)(operation)


# --- value by value ---------------------------------------------------------------------------------


def _elementwise(operation: Operation) -> Passage:
    """Shapes are aligned at their last axes."""
    found = operation.each(lambda given: _aligned(operation, given))
    blocked = [_met(operation, found.axis, number) for number in range(len(operation.inputs))]
    if found.axis is not None and any(blocked):
        return operation.wall(next(filter(None, blocked)))
    return found


def _aligned(operation: Operation, given: Carried) -> tuple[int | None, Way]:
    axis = given.axis - len(given.shape) + len(operation.shape)  # type: ignore[operator]
    before, behind = given.shape[given.axis], operation.shape[axis] if axis >= 0 else None  # type: ignore[index]
    if before == behind:
        return axis, SAME
    if before == 1:
        return None, None  # one value for all channels of the other
    return None, Wall(f"'{operation.name}' changes how many channels there are")


def _met(operation: Operation, axis: int | None, number: int) -> str:
    """Whether an input that is not followed holds a value of its own for each channel."""
    given = operation.inputs[number]
    if axis is None or (given is not None and given.axis is not None):
        return ""
    if given is not None:
        at = axis - len(operation.shape) + len(given.shape)
        return given.why or "channels meet values that cannot be followed" if at >= 0 and given.shape[at] > 1 else ""
    constant = _constant(operation, number)
    if constant is None:
        return ""
    at = axis - len(operation.shape) + len(constant)
    alone = at >= 0 and constant[at] > 1 and prod(constant) == constant[at]
    return "channels are multiplied by constants, one for each" if alone else ""


def _constant(operation: Operation, number: int) -> Shape | None:
    """Shape of a factor that no weight leads to."""
    if operation.name not in ("mul", "div") or len(operation.inputs) != 2 or operation.fn.next_functions[number][0]:
        return None
    factor = getattr(operation.fn, ("_saved_self", "_saved_other")[number], None)
    return tuple(factor.shape) if factor is not None else None


# --- axes moved, joined and taken apart -------------------------------------------------------------


def _permute(operation: Operation) -> Passage:
    dims = [dim % len(operation.shape) for dim in operation.saved("dims")]
    return operation.each(lambda given: (dims.index(given.axis), SAME))


def _transpose(operation: Operation) -> Passage:
    rank = len(operation.shape)
    first, second = (0, rank - 1) if operation.name == "t" else (operation.saved("dim0") % rank, operation.saved("dim1") % rank)
    swapped = {first: second, second: first}
    return operation.each(lambda given: (swapped.get(given.axis, given.axis), SAME))  # type: ignore[arg-type]


def _view(operation: Operation) -> Passage:
    return operation.each(lambda given: _reshaped(given, operation.shape))


def _reshaped(given: Carried, shape: Shape) -> tuple[int | None, Way]:
    """Follow one axis through a reshape: axes whose sizes have the same product belong together."""
    assert given.axis is not None
    for before, behind in _blocks(given.shape, shape):
        if given.axis in before:
            if len(behind) != 1:
                return None, Wall("a reshape takes the channels of a layer apart")
            at = before.index(given.axis)
            outer, inner = (prod(given.shape[axis] for axis in part) for part in (before[:at], before[at + 1 :]))
            return behind[0], SAME if outer == inner == 1 else Merge(outer, inner, given.width)
    return None, None if given.shape[given.axis] == 1 else Wall("a reshape mixes channels with other axes")


def _blocks(before: Shape, behind: Shape) -> list[tuple[list[int], list[int]]]:
    """Runs of axes longer than one, on both sides, that hold equally many values."""
    blocks: list[tuple[list[int], list[int]]] = []
    left = [axis for axis, size in enumerate(before) if size > 1]
    right = [axis for axis, size in enumerate(behind) if size > 1]
    while left and right:
        ours, theirs = [left.pop(0)], [right.pop(0)]
        while (mine := prod(before[axis] for axis in ours)) != (other := prod(behind[axis] for axis in theirs)):
            grown, source = (ours, left) if mine < other else (theirs, right)
            if not source:
                return blocks
            grown.append(source.pop(0))
        blocks.append((ours, theirs))
    return blocks


def _as_strided(operation: Operation) -> Passage:
    """Another layout in memory of the same values, as pooling gives images whose channels lie last."""
    if list(operation.saved("size")) != list(operation.shape) or (operation.saved("storage_offset") or 0):
        return operation.wall("parts of a tensor are written to")
    strides = [stride for size, stride in zip(operation.shape, operation.saved("stride"), strict=True) if size > 1]
    dense = [prod([size for size in operation.shape if size > 1][at + 1 :]) for at in range(len(strides))]
    if strides != dense or any(given is not None and given.shape != operation.shape for given in operation.inputs):
        return operation.wall("a tensor is read in another order")
    return operation.each(lambda given: (given.axis, SAME))


def _reduce(operation: Operation) -> Passage:
    """Sums, means and the like: over the channels themselves, they end here."""
    dims = getattr(operation.fn, "_saved_dim", None)
    if dims is None:
        return Passage(None, [None] * len(operation.inputs))
    keeps = bool(getattr(operation.fn, "_saved_keepdim", False))
    return operation.each(lambda given: _reduced(given, _signed(dims), keeps))


def _reduced(given: Carried, dims: int | Sequence[int], keeps: bool) -> tuple[int | None, Way]:
    rank = len(given.shape)
    gone = {dim % rank for dim in ((dims,) if isinstance(dims, int) else dims or range(rank))}
    if given.axis in gone:
        return None, None
    return given.axis - (0 if keeps else sum(dim < given.axis for dim in gone)), SAME  # type: ignore[operator]


def _cat(operation: Operation) -> Passage:
    dim = operation.saved("dim") % len(operation.shape)
    ends = _ends(operation, dim)

    def way(given: Carried) -> tuple[int | None, Way]:
        if given.axis != dim:
            return given.axis, SAME
        if ends is None:
            return None, Wall("channels are joined with parts whose sizes are unknown")
        number = next(n for n, other in enumerate(operation.inputs) if other is given)
        return dim, Shift(ends[number - 1] if number else _fixed(0), given.width)

    found = operation.each(way)
    return replace(found, width=ends[-1]) if ends and found.axis == dim else found


def _ends(operation: Operation, dim: int) -> list[Size] | None:
    """Where each part of a concatenation ends; None where the size of more than one is unknown."""
    known = sum(given.shape[dim] for given in operation.inputs if given is not None)
    if sum(given is None for given in operation.inputs) > 1:
        return None
    ends: list[Size] = [_fixed(0)]
    for given in operation.inputs:
        if given is not None and given.axis == dim:
            ends.append(operation.live(_sum(ends[-1], given.width)))
        else:
            size = operation.shape[dim] - known if given is None else given.shape[dim]
            ends.append(operation.live(_sum(ends[-1], _fixed(size))))
    return ends[1:]


def _fixed(size: int) -> Size:
    return lambda: size


def _sum(one: Size, other: Size) -> Size:
    return lambda: one() + other()


def _stack(operation: Operation) -> Passage:
    dim = operation.saved("dim") % len(operation.shape)
    return operation.each(lambda given: (given.axis + (given.axis >= dim), SAME))  # type: ignore[operator]


def _split(operation: Operation) -> Passage:
    [given] = operation.inputs
    assert given is not None
    dim = operation.saved("dim") % len(given.shape)
    if given.axis != dim:
        return Passage(given.axis, [SAME])
    if operation.name == "split" and given.shape[dim] % operation.saved("split_size") == 0:
        parts = given.shape[dim] // operation.saved("split_size")
        return Passage(dim, [SAME], lambda number: Part(number, parts, operation.whole))
    sizes = _sizes(operation, given.shape[dim])
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return Passage(dim, [SAME], lambda number: Stretch(starts[number], starts[number] + sizes[number]))


def _sizes(operation: Operation, total: int) -> list[int]:
    if operation.name != "split":
        return list(operation.saved("split_sizes"))
    size = operation.saved("split_size")
    return [min(size, total - start) for start in range(0, total, size)]


def _slice(operation: Operation) -> Passage:
    dim, start, stop, step = (operation.saved(name) for name in ("dim", "start", "end", "step"))

    def way(given: Carried) -> tuple[int | None, Way]:
        if given.axis != dim % len(given.shape):
            return given.axis, SAME
        first, last, _ = slice(start, stop).indices(given.shape[given.axis])
        return given.axis, Stretch(first, last, step)

    return operation.each(way)


def _without(operation: Operation) -> Passage:
    """One place of an axis is picked (select), or each becomes a tensor of its own (unbind)."""

    def way(given: Carried) -> tuple[int | None, Way]:
        dim = operation.saved("dim") % len(given.shape)
        if given.axis == dim:
            return None, Wall("single channels are picked")
        return given.axis - (given.axis > dim), SAME  # type: ignore[operator]

    return operation.each(way)


def _along(operation: Operation) -> Passage:
    """Whatever works along one axis leaves the others alone."""
    dims = getattr(operation.fn, "_saved_dim", getattr(operation.fn, "_saved_dims", ()))

    def way(given: Carried) -> tuple[int | None, Way]:
        worked = {dim % len(given.shape) for dim in _tuple(_signed(dims))}
        return (None, Wall(f"'{operation.name}' works across channels")) if given.axis in worked else (given.axis, SAME)

    return operation.each(way)


def _index(operation: Operation) -> Passage:
    """Picking by one tensor of places: the axes behind move by as many as it has, less one."""
    places = operation.fn._saved_indices
    picked = [axis for axis, index in enumerate(places) if index is not None]

    def way(given: Carried) -> tuple[int | None, Way]:
        if len(picked) != 1 or given.axis == picked[0]:
            return None, Wall("channels are picked by an index")
        return given.axis + (given.axis > picked[0]) * (places[picked[0]].dim() - 1), SAME  # type: ignore[operator]

    return operation.each(way)


# --- products of matrices ---------------------------------------------------------------------------


def _product(operation: Operation) -> Passage:
    """Rows and columns pass; what is summed over must be followed on both sides, and ends here."""
    first, second = operation.inputs[-2:]
    rank = len(operation.shape)
    summed = (_at(first, -1), _at(second, -2 if second is not None and len(second.shape) > 1 else -1))
    kept = (_at(first, -2), _at(second, -1) and second is not None and len(second.shape) > 1)
    if all(summed):
        ways: list[Way] = [SAME, SAME]
        axis = None
    elif any(summed) or all(kept) or not any(kept):
        return operation.wall("channels go into a product of matrices")
    else:
        axis = rank - (2 if kept[0] and rank > 1 and len(second.shape if second else ()) != 1 else 1)
        ways = [SAME if kept[0] else None, SAME if kept[1] else None]
    rest = [None if given is None or given.axis is None else Wall("a bias is added to a product of matrices") for given in operation.inputs[:-2]]
    return Passage(axis, [*rest, *ways])


def _at(given: Carried | None, place: int) -> bool:
    return given is not None and given.axis is not None and given.axis == len(given.shape) + place


def _signed(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_signed(one) for one in value)
    return value - 2 * _ENDLESS if isinstance(value, int) and value >= _ENDLESS else value


def _tuple(value: int | Sequence[int]) -> Sequence[int]:
    return (value,) if isinstance(value, int) else value


_RULES: dict[str, Callable[[Operation], Passage]] = {
    "permute": _permute,
    **dict.fromkeys(("transpose", "t"), _transpose),
    **dict.fromkeys(("view", "unsafeview", "reshapealias", "squeeze", "unsqueeze"), _view),
    **dict.fromkeys(
        ("sum", "mean", "amax", "amin", "max", "min", "var", "std", "prod", "linalgvectornorm", "norm", "logsumexp", "median"),
        _reduce,
    ),
    "asstrided": _as_strided,
    "cat": _cat,
    "stack": _stack,
    **dict.fromkeys(("split", "splitwithsizes", "unsafesplit", "unsafesplitwithsizes"), _split),
    "slice": _slice,
    **dict.fromkeys(("select", "unbind"), _without),
    **dict.fromkeys(
        ("softmax", "logsoftmax", "roll", "flip", "cumsum", "cumprod", "sort", "topk", "gather", "indexselect", "scatter", "scatteradd", "logcumsumexp", "cummax", "cummin"),
        _along,
    ),
    "index": _index,
    **dict.fromkeys(("mm", "bmm", "mv", "addmm", "baddbmm"), _product),
}
_OPAQUE = {
    **dict.fromkeys(("convolution", "convolutionoverrideable", "embedding", "trilinear"), "a layer is written as a plain function"),
    **dict.fromkeys(("nativebatchnorm", "cudnnbatchnorm", "nativegroupnorm"), "a norm is written as a plain function"),
    **dict.fromkeys(("copyslices", "indexput"), "parts of a tensor are written to"),
    **dict.fromkeys(("channelshuffle", "pixelshuffle", "pixelunshuffle", "im2col", "col2im", "glu"), "channels are rearranged"),
    **dict.fromkeys(("cdist", "dot", "fftr2c", "fftc2c", "fftc2r"), "channels are mixed"),
}
