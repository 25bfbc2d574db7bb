"""Trace a network with Torch-Pruning, and read what it found into plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch_pruning import ops
from torch_pruning.pruner import function

from explorer.anatomy.copies import state_kept
from explorer.anatomy.inputs import Example
from explorer.anatomy.scopes import ScopeRecorder, sequence_of
from explorer.anatomy.structure import Structure, TracedGroup, TracedItem, TracedNode
from explorer.backends.depgraph.torch_pruning.dependency_graph import Graph
from explorer.backends.depgraph.torch_pruning.heads import Core
from explorer.backends.depgraph.torch_pruning.parts import axis_of
from explorer.backends.depgraph.torch_pruning.patches import differentiable, library_errors
from explorer.values import Axis


@dataclass(frozen=True)
class Trace:
    """A traced network: its plain structure, its module spans, and the library's groups for scoring."""

    structure: Structure
    scopes: ScopeRecorder
    groups: tuple[Any, ...]  # torch_pruning Group, parallel to structure.groups


def trace(module: nn.Module, example_input: Example) -> Trace:
    """Trace one forward pass and list every coupled group.

    Args:
        module: in eval mode; left as it is.
        example_input: a batch it accepts.

    Raises:
        PruningError: if Torch-Pruning cannot trace or group the network within its bounds.
    """
    with library_errors("trace", module), state_kept(module), torch.enable_grad(), differentiable(module):
        library = Graph().build_dependency(module, example_input)
    with library_errors("group", module):
        groups = tuple(library.get_all_groups())
    structure = _plain(library, groups)
    _let_go(library, groups)
    return Trace(structure, library.scopes, groups)


def _let_go(library: Graph, groups: tuple[Any, ...]) -> None:
    """Forget what autograd recorded, and with it every activation: scoring asks for layers and indices only."""
    for box in library.module2node.values():
        box.grad_fn = None
        for linked in (box.arrivals, box.departures, box.dependencies):
            linked.clear()
    for dep, _ in (item for group in groups for item in group.items):
        dep.edge = None


def _plain(library: Any, groups: tuple[Any, ...]) -> Structure:
    keys = {node: key for key, node in enumerate(library.module2node.values())}
    nodes = tuple(_plain_node(library, node, keys) for node in keys)
    found = tuple(_plain_group(library, group, keys) for group in groups)
    return Structure(nodes, found, tuple(key for node, key in keys.items() if node.answer))


def _plain_node(library: Any, node: Any, keys: dict[Any, int]) -> TracedNode:
    grad_fn = node.grad_fn
    return TracedNode(
        key=keys[node],
        path=path_of(library, node),
        op=node.type.name.lower(),
        function=_function(node),
        sequence=sequence_of(grad_fn) if grad_fn is not None else 0,
        inputs=tuple(keys[edge.source] for edge in node.arrivals),
        in_channels=library.get_in_channels(node),
        out_channels=library.get_out_channels(node),
        output_shape=_output_shape(grad_fn),
        whole=node.whole,
        macs=node.macs,
        unread=node.unread,
    )


def _function(node: Any) -> str:
    if isinstance(node.module, Core):
        return "attention"
    return node.grad_fn.name().split("Backward")[0].lower() if node.grad_fn is not None else ""


def _output_shape(grad_fn: Any) -> tuple[int, ...] | None:
    """What a backward node takes in is shaped like what its forward gave out."""
    metadata = getattr(grad_fn, "_input_metadata", None)
    return tuple(int(size) for size in metadata[0].shape) if metadata else None


def _plain_group(library: Any, group: Any, keys: dict[Any, int]) -> TracedGroup:
    channels = len(group[0].idxs)
    items = tuple(_plain_item(library, item, keys, channels) for item in group.items)
    pattern = _pattern(library, group)
    return TracedGroup(channels, group.parts, items, pattern, group.wall, group.separable, group.whole)


def _pattern(library: Any, group: Any) -> str:
    """What isomorphic groups have in common, as BasePruner words it: the types that each coupling joins."""
    return "".join(
        f"{type(node.module)}_{axis_of(library, dep.handler)}"
        for dep, _ in group
        for node in (dep.source, dep.target)
    )


def _plain_item(library: Any, item: Any, keys: dict[Any, int], channels: int) -> TracedItem:
    dep, indices = item
    axis = axis_of(library, dep.handler)
    return TracedItem(
        node=keys[dep.target],
        source=keys[dep.source],
        axis=axis,
        pruning_fn=_function_name(library, dep),
        width=width_of(library, dep.target, axis),
        channels=channels,
        index=indices,
        root=item.root_idxs,
    )


def _function_name(library: Any, dep: Any) -> str:
    """The library's public name of a pruning function, e.g. ``prune_conv_out_channels``."""
    if not _NAMES:
        _NAMES.update(
            (one, name) for name, one in reversed(vars(function).items()) if name.startswith("prune_")
        )
    return _NAMES.get(dep.handler) or str(dep.handler.__name__)


_NAMES: dict[Any, str] = {}  # of the library's pruning functions


def width_of(library: Any, node: Any, axis: Axis) -> int | None:
    read = library.get_out_channels if axis is Axis.OUT else library.get_in_channels
    width = read(node)
    return None if width is None else int(width)


def path_of(library: Any, node: Any) -> str | None:
    if node.type == ops.OPTYPE.PARAMETER:
        return str(library._param_to_name[node.module])
    return library._module2name.get(node.module)
