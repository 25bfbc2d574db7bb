"""Operations that move, drop or pick along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from explorer.backends.depgraph.torch_pruning.flows import SAME, Flow, Fused, Merge
from explorer.backends.depgraph.torch_pruning.passages import (
    Carried,
    Operation,
    Passage,
    Shape,
    Wall,
    Way,
    elementwise,
)

FUNCTION = "a layer is written as a plain function"
NORM = "a norm is written as a plain function"

Axes = tuple[list[int], list[int]]  # axes before, and those that they become


def permute(operation: Operation) -> Passage:
    """Axes in another order."""
    dims = [dim % len(operation.shape) for dim in operation.saved("dims")]
    return operation.each(lambda given: (dims.index(given.axis), SAME))


def transpose(operation: Operation) -> Passage:
    """Two axes change places."""
    rank = len(operation.shape)
    first, second = operation.saved("dim0", 0) % rank, operation.saved("dim1", -1) % rank
    swapped = {first: second, second: first}
    return operation.each(lambda given: (swapped.get(given.axis, given.axis), SAME))


def view(operation: Operation) -> Passage:
    """Reshapes of every kind."""
    return operation.each(lambda given: _reshaped(given, operation.shape))


def _reshaped(given: Carried, shape: Shape) -> tuple[int | None, Way]:
    if given.shape[given.axis] == 1:
        return None, None
    for before, behind in _blocks(given.shape, shape):
        if given.axis in before:
            if len(behind) > 1:
                return _taken_apart(given, before, behind, shape)
            at = before.index(given.axis)
            outer = prod(given.shape[axis] for axis in before[:at])
            inner = prod(given.shape[axis] for axis in before[at + 1 :])
            return behind[0], SAME if outer == inner == 1 else Merge(outer, inner, given.width)
    return None, Wall("a reshape mixes channels with other axes")


def _taken_apart(
    given: Carried, before: Sequence[int], behind: Sequence[int], shape: Shape
) -> tuple[int | None, Way]:
    """Channels of images in equal parts, as for a shuffle: each part loses the same.

    Where they become pixels (channels, height, width), those of a pixel go together. Those of tokens become heads,
    whose size the network's code nearly always holds. Which it is, is a guess that the check of couplings confirms.
    """
    sizes = [shape[axis] for axis in behind]
    of_images, becomes_image = given.axis < len(given.shape) - 1, len(given.shape) == 2 and len(behind) > 2
    if len(before) > 1 or not (of_images or becomes_image):
        return None, Wall("a reshape takes the channels of a layer apart")
    if becomes_image or (len(sizes) == 3 and sizes[0] > sizes[1] == sizes[2]):
        each = prod(sizes[1:])
        return behind[0], Fused(1, lambda: given.width() // each, each)
    parts = prod(sizes[:-1])
    return behind[-1], Fused(parts, lambda: given.width() // parts)


def pixel_shuffle(operation: Operation) -> Passage:
    """Channels that lie beside each other become the pixels of one."""
    each = operation.saved("upscale_factor") ** 2
    return _folded(operation, lambda given: Fused(1, lambda: given.width() // each, each))


def pixel_unshuffle(operation: Operation) -> Passage:
    """Pixels that lie beside each other become channels."""
    each = operation.saved("downscale_factor") ** 2
    return _folded(operation, lambda given: Merge(1, each, given.width))


def _folded(operation: Operation, flow: Callable[[Carried], Flow]) -> Passage:
    def way(given: Carried) -> tuple[int | None, Way]:
        if given.axis == len(given.shape) - 3:
            return given.axis, flow(given)
        return None, Wall("channels are rearranged")

    return operation.each(way)


def _blocks(before: Shape, behind: Shape) -> list[Axes]:
    """Shortest runs of axes longer than one that hold equally many values on both sides."""
    blocks: list[Axes] = []
    left = [axis for axis, size in enumerate(before) if size > 1]
    right = [axis for axis, size in enumerate(behind) if size > 1]
    while left and right:
        ours, theirs = [left.pop(0)], [right.pop(0)]
        while (mine := _size(before, ours)) != (other := _size(behind, theirs)):
            short, rest = (ours, left) if mine < other else (theirs, right)
            if not rest:
                return blocks
            short.append(rest.pop(0))
        blocks.append((ours, theirs))
    return blocks


def _size(shape: Shape, axes: Sequence[int]) -> int:
    return prod(shape[axis] for axis in axes)


def filtered(operation: Operation) -> Passage:
    """A convolution written as a function: with constant weights, one filter for each channel, it keeps them."""
    image, weight = operation.inputs[:2]
    channels = operation.shape[1] if len(operation.shape) > 1 else 0
    by_channel = isinstance(image, Carried) and image.axis == 1 and image.shape[1] == channels
    if weight is not None or not by_channel or operation.saved("groups") != channels:
        return operation.wall(FUNCTION)
    each = prod(operation.saved("weight").shape[1:]) * prod(operation.shape) // channels
    return Passage(1, [SAME, *[None] * (len(operation.inputs) - 1)], macs=each)


def sampled(operation: Operation) -> Passage:
    """Images are read at places that another tensor gives: their channels stay."""
    images = operation.inputs[0]

    def way(given: Carried) -> tuple[int | None, Way]:
        if given is images and given.axis == 1:
            return 1, SAME
        return None, Wall("channels say where others are read", apart=given is not images)

    return operation.each(way)


def as_strided(operation: Operation) -> Passage:
    """The same values in another layout, as pooling gives out images whose channels lie last in memory."""
    longer = [size for size in operation.shape if size > 1]
    strides = [
        stride
        for size, stride in zip(operation.saved("size"), operation.saved("stride"), strict=True)
        if size > 1
    ]
    in_order = strides == [prod(longer[at + 1 :]) for at in range(len(longer))]
    same = all(given.shape == operation.shape for given in operation.carried)
    if not same or not in_order or operation.saved("storage_offset"):
        return operation.wall("a tensor is read in another order")
    return operation.each(lambda given: (given.axis, SAME))


def total(operation: Operation) -> Passage:
    """Sums and norms: taken over the channels themselves, these end here, for a silent channel adds nothing."""
    return _reduced(operation, None)


def average(operation: Operation) -> Passage:
    """Divided by how many channels there are, silent ones too; a norm of one's own divides by those that it has."""
    return total(operation) if operation.normed else extreme(operation)


def layer_norm(operation: Operation) -> Passage:
    """Over the last axes; as a plain function nobody says that it is meant to be of the channels there are."""
    image, axes = operation.inputs[0], len(operation.saved("normalized_shape"))
    across = isinstance(image, Carried) and image.axis >= len(image.shape) - axes
    return operation.wall(NORM) if across and not operation.normed else elementwise(operation)


def extreme(operation: Operation) -> Passage:
    """One value of all, or their product: a silent channel's zero may be it on one input, and not on the next."""
    return _reduced(operation, Wall(f"'{operation.name}' works across channels"))


def _reduced(operation: Operation, across: Wall | None) -> Passage:
    dims, keeps = operation.saved("dim"), bool(operation.saved("keepdim", False))

    def way(given: Carried) -> tuple[int | None, Way]:
        rank = len(given.shape)
        gone = {dim % rank for dim in _tuple(dims) or range(rank)}
        if given.axis in gone:
            return None, across
        return given.axis - (0 if keeps else sum(dim < given.axis for dim in gone)), SAME

    return operation.each(way)


def pick(operation: Operation) -> Passage:
    """One place of an axis is picked (select), or each becomes a tensor of its own (unbind)."""

    def way(given: Carried) -> tuple[int | None, Way]:
        dim = operation.saved("dim") % len(given.shape)
        if given.axis == dim:
            return None, Wall("single channels are picked")
        return given.axis - (given.axis > dim), SAME

    return operation.each(way)


def along(operation: Operation) -> Passage:
    """Whatever works along some axes leaves the others alone."""
    dims = _tuple(operation.saved("dims", operation.saved("dim")))

    def way(given: Carried) -> tuple[int | None, Way]:
        worked = {dim % len(given.shape) for dim in dims or range(len(given.shape))}
        if given.axis in worked:
            return None, Wall(f"'{operation.name}' works across channels")
        return given.axis, SAME

    return operation.each(way)


def spatial(operation: Operation, axes: int) -> Passage:
    """Pooling, padding and resizing work along so many last axes, and leave those before them alone."""

    def way(given: Carried) -> tuple[int | None, Way]:
        if given.axis >= len(given.shape) - axes:
            return None, Wall(f"'{operation.name}' works across channels")
        return given.axis, SAME

    return operation.each(way)


def index(operation: Operation) -> Passage:
    """Picking by one tensor of places: the axes behind move by as many as it has, less one."""
    places = operation.saved("indices")
    picked = [axis for axis, at in enumerate(places) if at is not None]

    def way(given: Carried) -> tuple[int | None, Way]:
        if len(picked) != 1 or given.axis == picked[0]:
            return None, Wall("channels are picked by an index")
        return given.axis + (given.axis > picked[0]) * (places[picked[0]].dim() - 1), SAME

    return operation.each(way)


def _tuple(value: int | Sequence[int] | None) -> Sequence[int]:
    return (value,) if isinstance(value, int) else value or ()
