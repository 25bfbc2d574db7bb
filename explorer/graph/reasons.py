"""Why an axis is in a group, in words a person can check against the network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.anatomy.structure import TracedGroup, TracedItem
from explorer.graph.node_kinds import NodeBuilder
from explorer.values import Axis, NodeKind, ReasonKind

_TRANSPARENT = {NodeKind.ACTIVATION, NodeKind.POOL, NodeKind.RESHAPE, NodeKind.OTHER}
_NORMS = {NodeKind.BATCHNORM: "BatchNorm", NodeKind.LAYERNORM: "LayerNorm", NodeKind.GROUPNORM: "GroupNorm"}

Reason = tuple[ReasonKind, str]


class _Join(NamedTuple):
    """An operation that takes its inputs channel by channel together."""

    reason: ReasonKind
    name: str
    part: str


_JOINS = {
    NodeKind.ADD: _Join(ReasonKind.RESIDUAL, "residual sum", "summand"),
    NodeKind.MULTIPLY: _Join(ReasonKind.PRODUCT, "product", "factor"),
}


class Reasons:
    """The couplings of one group, each traced back to the node that causes it."""

    def __init__(self, drawn: NodeBuilder, group: TracedGroup) -> None:
        self._drawn = drawn
        self._group = group
        self._arrival = {item.node: item for item in reversed(group.items)}

    def of(self, item: TracedItem, is_root: bool) -> Reason:
        """Kind and sentence for one member."""
        if is_root:
            return (
                ReasonKind.ROOT,
                "Starting point of the group: every member loses the same channels.",
            )
        kind = self._drawn.kind(item.node)
        if self._passes_on(item.node) or kind in _OPERATIONS:
            return self._operation(item, kind)
        if kind is NodeKind.DEPTHWISE:
            return (
                ReasonKind.DEPTHWISE,
                "Depthwise: one filter per channel, so its input and output channels are the same.",
            )
        if kind is NodeKind.ATTENTION:
            return ReasonKind.ATTENTION, self._heads()
        if kind is NodeKind.PARAMETER:
            return (
                ReasonKind.PARAMETER,
                f"Holds one value per channel, combined with '{self._name(self.cause(item))}'.",
            )
        downstream = self._reads(item.node, self.cause(item))
        return self._reader(item, kind) if item.axis is Axis.IN or downstream else self._producer(item)

    def source(self, item: TracedItem) -> int:
        """The drawn node that this coupling comes from."""
        node, seen = item.source, set[int]()
        while not self._drawn.is_drawn(node) and node not in seen:
            seen.add(node)
            node = self._arrival[node].source if node in self._arrival else item.node
        return node if self._drawn.is_drawn(node) else item.node

    def cause(self, item: TracedItem) -> int:
        """The same, seen through activations, pooling and reshapes that pass channels on as they are."""
        node, seen = self.source(item), set[int]()
        while self._passes_on(node) and node in self._arrival and node not in seen:
            seen.add(node)
            node = self.source(self._arrival[node])
        return node

    # --- the sentences -----------------------------------------------------------------------------

    def _operation(self, item: TracedItem, kind: NodeKind) -> Reason:
        if (item.repeat or 1) > 1:
            return ReasonKind.FLATTEN, f"Flatten ×{item.repeat}: each channel becomes {item.repeat} features."
        if self._passes_on(item.node):
            return ReasonKind.ELEMENTWISE, "Works channel by channel, so it passes the removal on."
        if kind in _JOINS:
            join = _JOINS[kind]
            parts = f"{join.part}s must have the same channels"
            return join.reason, f"{join.name.capitalize()} of {self._inputs(item.node)}: {parts}."
        if kind is NodeKind.CONCAT:
            return ReasonKind.CONCAT, f"Concatenation: these channels start at offset {_offset(item)}."
        if kind is NodeKind.SPLIT:
            return ReasonKind.SPLIT, "Split: each part takes a slice of the channels."
        return ReasonKind.OUTPUT, "These channels leave the network as its answer."

    def _reader(self, item: TracedItem, kind: NodeKind) -> Reason:
        name, repeat = self._name(self.cause(item)), item.repeat or 1
        if repeat > 1:
            return (
                ReasonKind.FLATTEN,
                f"Flatten ×{repeat}: reads each channel of '{name}' as {repeat} features.",
            )
        if item.width and item.width > len(item.index):
            return (
                ReasonKind.CONCAT,
                f"Reads '{name}', a concatenation in which these channels start at offset {_offset(item)}.",
            )
        if kind in _NORMS:
            return ReasonKind.NORM, f"{_NORMS[kind]} follows '{name}': one scale and shift per channel."
        if (parts := self._drawn.conv_groups(item.node)) > 1:
            return (
                ReasonKind.CONV_GROUPS,
                f"Reads '{name}' in {parts} conv groups, which must lose the same positions.",
            )
        return ReasonKind.CONSUMER, f"Reads the channels that '{name}' outputs."

    def _producer(self, item: TracedItem) -> Reason:
        """The walk came up against the flow of data: why must this layer give out fewer channels?"""
        cause = self.cause(item)
        name, kind = self._name(cause), self._drawn.kind(cause)
        if kind in _JOINS:
            join = _JOINS[kind]
            sentence = (
                f"Its output is a {join.part} of the {join.name} '{name}', so it loses what the other loses."
            )
            return join.reason, sentence
        if kind is NodeKind.CONCAT:
            return (
                ReasonKind.CONCAT,
                f"Its output is one part of the concatenation '{name}', at offset {self._place_in(cause, item)}.",
            )
        if kind is NodeKind.DEPTHWISE:
            return ReasonKind.DEPTHWISE, f"Feeds the depthwise convolution '{name}' channel by channel."
        if kind is NodeKind.ATTENTION:
            return ReasonKind.ATTENTION, f"Feeds the attention '{name}'. {self._heads()}"
        if kind in _NORMS:
            return ReasonKind.NORM, f"{_NORMS[kind]} '{name}' scales its output channel by channel."
        if kind is NodeKind.PARAMETER:
            return (
                ReasonKind.PARAMETER,
                f"Its output is combined with the parameter '{name}', one value per channel.",
            )
        return ReasonKind.CONSUMER, f"Its output channels are what '{name}' reads."

    def _passes_on(self, node: int) -> bool:
        """Whether a node hands channels on as they come: also a concatenation along tokens, not channels."""
        if self._drawn.kind(node) is NodeKind.CONCAT:
            return not self._drawn.joins_channels(node)
        return self._drawn.kind(node) in _TRANSPARENT

    def _place_in(self, concat: int, item: TracedItem) -> int:
        """Where the channels of a part start in the concatenation."""
        whole = self._arrival[concat]
        return int(whole.index[np.isin(whole.root, item.root)].min(initial=whole.index.max()))

    def _heads(self) -> str:
        heads, size = self._group.heads, self._group.channels // self._group.heads
        goes = "they go whole" if self._group.whole else "the same positions go from every head"
        return f"{heads} attention heads of {size} channels: {goes}."

    def _inputs(self, node: int) -> str:
        return " and ".join(f"'{self._name(source)}'" for source in self._drawn.inputs(node))

    def _name(self, node: int) -> str:
        return self._drawn.id(node)

    def _reads(self, node: int, cause: int) -> bool:
        """Whether data flows from `cause` to `node` through nodes that pass channels on as they are."""
        pending, seen = [node], {node}
        while pending:
            for source in self._drawn.inputs(pending.pop()):
                if source == cause:
                    return True
                if source not in seen and self._passes_on(source):
                    seen.add(source)
                    pending.append(source)
        return False


_OPERATIONS = {NodeKind.ADD, NodeKind.MULTIPLY, NodeKind.CONCAT, NodeKind.SPLIT, NodeKind.OUTPUT}


def _offset(item: TracedItem) -> int:
    return int(item.index.min()) if item.index.size else 0
