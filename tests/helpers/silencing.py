"""An oracle of its own: the dense network on real inputs, with channels silenced by hooks.

It shares no code with the explorer's check. Norms take their statistics over the channels that are kept, attention
divides by the root of the head size that is kept: only the couplings are then left to differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.anatomy.copies import copied
from explorer.values import Axis

Cut = Mapping[tuple[str, Axis], Sequence[int]]
SCALES = ("scale", "scaling", "scale_factor")  # attributes that attention multiplies its products by


def difference(dense: nn.Module, pruned: nn.Module, cut: Cut, inputs: Sequence[Any]) -> float:
    """Largest difference of any output, relative to its largest value.

    Args:
        dense: left untouched.
        pruned: without the channels of `cut`.
        cut: (layer, axis) -> channels, numbered as in the dense network.
        inputs: what both are called with.
    """
    silenced = silence(copied(dense).eval(), cut)
    _take_scales(silenced, pruned)
    sizes: list[int] = []
    with torch.no_grad(), _attention(lambda size: sizes.append(size)):
        ours = [tensor for one in inputs for tensor in tensors(pruned.eval()(one))]
    left = iter(sizes)
    with torch.no_grad(), _attention(lambda size: next(left)):
        theirs = [tensor for one in inputs for tensor in tensors(silenced(one))]
    worst = 0.0
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        worst = max(worst, float((mine - other).abs().max() / other.abs().max().clamp_min(1e-30)))
    return worst


def tensors(output: Any) -> Iterator[Tensor]:
    """Every tensor of a nested output."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, Mapping):
        yield from tensors(list(output.values()))
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from tensors(part)


def silence(module: nn.Module, cut: Cut) -> nn.Module:
    """Let hooks set these channels to zero where layers give them out and where layers read them."""
    for (path, axis), channels in cut.items():
        owner, _, name = path.rpartition(".")
        holder = module.get_submodule(owner)
        target, gone = getattr(holder, name), torch.tensor(list(channels), dtype=torch.long)
        if isinstance(target, nn.Parameter):
            target.data.index_fill_(max(dim for dim, size in enumerate(target.shape) if size > 1), gone, 0)
        elif isinstance(target, nn.MultiheadAttention):
            _zero_attention(target, gone)
        elif isinstance(target, (nn.LayerNorm, nn.GroupNorm)):
            _norm_over_kept(target, gone)
        elif type(holder).__name__.startswith("ShiftedWindowAttention"):  # never calls its layers
            _zero_linear(target, axis, gone)
        elif axis is Axis.OUT:
            target.register_forward_hook(lambda m, _, out, gone=gone: out.index_fill(_axis(m, out), gone, 0))
        else:
            target.register_forward_pre_hook(
                lambda m, args, gone=gone: (args[0].index_fill(_axis(m, args[0]), gone, 0), *args[1:])
            )
    return module


def _axis(layer: nn.Module, tensor: Tensor) -> int:
    images = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.PReLU)
    return min(1, tensor.dim() - 1) if isinstance(layer, images) else tensor.dim() - 1


def _zero_linear(layer: nn.Linear, axis: Axis, gone: Tensor) -> None:
    layer.weight.data.index_fill_(int(axis is Axis.IN), gone, 0)
    if layer.bias is not None and axis is Axis.OUT:
        layer.bias.data.index_fill_(0, gone, 0)


def _zero_attention(attention: nn.MultiheadAttention, gone: Tensor) -> None:
    rows = torch.cat([gone + part * attention.embed_dim for part in range(3)])
    attention.in_proj_weight.data.index_fill_(0, rows, 0).index_fill_(1, gone, 0)
    attention.in_proj_bias.data.index_fill_(0, rows, 0)
    for axis in Axis:
        _zero_linear(attention.out_proj, axis, gone)


def _norm_over_kept(norm: nn.Module, gone: Tensor) -> None:
    size = norm.normalized_shape[-1] if isinstance(norm, nn.LayerNorm) else norm.num_channels
    kept = torch.tensor(sorted(set(range(size)) - set(gone.tolist())))
    weight, bias = (None if p is None else p[kept] for p in (norm.weight, norm.bias))

    def forward(x: Tensor) -> Tensor:
        last = isinstance(norm, nn.LayerNorm) and (x.shape[-1] == size or x.dim() < 4)
        axis = x.dim() - 1 if last else 1
        part = x.index_select(axis, kept)
        if isinstance(norm, nn.LayerNorm):
            normed = F.layer_norm(part.movedim(axis, -1), (len(kept),), weight, bias, norm.eps).movedim(
                -1, axis
            )
        else:
            normed = F.group_norm(part, norm.num_groups, weight, bias, norm.eps)
        return torch.zeros_like(x).index_copy(axis, kept, normed)

    norm.forward = forward


def _take_scales(dense: nn.Module, pruned: nn.Module) -> None:
    """Scales that attention stores, or works out of its width."""
    for path, owner in pruned.named_modules():
        other = dense.get_submodule(path)
        for name in SCALES:
            if isinstance(vars(owner).get(name), float):
                setattr(other, name, getattr(owner, name))
        if type(owner).__name__ == "ShiftedWindowAttention":
            queries = other.qkv.out_features // 3
            factor = math.sqrt(other.qkv.out_features / owner.qkv.out_features)
            other.qkv.weight.data[:queries] *= factor
            other.qkv.bias.data[:queries] *= factor


@contextmanager
def _attention(size_of: Any) -> Iterator[None]:
    """Ask of each call of torch's attention by which head size it is to divide; None: its own."""
    original = F.scaled_dot_product_attention

    def attend(query: Tensor, *args: Any, scale: float | None = None, **kwargs: Any) -> Tensor:
        size = size_of(query.shape[-1])
        if scale is None and size is not None:
            scale = size**-0.5
        return original(query, *args, scale=scale, **kwargs)

    with patch.object(F, "scaled_dot_product_attention", attend):
        yield
