"""What one operation does to the channels that it reads: where they come out, and how they are numbered there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from explorer.backends.depgraph.torch_pruning.flows import SAME, Flow, Size

Shape = tuple[int, ...]
_ENDLESS = 2**63  # autograd tells negative numbers as if they had no sign


@dataclass(frozen=True)
class Carried:
    """A tensor that an operation reads, with channels that are followed."""

    shape: Shape
    axis: int  # on which they lie
    width: Size  # how many there are now


@dataclass(frozen=True)
class Unknown:
    """A tensor that an operation reads, without any that are followed."""

    shape: Shape
    why: str  # as a clause; "" where it has none


@dataclass(frozen=True)
class Wall:
    """Channels that come here cannot be followed further."""

    reason: str  # as a clause, e.g. "a reshape takes the channels of a layer apart"
    # Whether the operation's other channels pass it by: what comes out is not numbered by these.
    apart: bool = False


Given = Carried | Unknown | None  # None: no weight leads here
Way = Flow | Wall | None  # None: the channels end here, and whoever reads on does not depend on them


@dataclass(frozen=True)
class Passage:
    """What an operation does to channels."""

    axis: int | None  # where they come out; None: nowhere
    ways: Sequence[Way]  # parallel to the operation's inputs
    out: Callable[[int], Flow] = lambda number: SAME  # by output: a split numbers each anew
    width: Size | None = None  # channels on that axis; None: as many as the first input that is followed has
    macs: int = 0  # for each channel, of a product of matrices


@dataclass(frozen=True)
class Operation:
    """One recorded operation."""

    fn: Any  # autograd's node
    inputs: Sequence[Given]  # parallel to its next_functions
    shape: Shape  # of its first output
    whole: Size  # channels on its own axis now
    live: Callable[[Size], Size]  # makes a number that changes with pruning cheap to ask for
    owned: bool = False  # whether it belongs to a layer of one's own, with its weight
    normed: bool = False  # whether it belongs to a norm, whose statistics are of the channels there are

    @property
    def name(self) -> str:
        """Its name in autograd, lower case: "add", "view"."""
        return str(self.fn.name()).rpartition("::")[2].partition("Backward")[0].lower()

    @property
    def carried(self) -> Iterator[Carried]:
        """Its inputs that carry channels."""
        return (given for given in self.inputs if isinstance(given, Carried))

    def saved(self, name: str, default: Any = None) -> Any:
        """A number or tuple that autograd saved."""
        return _signed(getattr(self.fn, f"_saved_{name}", default))

    def each(self, way: Callable[[Carried], tuple[int | None, Way]]) -> Passage:
        """Ask of every input that carries channels; all must come out on one axis."""
        found = [way(given) if isinstance(given, Carried) else (None, None) for given in self.inputs]
        axes = {axis for axis, _ in found if axis is not None}
        if len(axes) > 1:
            return self.wall("channels of different axes meet")
        return Passage(next(iter(axes), None), [way for _, way in found])

    def wall(self, reason: str) -> Passage:
        """Nothing gets through."""
        return Passage(None, [Wall(reason) if isinstance(given, Carried) else None for given in self.inputs])


def elementwise(operation: Operation) -> Passage:
    """Shapes are aligned at their last axes."""
    found = operation.each(lambda given: _aligned(operation, given))
    reasons = (_met(operation, found.axis, number) for number in range(len(operation.inputs)))
    blocked = next(filter(None, reasons), "")
    return operation.wall(blocked) if blocked else found


def _aligned(operation: Operation, given: Carried) -> tuple[int | None, Way]:
    axis = given.axis - len(given.shape) + len(operation.shape)
    before, behind = given.shape[given.axis], operation.shape[axis] if axis >= 0 else None
    if before == behind:
        return axis, SAME
    if before == 1:
        return None, None  # one value for all channels of the other
    return None, Wall(f"'{operation.name}' changes how many channels there are")


def _met(operation: Operation, axis: int | None, number: int) -> str:
    """Whether an input that is not followed holds a value of its own for each channel; then why it matters."""
    given = operation.inputs[number]
    if axis is None or isinstance(given, Carried):
        return ""
    shape = given.shape if given is not None else _constant(operation, number)
    at = axis - len(operation.shape) + len(shape)
    if at < 0 or shape[at] == 1:
        return ""
    if given is not None:
        return given.why or "channels meet values that cannot be followed"
    # Where one factor has as many values as the whole result, it may as well be the mask of a dropout.
    one_each = prod(shape) == shape[at] < prod(operation.shape)
    return "channels are multiplied by constants, one for each" if one_each else ""


def _constant(operation: Operation, number: int) -> Shape:
    """Shape of a factor that no weight leads to; () where there is none."""
    leads = operation.fn.next_functions[number][0]
    if operation.name not in ("mul", "div") or len(operation.inputs) != 2 or leads:
        return ()
    factor = getattr(operation.fn, ("_saved_self", "_saved_other")[number], None)
    return tuple(factor.shape) if factor is not None else ()


def _signed(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_signed(one) for one in value)
    return value - 2 * _ENDLESS if isinstance(value, int) and value >= _ENDLESS else value
