"""Into how many equal parts a group's channels fall that must lose the same positions."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from torch import nn
from torch_pruning import ops

from explorer.anatomy.structure import Indices
from explorer.backends.depgraph.torch_pruning.groups import Group
from explorer.backends.depgraph.torch_pruning.heads import Core
from explorer.values import Axis

ALL_TOGETHER = "all of its channels would have to go together"


def settle_parts(group: Group, library: Any) -> None:
    """Work out the parts of a full group, or why it has none.

    Two divisors on one group need their least common multiple; the library takes the larger one.
    """
    channels = len(group[0].idxs)
    if not channels:
        group.wall = group.wall or f"'{group[0].dep.target.path}' has no channels at all"
        return
    if heads := _rotated(group, library):
        group.parts, group.whole = heads, not group.wall
        if heads == 1 or channels % heads:
            group.wall = group.wall or ALL_TOGETHER
        return
    period = gcd(channels, group.apart)
    for item in group.items:
        module, axis = item.dep.target.module, axis_of(library, item.dep.handler)
        if (parts := parts_of(module, axis)) > 1 and not group.wall:
            width = (
                module.attention.width if isinstance(module, Core) else library.width(item.dep.target, axis)
            )
            apart = _root_period(item.idxs, item.root_idxs, width, width // parts)
            if not apart:
                group.wall = f"'{item.dep.target.path}' works on parts of its channels, and only some are in this group"
            period = gcd(period, apart)
    if period == 1 < channels and not group.wall:
        group.wall = ALL_TOGETHER
    group.parts = channels // period
    group.separable = not group.wall and not group.apart and _is_of_heads(group, library)


def _rotated(group: Group, library: Any) -> int:
    """Heads of attention that can only go whole, with all that share keys; 0 where the group has no such attention."""
    modules = [(item.dep.target.module, axis_of(library, item.dep.handler)) for item in group.items]
    of_parts = [module for module, axis in modules if parts_of(module, axis) > 1 or isinstance(module, Core)]
    rotated = [one for one in of_parts if isinstance(one, Core) and one.attention.adapter.rotated]
    if rotated and len(of_parts) > 1:
        group.wall = (
            group.wall or f"'{rotated[0].attention.path}' loses whole heads, and others in this group do not"
        )
    return rotated[0].attention.heads if rotated else 0


def _is_of_heads(group: Group, library: Any) -> bool:
    """Whether the parts of a group are the heads of one attention, to whose products nothing is added by head."""
    of_parts = [
        item
        for item in group.items
        if parts_of(item.dep.target.module, axis_of(library, item.dep.handler)) > 1
    ]
    cores = [item.dep.target for item in of_parts if isinstance(item.dep.target.module, Core)]
    attentions = {core.module.attention for core in cores}
    return (
        len(cores) == len(of_parts)
        and len(attentions) == 1
        and attentions.pop().adapter.separable
        and not any(edge.loose for core in cores for edge in core.arrivals)
        and all(np.array_equal(item.idxs, item.root_idxs) for item in of_parts)
    )


def axis_of(library: Any, handler: Any) -> Axis:
    """Where a function prunes both axes at once (BatchNorm, depthwise), the axis is called OUT."""
    return Axis.OUT if library.is_out_channel_pruning_fn(handler) else Axis.IN


def parts_of(module: Any, axis: Axis) -> int:
    """Into how many parts a layer divides the channels of an axis itself."""
    if isinstance(module, nn.MultiheadAttention):
        return module.num_heads
    if isinstance(module, Core):
        return module.attention.heads
    if isinstance(module, ops.TORCH_CONV) and module.groups != module.out_channels:
        return module.groups
    return module.num_groups if isinstance(module, nn.GroupNorm) else 1


def _root_period(index: Indices, root: Indices, width: int, period: int) -> int:
    """How far apart roots lie whose channels lie `period` apart on an axis; 0 where that cannot be said."""
    each = int((root == root[0]).sum())
    first = np.sort(index[root == root[0]])
    run = int((first == first[0] + np.arange(each)).sum())  # a flatten puts so many beside each other
    return period // run if len(index) == width and period % run == 0 else 0
