"""Traced nodes -> the boxes that are drawn: which to keep, what to call them, what kind they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from torch import nn

from explorer.anatomy.structure import TracedNode
from explorer.values import LayerRow, Node, NodeKind

if TYPE_CHECKING:
    from explorer.backends.depgraph.torch_pruning import Trace

_LAYER_KINDS = {
    "conv": NodeKind.CONV,
    "depthwise_conv": NodeKind.DEPTHWISE,
    "linear": NodeKind.LINEAR,
    "bn": NodeKind.BATCHNORM,
    "ln": NodeKind.LAYERNORM,
    "gn": NodeKind.GROUPNORM,
    "in": NodeKind.GROUPNORM,
    "mha": NodeKind.ATTENTION,
    "embed": NodeKind.EMBEDDING,
    "parameter": NodeKind.PARAMETER,
    "prelu": NodeKind.ACTIVATION,
    "concat": NodeKind.CONCAT,
    "split": NodeKind.SPLIT,
    "unbind": NodeKind.SPLIT,
    "slice": NodeKind.SPLIT,
    "reshape": NodeKind.RESHAPE,
    "expand": NodeKind.RESHAPE,
    "output": NodeKind.OUTPUT,
}
_ACTIVATIONS = (
    "relu",
    "gelu",
    "silu",
    "hardswish",
    "hardsigmoid",
    "hardtanh",
    "sigmoid",
    "tanh",
    "elu",
    "softmax",
    "mish",
)
_POOLS = ("pool", "mean", "amax", "max")
_RESHAPES = (
    "view",
    "reshape",
    "permute",
    "transpose",
    "squeeze",
    "unsqueeze",
    "clone",
    "select",
    "flatten",
    "roll",
    "pad",
)
_NAMES = {"add": "+", "mul": "×", "cat": "concat", "view": "reshape"}
_SHARED_AXES = {
    NodeKind.DEPTHWISE,
    NodeKind.BATCHNORM,
    NodeKind.LAYERNORM,
    NodeKind.GROUPNORM,
    NodeKind.ATTENTION,
    NodeKind.ACTIVATION,
    NodeKind.POOL,
    NodeKind.PARAMETER,
    NodeKind.EMBEDDING,
    NodeKind.OTHER,
}


class NodeBuilder:
    """Decides what is drawn. Operations inside a layer (a linear's transpose, attention's products) are not."""

    def __init__(self, module: nn.Module, traced: Trace, rows: Mapping[str, LayerRow]) -> None:
        self._module = module
        self._rows = rows
        self._all = {node.key: node for node in traced.structure.nodes}
        self._spans = traced.scopes
        self._layers = {node.path for node in self._all.values() if node.path}
        self._leaf = {key: self._leaf_span(node) for key, node in self._all.items()}
        last_in_leaf = self._last_in_leaf()
        self.keys = sorted(
            (key for key, node in self._all.items() if node.path or self._stands_alone(key, last_in_leaf)),
            key=lambda key: self._order(self._all[key]),
        )
        self._kept = set(self.keys)
        self._inputs = {key: tuple(dict.fromkeys(self._drawn_sources(key))) for key in self.keys}
        self._kinds = {key: self._kind(self._all[key]) for key in self.keys}
        self._ids = self._named()

    def nodes(self, memberships: Mapping[str, Sequence[int]]) -> Iterator[Node]:
        """All boxes in the order of execution, each with the groups it is in."""
        for key in self.keys:
            yield self.node(key, tuple(memberships.get(self._ids[key], ())))

    def node(self, key: int, groups: tuple[int, ...] = ()) -> Node:
        """One box."""
        traced, row = self._all[key], self._rows.get(self._all[key].path or "")
        return Node(
            id=self._ids[key],
            label=self._label(key),
            kind=self._kinds[key],
            type=self._type(key),
            scope=self._scope(key),
            is_layer=traced.path is not None,
            in_channels=traced.in_channels,
            out_channels=traced.out_channels,
            weight_shape=row.weight_shape if row else None,
            output_shape=traced.output_shape,
            params=row.params if row else 0,
            macs=row.macs if row else 0,
            groups=groups,
        )

    def is_drawn(self, key: int) -> bool:
        """Whether a traced node has a box of its own."""
        return key in self._kept

    def inputs(self, key: int) -> tuple[int, ...]:
        """Boxes that this one reads, seen through everything that is not drawn."""
        return self._inputs[key]

    def id(self, key: int) -> str:
        """A box's id."""
        return self._ids[key]

    def path(self, key: int) -> str | None:
        """Dotted path of a layer or parameter; None for an operation."""
        return self._all[key].path

    def kind(self, key: int) -> NodeKind:
        """What a box is."""
        return self._kinds[key]

    def channels_of(self, key: int) -> int | None:
        """Channels of what an operation gives out: the last axis of token sequences, the second of images."""
        shape = self._all[key].output_shape
        return None if not shape or len(shape) < 2 else shape[-1] if len(shape) == 3 else shape[1]

    def joins_channels(self, key: int) -> bool:
        """Whether a concatenation puts channels side by side; along tokens or pixels it hands them on."""
        width = self.channels_of(key)
        return any(self.channels_of(source) not in (None, width) for source in self._all[key].inputs)

    def conv_groups(self, key: int) -> int:
        """Into how many independent parts a convolution is split; 1 for all other nodes, depthwise included."""
        path = self._all[key].path
        if self._kinds[key] is not NodeKind.CONV or path is None:
            return 1
        return int(self._module.get_submodule(path).groups)  # type: ignore[arg-type]

    def parts_of(self, keys: Iterable[int]) -> str:
        """What makes channels go in sets."""
        drawn = [key for key in keys if self.is_drawn(key)]
        kinds = {self._kinds[key] for key in drawn}
        if NodeKind.ATTENTION in kinds:
            return "attention heads"
        if any(self.conv_groups(key) > 1 for key in drawn):
            return "conv groups"
        return "norm groups" if NodeKind.GROUPNORM in kinds else "equal parts"

    def shares_axes(self, key: int) -> bool:
        """Whether input and output channels of this node are one and the same (an intra-layer coupling)."""
        return self._kinds[key] in _SHARED_AXES

    # --- which nodes are drawn ---------------------------------------------------------------------

    def _leaf_span(self, node: TracedNode) -> str | None:
        """The leaf module, or layer with weights, that ran this operation."""
        span = self._spans.innermost(node.sequence) if node.path is None and node.op != "output" else None
        if span is None:
            return None
        owners = [
            s.module
            for s in self._spans.spans
            if s.module in self._layers and s.start <= node.sequence < s.end
        ]
        return owners[0] if owners else (span.module if span.leaf else None)

    def _last_in_leaf(self) -> set[int]:
        """Of several operations in one run of one leaf, only the last is drawn."""
        last: dict[tuple[str, int], TracedNode] = {}
        for key, leaf in self._leaf.items():
            span = self._spans.innermost(self._all[key].sequence) if leaf else None
            if leaf and span:
                run = (leaf, span.start)
                if run not in last or last[run].sequence < self._all[key].sequence:
                    last[run] = self._all[key]
        return {node.key for node in last.values()}

    def _stands_alone(self, key: int, last_in_leaf: set[int]) -> bool:
        leaf = self._leaf[key]
        return (leaf is None or key in last_in_leaf) if leaf not in self._layers else False

    def _drawn_sources(self, key: int) -> Iterator[int]:
        pending, seen = list(self._all[key].inputs), {key}
        while pending:
            source = pending.pop(0)
            if source in seen:
                continue
            seen.add(source)
            if source in self._kept:
                yield source
            else:
                pending.extend(self._all[source].inputs)

    def _order(self, node: TracedNode) -> int:
        """Parameters are leaves of autograd with a huge number; they are drawn first."""
        return -1 if node.op == "parameter" else node.sequence

    # --- what they are called ----------------------------------------------------------------------

    def _kind(self, node: TracedNode) -> NodeKind:
        if node.op in _LAYER_KINDS:
            return _LAYER_KINDS[node.op]
        joins = len(self._inputs[node.key]) > 1
        if node.function in ("add", "sub") and joins:
            return NodeKind.ADD
        if node.function == "mul" and joins:
            return NodeKind.MULTIPLY
        if any(word in node.function for word in _ACTIVATIONS):
            return NodeKind.ACTIVATION
        if any(word in node.function for word in _POOLS):
            return NodeKind.POOL
        return NodeKind.RESHAPE if any(word in node.function for word in _RESHAPES) else NodeKind.OTHER

    def _named(self) -> dict[int, str]:
        names: dict[int, str] = {}
        used: dict[str, int] = {}
        for key in self.keys:
            base = (
                self._all[key].path
                or self._leaf[key]
                or f"{self._operation(key)}:{self._scope(key)}".rstrip(":")
            )
            used[base] = used.get(base, 0) + 1
            names[key] = base if used[base] == 1 else f"{base}#{used[base]}"
        return names

    def _operation(self, key: int) -> str:
        if self._kinds[key] is NodeKind.OUTPUT:
            return "output"
        return self._all[key].function or self._all[key].op

    def _label(self, key: int) -> str:
        path = self._all[key].path or self._leaf[key]
        return path.rpartition(".")[2] if path else _NAMES.get(self._operation(key), self._operation(key))

    def _type(self, key: int) -> str:
        path = self._all[key].path or self._leaf[key]
        if self._kinds[key] is NodeKind.PARAMETER:
            return "Parameter"
        return type(self._module.get_submodule(path)).__name__ if path else self._operation(key)

    def _scope(self, key: int) -> str:
        path = self._all[key].path or self._leaf[key]
        if path:
            return path.rpartition(".")[0]
        span = self._spans.innermost(self._all[key].sequence)
        return span.module if span else ""
