"""Attention that an adapter knows, put into a reading as one box between its layers.

What runs between queries, keys and values and the output layer takes channels apart into heads. The adapter says what
comes of it: as many channels go on, and the same positions must go from every head.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn
from torch_pruning import ops

from explorer.anatomy.attention import Attention
from explorer.anatomy.scopes import ModuleSpan, sequence_of
from explorer.backends.depgraph.torch_pruning.calls import Call
from explorer.backends.depgraph.torch_pruning.flows import SAME, ByHead, Flow, Fused, Shared
from explorer.backends.depgraph.torch_pruning.reading import Box, Edge, Reading


class Core(nn.Module):
    """Stands for everything between the layers of one attention."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.attention = attention


def put_heads(reading: Reading, found: Iterable[Attention], spans: Iterable[ModuleSpan]) -> None:
    """Put a box into each attention whose operations are as its adapter says."""
    spans = list(spans)
    for attention in found:
        if not attention.adapter.called:
            _replace_owner(reading, attention)
            continue
        output = reading.boxes.get(attention.layers[3])
        within = [span for span in spans if span.module == attention.path]
        for edge in list(output.arrivals if output else ()):
            region = _Region(reading, attention, edge, within)
            if region.fits():
                region.put()


class _Region:
    """The operations between queries, keys and values and one run of the output layer."""

    def __init__(self, reading: Reading, attention: Attention, last: Edge, within: list[ModuleSpan]) -> None:
        self._reading = reading
        self._attention = attention
        self._last = last
        self._within = within
        self._sources = [reading.boxes.get(layer) for layer in attention.layers[:3]]
        self._fns = {id(box): fn for fn, box in reading.operations.items()}
        around, self._apart = self._behind(last)
        self._inside = self._fed(around)
        arrivals = [edge for box in self._inside for edge in box.arrivals]
        self._entries = [edge for edge in arrivals if edge.source in self._sources]
        self._beside = [edge for edge in arrivals if edge.source not in (*self._sources, *self._inside)]

    def _behind(self, last: Edge) -> tuple[list[Box], list[Box]]:
        """Operations of this attention that lead to its result; and what leads to them from elsewhere."""
        inside: list[Box] = []
        apart: list[Box] = []
        pending = [last.source]
        while pending:
            box = pending.pop()
            if box in inside or box in self._sources:
                continue
            if id(box) in self._fns and self._runs_within(self._fns[id(box)]):
                inside.append(box)
                pending.extend(edge.source for edge in box.arrivals)
            else:
                apart.append(box)
        return inside, apart

    def _fed(self, around: list[Box]) -> dict[Box, Any]:
        """Those that queries, keys or values lead to, with autograd's nodes: what is added to products is not."""
        fed: dict[Box, Any] = {}
        for box in sorted(around, key=lambda one: sequence_of(self._fns[id(one)])):
            if any(edge.source in self._sources or edge.source in fed for edge in box.arrivals):
                fed[box] = self._fns[id(box)]
        return fed

    def fits(self) -> bool:
        """Whether nothing but the listed parts has a share in it, and nothing leaves it but the result."""
        known = self._attention
        listed = tuple(
            f"{known.path}.{name}.".lstrip(".") for name in (*known.adapter.beside, *known.adapter.norms)
        )
        entered = {edge.source for edge in self._entries}
        if self._last.source not in self._inside or any(source not in entered for source in self._sources):
            return False
        paths = [f"{box.path}." for box in self._apart if self._is_own(box)]
        if not all(listed and path.startswith(listed) for path in paths):
            return False
        leaves = [edge for box in self._inside for edge in box.departures if edge.target not in self._inside]
        if any(box.answer for box in self._inside) or leaves != [self._last]:
            return False
        return not known.adapter.square or all(
            len(source.arrivals) == 1 for source in self._sources if source
        )

    def put(self) -> None:
        """Put one box in the place of all that is inside."""
        core = Box(Core(self._attention), self._last.fn, None)
        core.type = ops.OPTYPE.MHA
        for entry in _once(self._entries):
            _connect(entry, core, self._flow(entry.source))
        if self._attention.adapter.square:
            for arrival in _once(edge for source in self._sources if source for edge in source.arrivals):
                _connect(arrival, core, SAME)
        for entry in self._entries:
            entry.source.departures.remove(entry)
        for edge in self._beside:
            self._join(edge, core)
        self._last.source, core.departures = core, [self._last]
        self._run(core)

    def _join(self, edge: Edge, core: Box) -> None:
        """Let the box read what comes from elsewhere; norms of one head at a time are no matter of heads."""
        known = self._attention
        whole = {id(scales): of_keys for scales, of_keys in known.whole_norms()}
        if id(edge.source.module) in whole:
            edge.source.departures.remove(edge)
            size, readers = known.shared
            _connect(edge, core, Shared(size, readers) if whole[id(edge.source.module)] else SAME)
        elif any(edge.source.module is own for norm in known.norms for own in norm.parameters()):
            edge.source.departures.remove(edge)
        else:
            edge.target, edge.loose = core, True
            edge.wall = f"'{known.path}' adds them to the products of its heads"
            core.arrivals.append(edge)

    def _flow(self, source: Box) -> Flow:
        """How what is read lies beside the queries."""
        if self._attention.adapter.by_head:
            return ByHead(3, lambda: self._attention.size)
        if (parts := self._attention.parts[self._sources.index(source)]) > 1:
            return Fused(parts, lambda: self._attention.width)
        size, readers = self._attention.shared
        return SAME if readers == 1 or source is self._sources[0] else Shared(size, readers)

    def _run(self, core: Box) -> None:
        """Let the box run where the last operation inside did."""
        reading, fn = self._reading, self._last.fn
        for box, inner in self._inside.items():
            del reading.boxes[box.module], reading.operations[inner]
            reading.seen.discard(inner)
            reading.into.pop(inner, None)
        reading.boxes[core.module] = core
        reading.seen.add(fn)
        call = Call(core.module, sequence_of(fn), sequence_of(fn), fn)
        reading.calls.claim(call)
        reading.into[call] = dict(enumerate(edge for edge in core.arrivals if not edge.loose))

    def _runs_within(self, fn: Any) -> bool:
        return any(span.start <= sequence_of(fn) < span.end for span in self._within)

    def _is_own(self, box: Box) -> bool:
        """Whether a box is a layer or a parameter of the attention itself."""
        return bool(box.path) and f"{box.path}.".startswith(f"{self._attention.path}.".lstrip("."))


def _replace_owner(reading: Reading, attention: Attention) -> None:
    """An owner that uses its layers' weights itself: its box becomes its layers with the heads between them."""
    owner = reading.boxes.get(attention.owner)
    if owner is None or len(owner.arrivals) != 1:
        return
    made, _, _, output = attention.layers
    first, last = (Box(layer, owner.grad_fn, reading.names[layer]) for layer in (made, output))
    core = Box(Core(attention), owner.grad_fn, None)
    core.type = ops.OPTYPE.MHA
    [arrival] = owner.arrivals
    _connect(arrival, core, SAME)
    arrival.target, first.arrivals = first, [arrival]
    _connect(Edge(first, owner.grad_fn, 0, core), core, SAME)
    core.arrivals[-1].flows = (Fused(3, lambda: attention.width),)
    _connect(Edge(core, owner.grad_fn, 0, last), last, SAME)
    last.arrivals[-1].flows = ()
    last.departures = owner.departures
    for edge in owner.departures:
        edge.source = last
    for call, into in reading.into.items():
        if isinstance(call, Call) and call.module is attention.owner:
            into[len(into)] = core.arrivals[0]
    reading.put(attention.owner, (last, core, first))


def _connect(edge: Edge, target: Box, flow: Flow) -> None:
    """The same tensor, read by another box."""
    made = Edge(edge.source, edge.fn, edge.number, target, flow)
    edge.source.departures.append(made)
    target.arrivals.append(made)


def _once(edges: Iterable[Edge]) -> Iterable[Edge]:
    """Each tensor once."""
    return {(id(edge.fn), edge.number): edge for edge in edges}.values()
