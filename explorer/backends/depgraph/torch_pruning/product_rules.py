"""Products of two matrices, also of many at once: rows, columns, and what is summed over."""

from __future__ import annotations

from math import prod

from explorer.backends.depgraph.torch_pruning.flows import SAME
from explorer.backends.depgraph.torch_pruning.passages import Carried, Given, Operation, Passage, Wall, Way

MET = "channels go into a product of matrices"
TWO = "channels of different axes meet in a product of matrices"


def product(operation: Operation) -> Passage:
    """Channels on rows or columns stay there; what is summed over ends here, and both matrices lose the same of it."""
    if operation.owned:
        return operation.wall(MET)
    last = len(operation.shape) - 1
    left, right = (None if _is_single(given) else given for given in operation.inputs)
    if _lie_on(left, last) and _lie_on(right, last - 1):
        return Passage(None, [SAME, SAME], macs=prod(operation.shape))
    passed = [_lie_on(left, last - 1), _lie_on(right, last)]
    if all(passed):
        return _of_two(operation)
    ways = [_way(given, on) for given, on in zip((left, right), passed, strict=True)]
    if not any(passed):
        return Passage(None, ways)
    axis = last - passed[0]
    through = next(given for given, on in zip((left, right), passed, strict=True) if on)
    assert isinstance(through, Carried)
    summed = through.shape[last if passed[0] else last - 1]
    return Passage(axis, ways, macs=summed * prod(operation.shape) // operation.shape[axis])


def _of_two(operation: Operation) -> Passage:
    """Rows and columns are both channels: the more are followed, as where few maps of attention pool many features."""
    rows, columns = operation.shape[-2:]
    if rows == columns:
        return operation.wall(TWO)
    summed = next(operation.carried).shape[-1]
    ways: list[Way] = [SAME, SAME]
    ways[int(rows > columns)] = Wall(TWO, apart=True)
    axis = len(operation.shape) - (2 if rows > columns else 1)
    return Passage(axis, ways, macs=summed * prod(operation.shape) // operation.shape[axis])


def _is_single(given: Given) -> bool:
    """Whether there is one channel: it stays, and says nothing of others."""
    return isinstance(given, Carried) and given.shape[given.axis] == 1


def attention(operation: Operation) -> Passage:
    """torch's own function: queries, keys and values lose the same of each head."""
    shapes = [given.shape for given in operation.carried]
    if len(shapes) < 3 or any(given.axis != len(given.shape) - 1 for given in operation.carried):
        return operation.wall(MET)
    return Passage(
        len(operation.shape) - 1,
        [SAME if isinstance(given, Carried) else None for given in operation.inputs],
        macs=2 * shapes[1][-2] * prod(operation.shape[:-1]),
    )


def _lie_on(given: Given, axis: int) -> bool:
    return isinstance(given, Carried) and given.axis == axis


def _way(given: Given, passed: bool) -> Way:
    if passed:
        return SAME
    return Wall(MET) if isinstance(given, Carried) else None
