"""From DepGraph's groups to SparseML: masks on what a group couples, held against really removing its channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.counting import total_params
from explorer.anatomy.network import Network
from explorer.anatomy.surgery import slice_channels
from explorer.anatomy.verifying import output_difference, zeroing_difference, zeroing_note
from explorer.backends.bench import Bench
from explorer.backends.sparseml.layers import candidates, weight_of
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.values import Axis, Group, MaskType, Member, Modifier, RemovalCheck, SparseOptions
from explorer.values.errors import PruningError

SHIFTS = (
    "SparseML zeroes weights only: biases and BatchNorm's shifts of the silent channels still pass values "
    "on. Mask type channel masks the layers that read them instead, and is the same as removing."
)


def options_for(module: nn.Module, group: Group, options: SparseOptions) -> SparseOptions:
    """The structured modifier over the layers of one group, which then lose the same channels.

    Mask type filter masks the layers that make the channels, channel (the default) those that read them.

    Raises:
        PruningError: if SparseML cannot mask this group so.
    """
    if group.kept_because:
        raise PruningError(f"This group stays whole: {group.kept_because} Pick another group.")
    structured = options.mask_type in Modifier.STRUCTURED.traits.masks
    mask_type = options.mask_type if structured else MaskType.CHANNEL
    axis = Axis.OUT if mask_type is MaskType.FILTER else Axis.IN
    layers = tuple(dict.fromkeys(_members(module, group, axis)))
    if not layers:
        raise PruningError(
            f"No convolution or linear layer of this group has its {axis}put channels in it, so a {mask_type} mask "
            "has nothing to take. Choose the other mask type."
        )
    if all(m.index_map.repeat > 1 for m in group.members if m.layer in layers and m.axis is axis):
        raise PruningError(
            f"'{layers[0]}' reads each channel of this group as several features, which SparseML would mask one by "
            "one. Choose the other mask type."
        )
    return replace(
        options,
        modifier=Modifier.STRUCTURED,
        mask_type=mask_type,
        scope=None,
        layers=layers,
        pattern="",
        param_groups=(layers,),
    )


def maskable_groups(module: nn.Module, groups: Iterable[Group]) -> dict[MaskType, tuple[int, ...]]:
    """Ids of the groups that SparseML can mask, by mask type."""
    wanted = [group for group in groups if group.prunable]
    return {
        mask_type: tuple(group.id for group in wanted if _can_be_masked(module, group, mask_type))
        for mask_type in Modifier.STRUCTURED.traits.masks
    }


def _can_be_masked(module: nn.Module, group: Group, mask_type: MaskType) -> bool:
    try:
        options_for(module, group, SparseOptions(modifier=Modifier.STRUCTURED, mask_type=mask_type))
    except PruningError:
        return False
    return True


def _members(module: nn.Module, group: Group, axis: Axis) -> Iterator[str]:
    """Layers of the group that carry the mask.

    Raises:
        PruningError: where SparseML would mask other channels than the group's.
    """
    maskable, modules = candidates(module), dict(module.named_modules())
    if group.heads > 1:
        raise PruningError(
            f"This group loses channels in sets, one from each of {group.heads} {group.parts}, which SparseML cannot. "
            "Pick another group."
        )
    for member in group.members:
        if member.axis is not axis or not member.width:
            continue
        layer = modules.get(member.layer)
        if member.layer in maskable and not _is_in_line(module, group, member):
            raise PruningError(
                f"'{member.layer}' holds this group's channels beside others, and SparseML can mask whole layers only. "
                "Pick another group or mask type."
            )
        if member.layer in maskable:
            yield member.layer
        elif isinstance(layer, (nn.MultiheadAttention, nn.Embedding)):
            raise PruningError(
                f"'{member.layer}' is in this group, and SparseML cannot mask it. Pick another group."
            )


def _is_in_line(module: nn.Module, group: Group, member: Member) -> bool:
    """Whether slice k of the weight is channel k of the group, or k of so many equal parts."""
    index = member.index_map
    dim = 0 if member.axis is Axis.OUT else 1
    whole = weight_of(module, member.layer).shape[dim] == member.width == group.channels * index.repeat
    transposed = bool(getattr(module.get_submodule(member.layer), "transposed", False))
    return whole and not transposed and not index.offset and index.explicit is None


def removal_check(net: Network, group: Group, options: SparseOptions) -> RemovalCheck:
    """Mask as SparseML would, remove the same channels as DepGraph would, and compare the answers.

    Args:
        options: from `options_for` with the same group.

    Raises:
        PruningError: if the masks silence no channel of the group, or all.
    """
    planner = SparsePlanner(Bench(net), options)
    channels = _silent(planner, group)
    if not 0 < len(channels) < group.channels:
        raise PruningError(
            f"At sparsity {options.final_sparsity:g} the masks silence {len(channels)} of the group's "
            f"{group.channels} channels, so there is nothing to compare. Change the sparsity."
        )
    cut = _cut(group, channels)
    removed = slice_channels(copied(net.module), cut)
    notes = [SHIFTS] if options.mask_type is MaskType.FILTER else []
    return RemovalCheck(
        channels=channels,
        layers=planner.ranked.layers,
        params_masked=total_params(net.module),
        params_removed=total_params(removed),
        difference=output_difference(net, planner.sketch(planner.plan()), removed),
        silenced_difference=zeroing_difference(net, removed, cut),
        note=" ".join([*notes, zeroing_note(net.module, cut)]).strip(),
    )


def _silent(planner: SparsePlanner, group: Group) -> tuple[int, ...]:
    """Channels of the group that the masks zero, the same in every layer."""
    layer = planner.ranked.layers[0]
    mask = planner.masks(planner.options.final_sparsity)[f"{layer}.weight"]
    dim = 0 if planner.options.mask_type is MaskType.FILTER else 1
    kept = mask.movedim(dim, 0).flatten(1).any(dim=1).view(group.channels, -1).any(dim=1)
    return tuple((~kept).nonzero().flatten().tolist())


def _cut(group: Group, channels: tuple[int, ...]) -> dict[tuple[str, Axis], list[int]]:
    """What goes with these channels from every member of the group."""
    return {
        (member.layer, member.axis): sorted(
            {place for channel in channels for place in member.index_map.of(channel)}
        )
        for member in group.members
        if member.width
    }
