"""Follow the channels of every layer through what was read, and note on each edge how they pass or why they stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from explorer.anatomy.scopes import sequence_of
from explorer.backends.depgraph.torch_pruning.calls import Call
from explorer.backends.depgraph.torch_pruning.flows import SAME, Flow, Size
from explorer.backends.depgraph.torch_pruning.layer_kinds import channel_axis, passes_on
from explorer.backends.depgraph.torch_pruning.passages import (
    Carried,
    Given,
    Operation,
    Passage,
    Shape,
    Unknown,
    Wall,
)
from explorer.backends.depgraph.torch_pruning.reading import Box, Edge, Reading
from explorer.backends.depgraph.torch_pruning.rules import passage


class Tracker:
    """Axes and numbers of channels, operation by operation in the order in which they ran.

    Args:
        reading: its edges are filled in.
        widths: channels that the box of a layer or parameter gives out now.
        live: makes a number that changes with pruning cheap to ask for.
        where: says in which module an operation ran.
        place: the path of that module.
        own: paths of layers of one's own.
        norms: paths of norms.
    """

    def __init__(
        self,
        reading: Reading,
        widths: Callable[[Box], int],
        live: Callable[[Size], Size],
        where: Callable[[Any], str],
        place: Callable[[Any], str],
        own: Collection[str],
        norms: Collection[str],
    ) -> None:
        self._reading = reading
        self._widths = widths
        self._live = live
        self._where = where
        self._place = place
        self._own, self._norms = own, norms
        self._passages: dict[Any, Passage] = {}  # by autograd's node
        self._sizes: dict[Any, Size] = {}  # channels on its axis now
        self._why: dict[Any, str] = {}  # why none are followed in what it gives out
        self._entered: set[Call] = set()

    def track(self, watched: Collection[Any] = ()) -> None:
        """Fill in all edges.

        Args:
            watched: autograd's nodes of results that something read unrecorded, or keeps. Where no answer depends on
                them otherwise, they count as one.
        """
        for fn in sorted(self._reading.seen, key=sequence_of):
            call = self._reading.calls.of(fn)
            if call is None:
                self._operate(fn)
            elif call not in self._entered:
                self._entered.add(call)
                self._enter(call)
        self._answer(watched)

    def _answer(self, watched: Collection[Any]) -> None:
        """Of what nobody reads, and what leads there alone, let those count as answers whose channels were read."""
        apart = {box for box in self._reading.operations.values() if box.unread}
        for fn in sorted(self._reading.operations, key=sequence_of, reverse=True):
            box = self._reading.operations[fn]
            if box.unread or (box.departures and all(edge.target in apart for edge in box.departures)):
                apart.add(box)
                box.answer = box.answer or (fn in watched and self._passages[fn].axis is not None)

    def _operate(self, fn: Any) -> None:
        into = self._reading.into.get(fn, {})
        given = [self._given(fn, place) for place in range(len(fn.next_functions))]
        self._sizes[fn] = self._live(lambda: self._width(fn))
        owner = self._place(fn)
        own, norm = owner in self._own, owner in self._norms
        found = passage(Operation(fn, given, _shape(fn, 0), self._sizes[fn], self._live, own, norm))
        self._passages[fn] = found
        self._reading.operations[fn].macs = found.macs
        for place, edge in into.items():
            way = found.ways[place]
            if isinstance(way, Wall):
                known = way.reason == _first_why(given)  # a clause that another input came with
                self._stop(edge, way.reason if known else f"{self._where(fn)} {way.reason}")
                edge.loose = way.apart
            elif way is not None:
                edge.flows = self._flows(edge, way)
        if found.axis is None:
            self._why[fn] = next((edge.wall for edge in into.values() if edge.wall), _first_why(given))

    def _enter(self, call: Call) -> None:
        """What a layer reads, and the axis on which it gives out its own channels."""
        box = self._reading.given_out.get(call.module) or self._reading.boxes[call.module]
        axis = None
        for place, edge in self._reading.into.get(call, {}).items():
            given = self._given(call, place)
            if not box.whole and isinstance(given, Carried) and given.axis == _expected(call, given):
                axis, edge.flows = given.axis, self._flows(edge, edge.way)
            else:
                why = given.why if isinstance(given, Unknown) else ""
                self._stop(edge, box.whole or why or f"'{box.path}' reads along another axis")
        if passes_on(call.module) and axis is None and not box.whole:
            box.whole = f"'{box.path}' hands on channels that come from no layer that may lose any"
        if call.exit is not None:
            found = None if box.whole else channel_axis(call.module, _shape(call.exit, 0), axis)
            self._passages[call.exit] = Passage(found, [])
            self._sizes[call.exit] = lambda: self._widths(box)
            self._why[call.exit] = box.whole

    def _given(self, reader: Any, place: int) -> Given:
        """What one of the inputs of an operation, or of a layer's run, brings along."""
        edge = self._reading.into.get(reader, {}).get(place)
        if edge is None:
            shape = self._reading.raw.get(reader, {}).get(place)
            return None if shape is None else Unknown(shape, "channels meet the network's own input")
        if hasattr(edge.fn, "variable"):
            shape = tuple(edge.fn.variable.shape)
            return Carried(shape, edge.source.pruning_dim % len(shape), lambda: self._widths(edge.source))
        return self._from(edge)

    def _from(self, edge: Edge) -> Given:
        found, shape = self._passages.get(edge.fn), _shape(edge.fn, edge.number)
        if found is None:
            self._stop(edge, f"'{edge.source.path}' gives out more than one result")
        if found is None or found.axis is None:
            edge.ended = found is not None
            return Unknown(_unspread(edge.fn, shape), edge.wall or self._why.get(edge.fn, ""))
        out, size = found.out(edge.number), self._sizes[edge.fn]
        return Carried(shape, found.axis, self._live(lambda: out.width(size())))

    def _flows(self, edge: Edge, way: Flow) -> tuple[Flow, ...]:
        found = self._passages.get(edge.fn)
        out = SAME if found is None else found.out(edge.number)
        return tuple(flow for flow in (out, way) if flow is not SAME)

    def _width(self, fn: Any) -> int:
        """Channels on an operation's own axis."""
        found = self._passages[fn]
        if found.width is not None:
            return found.width()
        for place in self._reading.into.get(fn, {}):
            way, given = found.ways[place], self._given(fn, place)
            if isinstance(way, Flow) and isinstance(given, Carried):
                return way.width(given.width())
        return 0

    def _stop(self, edge: Edge, reason: str) -> None:
        edge.flows, edge.wall = self._flows(edge, SAME), edge.wall or reason


def _unspread(fn: Any, shape: Shape) -> Shape:
    """Where one value was spread over an axis, as a norm over channels is: it is the same for all of them."""
    if not fn.name().startswith("Expand"):
        return shape
    before = tuple(fn._saved_self_sym_sizes)
    return (1,) * (len(shape) - len(before)) + before


def _expected(call: Call, given: Carried) -> int:
    return channel_axis(call.module, given.shape, given.axis)


def _first_why(given: Sequence[Given]) -> str:
    return next((one.why for one in given if isinstance(one, Unknown) and one.why), "")


def _shape(fn: Any, number: int) -> Shape:
    """What a backward node takes in is shaped like what its forward gave out."""
    return tuple(int(size) for size in fn._input_metadata[number].shape)
