"""The dependency graph and its coupled groups."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.network import Axis


class NodeKind(StrEnum):
    """What a box of the dependency graph is; decides how it is drawn."""

    CONV = "conv"
    DEPTHWISE = "depthwise"
    LINEAR = "linear"
    BATCHNORM = "batchnorm"
    LAYERNORM = "layernorm"
    GROUPNORM = "groupnorm"
    ATTENTION = "attention"
    EMBEDDING = "embedding"
    PARAMETER = "parameter"
    ACTIVATION = "activation"
    POOL = "pool"
    ADD = "add"
    MULTIPLY = "multiply"
    CONCAT = "concat"
    SPLIT = "split"
    RESHAPE = "reshape"
    OUTPUT = "output"
    OTHER = "other"


class ReasonKind(StrEnum):
    """Why two axes must lose the same channels."""

    ROOT = "root"
    CONSUMER = "consumer"  # reads what another layer produces
    NORM = "norm"  # BatchNorm / LayerNorm / GroupNorm follows its producer
    ELEMENTWISE = "elementwise"  # activation, pooling, dropout: channel by channel
    RESIDUAL = "residual"  # a sum makes both branches share channels
    PRODUCT = "product"  # a product (squeeze-excite gate) makes both share channels
    CONCAT = "concat"  # concatenated at an offset
    SPLIT = "split"  # a slice of the channels goes each way
    DEPTHWISE = "depthwise"  # one filter per channel: input and output are the same
    CONV_GROUPS = "conv_groups"  # grouped convolution: each group loses alike
    FLATTEN = "flatten"  # each channel becomes several features
    ATTENTION = "attention"  # heads share the embedding
    PARAMETER = "parameter"  # a bare nn.Parameter added or multiplied per channel
    OUTPUT = "output"  # leaves the network


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the dependency graph: a layer, or an operation between layers."""

    id: str  # unique; a layer's dotted path, or "add:layer1.0" for an operation
    label: str  # what is written in the box; without the scope
    kind: NodeKind
    type: str  # class or operation, e.g. "Conv2d", "add"
    scope: str  # dotted path of the enclosing module ("" at the top)
    is_layer: bool
    in_channels: int | None
    out_channels: int | None
    weight_shape: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    params: int
    macs: int
    groups: tuple[int, ...] = ()  # ids of the coupled groups this node is in
    # Why none of its output channels may go, in sentences; "" where some may, or it stores none
    stays: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flows from source to target (node ids)."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class IndexMap:
    """Which channels of a member go when channel k of the group goes.

    Nearly always ``offset + k*repeat .. offset + (k+1)*repeat``; `explicit` holds the rest.
    """

    offset: int = 0
    repeat: int = 1
    explicit: tuple[tuple[int, ...], ...] | None = None

    def of(self, channel: int) -> tuple[int, ...]:
        """Channels of the member that go with `channel` of the group."""
        if self.explicit is not None:
            return self.explicit[channel]
        start = self.offset + channel * self.repeat
        return tuple(range(start, start + self.repeat))


@dataclass(frozen=True, slots=True)
class Member:
    """One (layer, axis) of a coupled group, and the reason it is there."""

    node: str  # node id
    layer: str  # dotted path, or the operation's id
    axis: Axis
    pruning_fn: str  # Torch-Pruning's function, e.g. "prune_conv_out_channels"
    width: int  # channels of that axis in all; 0 for an operation that stores none
    index_map: IndexMap
    reason: ReasonKind
    why: str  # the reason in words
    source: str  # node id this coupling comes from
    inter_layer: bool  # False: within one layer (its input and output are one)
    schema: tuple[str, ...]  # the weight's shape with the allotted axis, e.g. ("64*", "3", "7", "7")


@dataclass(frozen=True, slots=True)
class Group:
    """The smallest unit that can be removed: axes that must lose the same channels."""

    id: int
    root: str  # node id; an accident of the traversal, carries no meaning
    channels: int
    heads: int  # > 1: channels go in sets, one from each of so many equal parts
    members: tuple[Member, ...]
    parts: str = ""  # what those parts are: "attention heads", "conv groups" or "norm groups"
    kept_because: str = ""  # "" : can be pruned
    separable: bool = False  # whether those parts are attention heads, each of which can go whole
    whole: bool = False  # whether they are heads that can only go whole

    @property
    def prunable(self) -> bool:
        """Whether channels of this group may go at all."""
        return not self.kept_because

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers with weights in this group, each once, in order."""
        return tuple(dict.fromkeys(m.layer for m in self.members if m.width))


@dataclass(frozen=True, slots=True)
class LayerGraph:
    """What is connected. Overlays (importance, plans, selection) are joined by node id."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError where there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)
