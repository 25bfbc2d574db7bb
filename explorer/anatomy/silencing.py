"""The dense network with some channels silent, as if they were not there.

Norms over channels and attention see how many channels there are. Here a norm takes its mean and variance over the
channels that are left, and attention divides by the head size that is left: what is compared with the pruned network
differs by couplings alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from explorer.anatomy.attention import attentions
from explorer.anatomy.copies import sharing
from explorer.anatomy.surgery import Cut, Room, Weighted, is_grouped, zero_channels
from explorer.values import Axis

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


class Silenced:
    """A copy of the dense network with channels silent, and what has to be different while it runs.

    Args:
        module: the dense network; shares its parameters where they stay as they are.
        cut: the channels.
        pruned: the network without them, whose scales of attention are taken over.
        room: where its silent parameters are put.
    """

    def __init__(self, module: nn.Module, cut: Cut, pruned: nn.Module, room: Room | None = None) -> None:
        self.module = sharing(module)
        _give_scales(self.module, cut)
        zero_channels(self.module, cut, room)
        _silence_inputs(self.module, cut)
        _take_over_scales(self.module, pruned)
        self._kept = dict(_kept(self.module, cut))
        self._inside: list[Tensor] = []  # channels that are kept by the module of one's own that is running
        for layer, kept in own_norms(self.module, cut):
            layer.register_forward_pre_hook(partial(_enter, self._inside, kept))
            layer.register_forward_hook(partial(_leave, self._inside))

    def as_pruned(self, scales: Iterable[float] = ()) -> Callable[[], AsPruned]:
        """What makes the context of each run.

        Args:
            scales: of the pruned network's attention, in the order in which it was called.
        """
        given = iter(scales)
        return lambda: AsPruned(self._kept, self._inside, given)


class AsPruned(TorchFunctionMode):
    """Norms over the channels that are kept, and attention with given scales."""

    def __init__(self, kept: Mapping[int, Tensor], inside: list[Tensor], scales: Iterator[float]) -> None:
        super().__init__()
        self._kept = kept
        self._inside = inside
        self._scales = scales

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name == "scaled_dot_product_attention":
            kwargs["scale"] = next(self._scales, kwargs.get("scale"))
        elif name in _OVER_KEPT:
            given = dict(zip(_OVER_KEPT[name][0], args, strict=False)) | kwargs
            kept = self._kept.get(id(given.get("weight")))
            if kept is not None:
                return _OVER_KEPT[name][1](given, kept)
        elif name in _STATISTICS and self._inside:
            args = (_selected(args[0], self._inside[-1], args[1:], kwargs), *args[1:])
        return func(*args, **kwargs)


class NotingScales(TorchFunctionMode):
    """Notes what attention multiplies its products by, call by call."""

    def __init__(self, found: list[float]) -> None:
        super().__init__()
        self.found = found

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") == "scaled_dot_product_attention":
            query = args[0] if args else kwargs["query"]
            scale = kwargs.get("scale")
            self.found.append(1 / math.sqrt(query.shape[-1]) if scale is None else float(scale))
        return func(*args, **kwargs)


def _layer_norm(given: Mapping[str, Any], kept: Tensor) -> Tensor:
    x, dims = given["input"], tuple(range(-kept.dim(), 0))
    mean = (x * kept).sum(dims, keepdim=True) / kept.sum()
    return _scaled(x - mean, kept, dims, given)


def _rms_norm(given: Mapping[str, Any], kept: Tensor) -> Tensor:
    return _scaled(given["input"], kept, tuple(range(-kept.dim(), 0)), given)


def _scaled(x: Tensor, kept: Tensor, dims: tuple[int, ...], given: Mapping[str, Any]) -> Tensor:
    eps = given.get("eps", 1e-5)
    eps = torch.finfo(x.dtype).eps if eps is None else eps  # RMSNorm's default
    square = (x * kept).square().sum(dims, keepdim=True) / kept.sum()
    bias = given.get("bias")
    scaled = x * torch.rsqrt(square + eps) * given["weight"]
    return scaled if bias is None else scaled + bias


def _group_norm(given: Mapping[str, Any], kept: Tensor) -> Tensor:
    x, groups = given["input"], given["num_groups"]
    parts = x.reshape(len(x), groups, x.shape[1] // groups, -1)
    left = kept.reshape(1, groups, -1, 1)
    count = (left.sum(2, keepdim=True) * parts.shape[-1]).clamp_min(1)
    mean = (parts * left).sum((2, 3), keepdim=True) / count
    variance = ((parts - mean) * left).square().sum((2, 3), keepdim=True) / count
    normed = ((parts - mean) * torch.rsqrt(variance + given.get("eps", 1e-5))).reshape(x.shape)
    shape = (1, -1, *[1] * (x.dim() - 2))
    scaled = normed * given["weight"].view(shape)
    return scaled if given.get("bias") is None else scaled + given["bias"].view(shape)


_OVER_KEPT = {
    "layer_norm": (("input", "normalized_shape", "weight", "bias", "eps"), _layer_norm),
    "rms_norm": (("input", "normalized_shape", "weight", "eps"), _rms_norm),
    "group_norm": (("input", "num_groups", "weight", "bias", "eps"), _group_norm),
}


_STATISTICS = ("mean", "var", "std", "var_mean", "std_mean")


_NORMS_BY_NAME = re.compile("norm|grn$|^ln|^rms", re.IGNORECASE)  # "GRN", "LN2d"


def is_norm(module: nn.Module) -> bool:
    """Whether its statistics are meant to be of the channels there are: it is one of torch's, or called so.

    Whatever else takes a mean over channels, as a gate does, is another function without some of them.
    """
    if isinstance(module, NORMS):
        return True
    return _NORMS_BY_NAME.search(type(module).__name__) is not None and not list(module.children())


def own_norms(module: nn.Module, cut: Cut) -> Iterator[tuple[nn.Module, Tensor]]:
    """Norms of one's own that lose channels of which they hold one number each, and whether they keep each."""
    parameters = dict(module.named_parameters())
    for (path, _), channels in cut.items():
        owner = module.get_submodule(path.rpartition(".")[0]) if path in parameters else module
        if channels and is_norm(owner) and owner is not module:
            kept = torch.ones(max(parameters[path].shape), dtype=torch.bool)
            kept[torch.as_tensor(list(channels))] = False
            yield owner, kept.to(parameters[path].device)


def _enter(inside: list[Tensor], kept: Tensor, *_: object) -> None:
    inside.append(kept)


def _leave(inside: list[Tensor], *_: object) -> None:
    inside.pop()


def _selected(x: Tensor, kept: Tensor, given: tuple[Any, ...], named: Mapping[str, Any]) -> Tensor:
    """What a mean or variance over channels is taken of: those that are kept."""
    dims = named.get("dim", given[0] if given else None)
    for dim in dims if isinstance(dims, (tuple, list)) else (dims,):
        if type(dim) is int and x.shape[dim] == len(kept):
            return x.index_select(dim, kept.nonzero().flatten())
    return x


def _give_scales(module: nn.Module, cut: Cut) -> None:
    """A norm without scales gets some of one, by which its calls are told and its silent channels are silenced."""
    layers = dict(module.named_modules())
    for layer in (layers.get(path) for path, _ in cut):
        if isinstance(layer, NORMS) and layer.weight is None:
            shape = (layer.num_channels,) if isinstance(layer, nn.GroupNorm) else layer.normalized_shape
            like = next(module.parameters())
            layer.weight = nn.Parameter(torch.ones(shape, dtype=like.dtype, device=like.device))


def _kept(module: nn.Module, cut: Cut) -> Iterator[tuple[int, Tensor]]:
    """For the scales of every norm in the cut 1 at channels that are kept and 0 at others, by the scales' id."""
    layers: dict[str, Any] = {**dict(module.named_parameters()), **dict(module.named_modules())}
    for (path, axis), channels in cut.items():
        scales = _scales(layers.get(path))
        if axis is Axis.OUT and channels and scales is not None:
            gone = torch.as_tensor(list(channels), dtype=torch.long).to(scales.device)
            yield id(scales), torch.ones_like(scales.data).index_fill_(-1, gone, 0)


def _scales(target: object) -> Tensor | None:
    """A norm's scales; those of a norm that somebody wrote are a parameter by itself."""
    if isinstance(target, NORMS):
        return target.weight
    return target if isinstance(target, nn.Parameter) and target.dim() == 1 else None


def _silence_inputs(module: nn.Module, cut: Cut) -> None:
    """One weight column serves every conv group, so what such a layer reads is silenced and not its weight."""
    layers = dict(module.named_modules())
    for (path, axis), channels in cut.items():
        layer = layers.get(path)
        if axis is Axis.IN and channels and isinstance(layer, Weighted) and is_grouped(layer):
            _silence_input(layer, torch.as_tensor(list(channels), dtype=torch.long))


def _silence_input(layer: Weighted, channels: Tensor) -> None:
    dim = 1 - layer.weight.dim()  # also of an input without a batch

    def silence(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (inputs[0].index_fill(dim, channels.to(inputs[0].device), 0), *inputs[1:])

    layer.register_forward_pre_hook(silence)


def _take_over_scales(module: nn.Module, pruned: nn.Module) -> None:
    """Attention divides by the root of the head size: as a layer of torch's, or by a fraction that its owner stores."""
    others = dict(pruned.named_modules())
    for name, layer in module.named_modules():
        other = others.get(name)
        if isinstance(layer, nn.MultiheadAttention) and isinstance(other, nn.MultiheadAttention):
            factor = math.sqrt(layer.head_dim / other.head_dim)
            _scale_rows(layer, ("in_proj_weight", "in_proj_bias"), layer.embed_dim, factor)
        for attribute, value in vars(other).items() if other is not None else ():
            if isinstance(value, float) and isinstance(vars(layer).get(attribute), float):
                setattr(layer, attribute, value)
    left = {found.path: found for found in attentions(pruned)}
    for found in attentions(module):
        if found.adapter.inline and found.path in left:
            factor = math.sqrt(found.size / left[found.path].size)
            _scale_rows(found.layers[0], ("weight", "bias"), found.width, factor)


def _scale_rows(layer: nn.Module, names: tuple[str, str], rows: int, factor: float) -> None:
    """Scale the queries, which a layer makes first."""
    for name in names:
        joint = getattr(layer, name)
        if joint is not None and factor != 1:
            scaled = joint.data.clone()
            scaled[:rows] *= factor
            setattr(layer, name, nn.Parameter(scaled, requires_grad=joint.requires_grad))
