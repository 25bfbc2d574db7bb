"""One forward pass read into boxes: layers, bare parameters and operations, and which reads which.

Boxes, and the order in which they are found, are Torch-Pruning's own; but what runs inside a layer is part of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch_pruning import ops
from torch_pruning.dependency.node import Node

from explorer.anatomy.scopes import sequence_of
from explorer.backends.depgraph.torch_pruning.calls import Call, Calls
from explorer.backends.depgraph.torch_pruning.flows import SAME, Flow


class Box(Node):
    """A node of the library's, with what flows in and out of it."""

    def __init__(self, module: Any, fn: Any, name: str | None) -> None:
        super().__init__(module, fn, name)
        self.arrivals: list[Edge] = []
        self.departures: list[Edge] = []
        self.path = name or ""
        self.whole = ""  # why a layer cannot lose channels, as a clause; "" where it can
        self.answer = False  # whether the network gives it out
        self.unread = False  # whether nobody reads its result
        self.macs = 0  # that a product of matrices spends on each channel


@dataclass(eq=False)
class Edge:
    """A tensor that one box gives to another."""

    source: Box
    fn: Any  # autograd's node that gives it out
    number: int  # which of its outputs
    target: Box
    way: Flow = SAME  # how a layer that reads it numbers its channels
    loose: bool = False  # whether the target depends on none of its channels
    flows: tuple[Flow, ...] | None = None  # None: channels end here
    wall: str = ""  # why nothing on either side of it may lose channels
    ended: bool = False  # whether the source sums its channels up: none come out


@dataclass
class Reading:
    """What one forward pass consists of.

    Args:
        calls: the runs of the layers.
        names: module -> dotted path.
        bare: parameters that no layer holds -> the axis that Torch-Pruning prunes them along.
        held: identity of every other parameter -> the layers that hold it.
        given: autograd's nodes of the network's own inputs.
        made: those of all results.
    """

    calls: Calls
    names: Mapping[Any, str]
    bare: Mapping[Tensor, int]
    held: Mapping[int, list[nn.Module]]
    given: Collection[Any] = ()
    made: Collection[Any] = ()
    boxes: dict[Any, Box] = field(default_factory=dict)  # by module, parameter or operation
    operations: dict[Any, Box] = field(default_factory=dict)  # by autograd's node
    seen: set[Any] = field(default_factory=set)  # all of autograd's nodes
    # Operation or run of a layer -> place -> edge
    into: dict[Any, dict[int, Edge]] = field(default_factory=dict)
    # The same -> shape of a network's input
    raw: dict[Any, dict[int, tuple[int, ...]]] = field(default_factory=dict)
    # Module that other boxes stand for -> the last of them
    given_out: dict[nn.Module, Box] = field(default_factory=dict)
    # Layers whose weights something outside of them reads
    abroad: set[nn.Module] = field(default_factory=set)

    def read(self, outputs: Iterable[Tensor]) -> Reading:
        """Find everything behind some outputs, in the order in which Torch-Pruning finds it."""
        for output in outputs:
            if output.grad_fn is not None:
                self._box(output.grad_fn, output).answer = True
                self._walk(output.grad_fn)
        exits = {call.exit: call for call in reversed(self.calls) if call.exit is not None}
        for fn in sorted({*self.made, *exits}, key=sequence_of, reverse=True):
            self._read_end(fn, exits.get(fn))
        return self

    def _read_end(self, fn: Any, call: Call | None) -> None:
        """What no output depends on, the last first: layers, and results of layers or products that nobody reads."""
        if call and call.module not in self.boxes:
            self._known(call.module, fn).answer = True  # whoever reads it does so unrecorded
            self._walk(fn)
        elif fn not in self.seen and self.calls.of(fn) is None and self._spends(fn):
            self._box(fn).unread = True
            self._walk(fn)

    def _spends(self, last: Any) -> bool:
        """Whether a layer or a product of matrices leads to an operation, and to none that was read before."""
        pending, found = [last], {last}
        while pending:
            fn = pending.pop()
            if self.calls.of(fn) is not None or "mmBackward" in fn.name():
                return True
            sources = {source for source, _ in fn.next_functions if source is not None}
            fresh = {source for source in sources if source not in found and source not in self.seen}
            found |= fresh
            pending += fresh
        return False

    def _walk(self, last: Any) -> None:
        pending: list[Any] = [last]
        while pending:
            fn = pending.pop()
            if fn in self.seen:
                continue
            self.seen.add(fn)
            for place, (source, number) in enumerate(fn.next_functions):
                if source in self.given:
                    shape = tuple(source._input_metadata[number].shape)
                    self.raw.setdefault(self.calls.of(fn) or fn, {})[place] = shape
                elif source is not None and hasattr(source, "variable"):
                    self._parameter(source, fn, place)
                elif source is not None:
                    self._connect(self._box(source), source, number, fn, place)
                    pending.append(source)

    def _box(self, fn: Any, output: Tensor | None = None) -> Box:
        call = self.calls.of(fn)
        if call is not None:
            return self._known(call.module, call.exit or fn)
        if fn not in self.operations:
            number = len(self.operations)
            module = _stand_in(fn, number) if output is None else ops._OutputOp(number, output.shape)
            self.operations[fn] = self._known(module, fn)
        return self.operations[fn]

    def _known(self, module: Any, fn: Any) -> Box:
        if module not in self.boxes:
            self.boxes[module] = Box(module, fn, self.names.get(module))
        return self.boxes[module]

    def _parameter(self, leaf: Any, reader: Any, place: int) -> None:
        parameter, call = leaf.variable, self.calls.of(reader)
        if call is not None and any(parameter is own for own in call.module.parameters()):
            return
        self.abroad.update(self.held.get(id(parameter), ()))
        if parameter in self.bare:
            box = self._known(parameter, leaf)
            box.pruning_dim = self.bare[parameter]
            self._connect(box, leaf, 0, reader, place)

    def _connect(self, source: Box, fn: Any, number: int, reader: Any, place: int) -> None:
        call = self.calls.of(reader)
        if call is not None and self.calls.of(fn) is call:
            return
        into = self.into.setdefault(call or reader, {})
        if call is not None:  # a layer may read one tensor several times
            place = _place(into, fn, number)
        if place in into:
            return
        edge = into[place] = Edge(source, fn, number, self._box(reader))
        source.departures.append(edge)
        edge.target.arrivals.append(edge)

    def put(self, owner: nn.Module, boxes: Sequence[Box]) -> None:
        """Put several boxes in the place of one; what comes out of it comes out of the first."""
        self.given_out[owner] = boxes[0]
        found = list(self.boxes.items())
        place = list(self.boxes).index(owner)
        found[place : place + 1] = [(box.module, box) for box in boxes]
        self.boxes = dict(found)


def _place(into: Mapping[int, Edge], fn: Any, number: int) -> int:
    same = (at for at, edge in into.items() if edge.fn is fn and edge.number == number)
    return next(same, len(into))


_KINDS = (  # part of an operation's name -> the library's kind of node
    ("catbackward", ops._ConcatOp),
    ("split", ops._SplitOp),
    ("unbind", ops._UnbindOp),
    ("expand", ops._ExpandOp),
    ("view", ops._ReshapeOp),
    ("reshape", ops._ReshapeOp),
)


def _stand_in(fn: Any, number: int) -> nn.Module:
    """The library's placeholder for an operation."""
    name = fn.name().lower()
    kind = next((kind for part, kind in _KINDS if part in name), None)
    if kind is not None:
        return kind(number)
    if "slice" in name and hasattr(fn, "_saved_step"):
        return ops._SliceOp(number, fn)
    return ops._ElementWiseOp(number, fn.name())
