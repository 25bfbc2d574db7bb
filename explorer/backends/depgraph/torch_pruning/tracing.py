"""Trace a network with Torch-Pruning, and read what it found into plain values."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch_pruning import ops
from torch_pruning.pruner import function

from explorer.anatomy.copies import state_kept
from explorer.anatomy.inputs import Example, call, tensors_in
from explorer.anatomy.scopes import ScopeRecorder, sequence_of
from explorer.anatomy.structure import Structure, TracedGroup, TracedItem, TracedNode
from explorer.backends.depgraph.torch_pruning.patches import (
    GROUPING_SECONDS,
    BoundedGroup,
    differentiable,
    frozen_index_mappings,
    library_errors,
)
from explorer.values import Axis

ROOTS = (ops.TORCH_CONV, ops.TORCH_LINEAR, ops.TORCH_LSTM)  # BasePruner's own default


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
    scopes = ScopeRecorder()
    answers: list[int] = []

    def forward(traced: nn.Module, example: Example) -> list[Tensor]:
        found = differentiable_answers(traced, example)
        answers.extend(sequence_of(tensor.grad_fn) for tensor in found)
        return found

    with (
        library_errors("trace"),
        state_kept(module),
        torch.enable_grad(),
        differentiable(module),
        scopes.recording(module),
    ):
        library = tp.DependencyGraph().build_dependency(
            module, example_input, forward_fn=forward, verbose=False
        )
    with library_errors("group"), frozen_index_mappings(), BoundedGroup.time_limit(GROUPING_SECONDS):
        groups = tuple(library.get_all_groups(root_module_types=ROOTS))
    structure = _plain(library, groups, answers)
    for node in library.module2node.values():  # lets go of the activations that autograd keeps
        node.grad_fn = None
    return Trace(structure, scopes, groups)


def differentiable_answers(module: nn.Module, example: Example) -> list[Tensor]:
    """What the library traces from: every output that autograd follows, however they are nested."""
    return [tensor for tensor in tensors_in(call(module, example)) if tensor.grad_fn is not None]


def _plain(library: Any, groups: tuple[Any, ...], answers: Collection[int]) -> Structure:
    keys = {node: key for key, node in enumerate(library.module2node.values())}
    nodes = tuple(_plain_node(library, node, keys) for node in keys)
    found = tuple(_plain_group(library, group, keys) for group in groups)
    return Structure(nodes, found, tuple(node.key for node in nodes if node.sequence in answers))


def _plain_node(library: Any, node: Any, keys: dict[Any, int]) -> TracedNode:
    grad_fn = node.grad_fn
    return TracedNode(
        key=keys[node],
        path=path_of(library, node),
        op=node.type.name.lower(),
        function=grad_fn.name().split("Backward")[0].lower() if grad_fn is not None else "",
        sequence=sequence_of(grad_fn) if grad_fn is not None else 0,
        inputs=tuple(keys[source] for source in node.inputs),
        in_channels=library.get_in_channels(node),
        out_channels=library.get_out_channels(node),
        output_shape=_output_shape(grad_fn),
    )


def _output_shape(grad_fn: Any) -> tuple[int, ...] | None:
    """What a backward node takes in is shaped like what its forward gave out."""
    metadata = getattr(grad_fn, "_input_metadata", None)
    return tuple(int(size) for size in metadata[0].shape) if metadata else None


def _plain_group(library: Any, group: Any, keys: dict[Any, int]) -> TracedGroup:
    channels = len(group[0].idxs)
    items = tuple(_plain_item(library, item, keys, channels) for item in group.items)
    return TracedGroup(channels, _heads(library, group), items, _pattern(library, group))


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
        index=np.asarray(indices, dtype=np.int64),
        root=np.asarray(item.root_idxs, dtype=np.int64),
    )


def _function_name(library: Any, dep: Any) -> str:
    """The library's public name of a pruning function, e.g. ``prune_conv_out_channels``."""
    for name, candidate in vars(function).items():
        if name.startswith("prune_") and candidate == dep.handler:
            return name
    return str(dep.handler.__name__)


def axis_of(library: Any, handler: Any) -> Axis:
    """Where a function prunes both axes at once (BatchNorm, depthwise), the axis is called OUT."""
    return Axis.OUT if library.is_out_channel_pruning_fn(handler) else Axis.IN


def width_of(library: Any, node: Any, axis: Axis) -> int | None:
    read = library.get_out_channels if axis is Axis.OUT else library.get_in_channels
    width = read(node)
    return None if width is None else int(width)


def path_of(library: Any, node: Any) -> str | None:
    if node.type == ops.OPTYPE.PARAMETER:
        return str(library._param_to_name[node.module])
    return library._module2name.get(node.module)


def _heads(library: Any, group: Any) -> int:
    """How many equal parts must lose alike, so that each layer of the group loses as many in each of its own."""
    return math.lcm(*(_parts(dep.target.module, axis_of(library, dep.handler)) for dep, _ in group))


def _parts(module: Any, axis: Axis) -> int:
    if isinstance(module, nn.MultiheadAttention):
        return module.num_heads
    if isinstance(module, ops.TORCH_CONV) and module.groups != module.out_channels:
        return module.groups
    return module.num_groups if isinstance(module, nn.GroupNorm) else 1
