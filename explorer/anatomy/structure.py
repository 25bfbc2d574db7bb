"""A traced network as plain values: nodes, and groups of axes with their index arrays.

The one file that imports Torch-Pruning fills these in; drawing, reasons and
planning read them and need no library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.values import Axis

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class TracedNode:
    """A module, a bare parameter or an operation of the traced forward pass."""

    key: int
    path: str | None  # dotted path of a module or parameter; None for an operation
    op: str  # kind in Torch-Pruning's words: "conv", "bn", "elementwise", "concat", ...
    function: str  # an operation's autograd name without "Backward", lower case: "add", "relu"
    sequence: int  # order of execution
    inputs: tuple[int, ...]  # keys of the nodes it reads
    in_channels: int | None
    out_channels: int | None
    output_shape: tuple[int, ...] | None
    whole: str = ""  # why this layer can lose channels on neither side, as a clause; "" where it can
    macs: int = 0  # that a product of matrices in a module's own forward spends on each channel
    unread: bool = False  # whether nobody reads what it gives out


@dataclass(frozen=True)
class TracedItem:
    """One axis of one node in a group, with the channels that go with each channel of the root."""

    node: int
    source: int  # the node whose pruning triggers this one
    axis: Axis
    pruning_fn: str
    width: int | None  # channels on that axis; None where the node stores none
    channels: int  # of the group's root
    index: Indices  # channels of this axis, shape [n]
    root: Indices  # for each of them the root's channel, shape [n]

    @cached_property
    def repeat(self) -> int | None:
        """Channels that go here with each channel of the root; None where that varies, or for some it is none."""
        counts = np.bincount(self.root, minlength=self.channels)
        return int(counts[0]) if counts.size and (counts == counts[0]).all() else None


@dataclass(frozen=True)
class TracedGroup:
    """Axes that must lose the same channels, in the library's order; the first item numbers them."""

    channels: int
    heads: int  # > 1: the same positions go from each of so many equal parts
    items: tuple[TracedItem, ...]
    pattern: str = ""  # the same for groups of the same make-up
    wall: str = ""  # why its channels cannot be followed to their end, as a clause
    separable: bool = False  # whether those parts are attention heads, each of which can go whole
    whole: bool = False  # whether they are heads that can only go whole

    @property
    def lead(self) -> TracedItem:
        """The first layer that gives its channels out: where attention's heads number them, not the first item."""
        outputs = (item for item in self.items if item.axis is Axis.OUT and item.width is not None)
        return next(outputs, self.items[0])


@dataclass(frozen=True)
class Structure:
    """What a trace found."""

    nodes: tuple[TracedNode, ...]
    groups: tuple[TracedGroup, ...]
    answers: tuple[
        int, ...
    ] = ()  # keys of the nodes whose results the network hands out, also if read further on
