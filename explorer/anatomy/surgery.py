"""Remove or zero channels by name: the plan carried out without the pruning library.

Slicing is quick enough for accuracy while a slider moves; zeroing shows that
what was removed is what would have been silenced. The library stays the judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import gcd

import torch
from torch import Tensor, nn

from explorer.anatomy.attention import attentions
from explorer.anatomy.transposed import Conv1D
from explorer.values import Axis

Weighted = nn.modules.conv._ConvNd | nn.Linear | Conv1D  # layers whose weight has an output and an input axis
Cut = Mapping[tuple[str, Axis], Sequence[int]]  # (layer, axis) -> channels that go


def by_layer(cut: Cut) -> dict[str, dict[str, list[int]]]:
    """The same under the layers' names, as files hold it."""
    found: dict[str, dict[str, list[int]]] = {}
    for (layer, axis), channels in cut.items():
        found.setdefault(layer, {})[str(axis)] = list(channels)
    return found


def slice_channels(module: nn.Module, cut: Cut) -> nn.Module:
    """Remove channels from `module` in place, and return it."""
    # Asked before the first cut: a grouped convolution that loses enough outputs looks like a depthwise one.
    depthwise = {path for path, layer in module.named_modules() if is_depthwise(layer)}
    for attention in attentions(module):
        attention.lose_heads(attention.whole_heads(cut.get((attention.paths[3], Axis.IN), ())))
    for (path, axis), channels in cut.items():
        if channels:
            _slice(module, path, axis, list(channels), path in depthwise)
    return settle_widths(module)


class Room:
    """Memory for copies of parameters, used again: asking for fresh memory takes ten times as long as copying."""

    def __init__(self) -> None:
        self._free: dict[int, tuple[nn.Parameter, Tensor]] = {}  # by identity, which is held with them
        self._taken: list[tuple[nn.Parameter, Tensor]] = []

    def clear(self) -> None:
        """Begin anew: what was copied before is overwritten."""
        self._free, self._taken = {id(one): (one, made) for one, made in self._taken}, []

    def copy_of(self, parameter: nn.Parameter) -> Tensor:
        """The same numbers."""
        known = self._free.pop(id(parameter), None)
        made = known[1].copy_(parameter.data) if known else parameter.data.clone()
        self._taken.append((parameter, made))
        return made


def zero_channels(module: nn.Module, cut: Cut, room: Room | None = None) -> nn.Module:
    """Silence the same channels of `module`, producers and readers alike, and return it.

    Its parameters are replaced, none is written into: a copy may have them in common with the original.

    Args:
        module: some network.
        cut: the channels.
        room: where the silent parameters are put; of what was put there before nothing is left.
    """
    room = room or Room()
    room.clear()
    silencer = _Silencer(room)
    for (path, axis), channels in cut.items():
        if channels:
            silencer.silence(module, path, axis, list(channels))
    return module


def settle_widths(module: nn.Module) -> nn.Module:
    """Some modules reshape by widths that they store, such as those of attention's heads: tell them the new ones."""
    for attention in attentions(module):
        attention.settle()
    for layer in module.modules():
        _settle_shape(layer)
        if isinstance(layer, nn.Transformer):  # it compares what it is given
            heads = (part for part in layer.modules() if isinstance(part, nn.MultiheadAttention))
            layer.d_model = next((one.embed_dim for one in heads), layer.d_model)
    if hasattr(module, "hidden_dim") and isinstance(getattr(module, "conv_proj", None), nn.Conv2d):
        module.hidden_dim = module.conv_proj.out_channels  # type: ignore[union-attr]  # torchvision's VisionTransformer
    return module


def _settle_shape(layer: nn.Module) -> None:
    """Norms and scales with one number a channel may store the shape that they give it, or that they norm over."""
    weight = next(iter(layer.parameters(recurse=False)), None)
    for name in ("shape", "normalized_shape"):
        sizes = getattr(layer, name, None)
        if weight is None or weight.dim() != 1 or not isinstance(sizes, tuple):
            continue
        if all(isinstance(size, int) for size in sizes) and sum(size > 1 for size in sizes) == 1:
            setattr(layer, name, type(sizes)(len(weight) if size > 1 else size for size in sizes))


def _slice(root: nn.Module, path: str, axis: Axis, channels: list[int], depthwise: bool) -> None:
    owner, _, name = path.rpartition(".")
    holder = root.get_submodule(owner)
    target = getattr(holder, name)
    if isinstance(target, nn.Parameter):
        setattr(holder, name, _kept(target, _parameter_axis(target), channels))
    elif isinstance(target, nn.MultiheadAttention):
        _slice_attention(target, channels)
    elif isinstance(target, Weighted):
        _slice_dense(target, axis, channels, depthwise)
    else:
        _slice_per_channel(target, channels)


def _slice_dense(layer: Weighted, axis: Axis, channels: list[int], depthwise: bool = False) -> None:
    """Convolutions and linear layers: output is dim 0 of the weight, input dim 1 (transposed: swapped)."""
    dim = 0 if depthwise else weight_dim(layer, axis)
    if dim == 1 and getattr(layer, "groups", 1) > 1:
        # Every conv group loses as many; the weight holds one group's inputs.
        into = layer.weight.shape[1]
        channels = sorted({channel % into for channel in channels})
    layer.weight = _kept(layer.weight, dim, channels)
    if layer.bias is not None and axis is Axis.OUT:
        layer.bias = _kept(layer.bias, 0, channels)
    _update_widths(layer, depthwise)


def _update_widths(layer: Weighted, depthwise: bool) -> None:
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = layer.weight.shape
        return
    if isinstance(layer, Conv1D):
        layer.nx, layer.nf = layer.weight.shape
        return
    first, second = layer.weight.shape[:2]
    if depthwise:
        layer.out_channels = layer.in_channels = layer.groups = first
    elif layer.transposed:
        layer.in_channels, layer.out_channels = first, second * layer.groups
    else:
        layer.out_channels, layer.in_channels = first, second * layer.groups


def _slice_per_channel(layer: nn.Module, channels: list[int]) -> None:
    """Norms and the like: every tensor that has the channel axis loses it."""
    dim = 1 if isinstance(layer, nn.Embedding) else -1
    for name, parameter in list(layer.named_parameters(recurse=False)):
        setattr(layer, name, _kept(parameter, dim, channels))
    for name, buffer in list(layer.named_buffers(recurse=False)):
        if buffer.dim():
            setattr(layer, name, _kept_tensor(buffer, -1, channels))
    for attribute in ("num_features", "num_channels", "embedding_dim", "num_parameters"):
        if hasattr(layer, attribute):
            setattr(layer, attribute, getattr(layer, attribute) - len(channels))
    if isinstance(layer, nn.LayerNorm):
        layer.normalized_shape = (*layer.normalized_shape[:-1], layer.normalized_shape[-1] - len(channels))


def _slice_attention(attention: nn.MultiheadAttention, channels: list[int]) -> None:
    """Query, key and value lose the same channels; the embedding shrinks, the heads stay."""
    width = attention.embed_dim
    thrice = [channel + part * width for part in range(3) for channel in channels]
    attention.in_proj_weight = _kept(_kept(attention.in_proj_weight, 0, thrice), 1, channels)
    if attention.in_proj_bias is not None:
        attention.in_proj_bias = _kept(attention.in_proj_bias, 0, thrice)
    _slice_dense(attention.out_proj, Axis.OUT, channels)
    _slice_dense(attention.out_proj, Axis.IN, channels)
    attention.embed_dim = attention.kdim = attention.vdim = width - len(channels)
    attention.head_dim = attention.embed_dim // attention.num_heads


def _kept(parameter: Tensor, dim: int, channels: Sequence[int]) -> nn.Parameter:
    return nn.Parameter(_kept_tensor(parameter.data, dim, channels), requires_grad=parameter.requires_grad)


def _kept_tensor(tensor: Tensor, dim: int, channels: Sequence[int]) -> Tensor:
    keep = torch.ones(tensor.shape[dim], dtype=torch.bool)
    keep[torch.as_tensor(channels, dtype=torch.long)] = False
    if tensor.dim() == 2 and dim == 1 and tensor.is_contiguous():
        # Behind a flatten whole runs stay or go, and those are copied at once.
        run = gcd(len(keep), *(1 + (keep[1:] != keep[:-1]).nonzero().flatten()).tolist())
        runs = tensor.view(len(tensor), -1, run)
        return runs.index_select(1, keep[::run].nonzero().flatten().to(tensor.device)).flatten(1)
    return tensor.index_select(dim, keep.nonzero().flatten().to(tensor.device))


class _Silencer:
    """Puts parameters with zeros in the place of those that are there, each once however many axes it has."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._own: set[int] = set()  # parameters that were made here, and may be written into

    def silence(self, root: nn.Module, path: str, axis: Axis, channels: list[int]) -> None:
        """Silence channels of one axis of a layer or parameter."""
        owner, _, name = path.rpartition(".")
        holder = root.get_submodule(owner)
        target = getattr(holder, name)
        if isinstance(target, nn.Parameter):
            self._fill(holder, name, _parameter_axis(target), channels)
        elif isinstance(target, nn.MultiheadAttention):
            self._attention(target, channels)
        elif isinstance(target, Weighted):
            self._weighted(target, axis, channels)
        else:
            for own in dict(target.named_parameters(recurse=False)):
                self._fill(target, own, 1 if isinstance(target, nn.Embedding) else -1, channels)

    def _fill(self, layer: nn.Module, name: str, dim: int, channels: Sequence[int]) -> None:
        parameter = getattr(layer, name)
        if id(parameter) not in self._own:
            parameter = nn.Parameter(self._room.copy_of(parameter), requires_grad=parameter.requires_grad)
            setattr(layer, name, parameter)
            self._own.add(id(parameter))
        parameter.data.index_fill_(dim, torch.as_tensor(channels, dtype=torch.long).to(parameter.device), 0)

    def _weighted(self, layer: Weighted, axis: Axis, channels: list[int]) -> None:
        if axis is Axis.IN and is_grouped(layer):
            return  # its producer is silent already, and one weight column serves every conv group
        self._fill(layer, "weight", 0 if is_depthwise(layer) else weight_dim(layer, axis), channels)
        if layer.bias is not None and axis is Axis.OUT:
            self._fill(layer, "bias", 0, channels)

    def _attention(self, attention: nn.MultiheadAttention, channels: list[int]) -> None:
        width = attention.embed_dim
        thrice = [channel + part * width for part in range(3) for channel in channels]
        self._fill(attention, "in_proj_weight", 0, thrice)
        self._fill(attention, "in_proj_weight", 1, channels)
        if attention.in_proj_bias is not None:
            self._fill(attention, "in_proj_bias", 0, thrice)
        for axis in (Axis.OUT, Axis.IN):
            self._weighted(attention.out_proj, axis, channels)


def is_grouped(layer: nn.Module) -> bool:
    """Whether each of its outputs reads a part of the channels only; depthwise convolutions are another thing."""
    return getattr(layer, "groups", 1) != 1 and not is_depthwise(layer)


def is_depthwise(layer: nn.Module) -> bool:
    """One filter per channel: input and output channels are the same."""
    return isinstance(layer, nn.modules.conv._ConvNd) and layer.groups == layer.out_channels > 1


def weight_dim(layer: Weighted, axis: Axis) -> int:
    """The dimension of a layer's weight on which its outputs or inputs lie."""
    transposed = isinstance(layer, Conv1D) or bool(getattr(layer, "transposed", False))
    return int((axis is Axis.IN) != transposed)


def _parameter_axis(parameter: nn.Parameter) -> int:
    """Torch-Pruning prunes a bare parameter along its last axis that is longer than one."""
    return max(dim for dim, size in enumerate(parameter.shape) if size > 1)


def channel_axes(layer: nn.Module | nn.Parameter, tensor: Tensor) -> tuple[int, int | None]:
    """The dimensions of one of a layer's tensors on which its output and its input channels lie."""
    if isinstance(layer, nn.Parameter):
        return _parameter_axis(layer), None
    if isinstance(layer, nn.MultiheadAttention):
        return 0, 1 if tensor.dim() > 1 else None
    if isinstance(layer, Weighted):
        if tensor.dim() == 1 or is_depthwise(layer):
            return 0, None
        return weight_dim(layer, Axis.OUT), weight_dim(layer, Axis.IN)
    return (1 if isinstance(layer, nn.Embedding) else tensor.dim() - 1), None
