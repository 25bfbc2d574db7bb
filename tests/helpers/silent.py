"""An oracle of its own: the dense network with channels silenced by hooks, held against the pruned one.

It shares nothing with the explorer's check. Norms take their mean and variance over the channels that are kept, and
attention divides by the root of the head size that is kept.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.copies import copied
from explorer.anatomy.flops import fused_attention_off
from explorer.anatomy.inputs import call, cast, mapped, tensors_in
from explorer.anatomy.network import Network
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.values import Axis

Cut = Mapping[tuple[str, Axis], Sequence[int]]


def disagreement(planner: DepGraphPlanner, ratio: float, *examples: Any, double: bool = False) -> float:
    """Largest difference between what is handed out at a ratio and the dense network with the same channels silent.

    Every position of every output is measured by its own scale over all examples, if asked in double precision.
    """
    pruned = planner.apply(planner.plan(ratio))
    quiet = silenced(planner.net.module, planner.cut_at(ratio))
    if double:
        pruned, quiet = pruned.double(), quiet.double()
        examples = tuple(cast(one, torch.float64) for one in examples or real_inputs(planner.net))
    _take_scales(quiet, pruned)
    given = examples or real_inputs(planner.net)
    sizes: list[int] = []
    with _head_sizes(pruned, lambda size: sizes.append(size)):
        ours = [answers(pruned, one) for one in given]
    left = iter(sizes)
    with _head_sizes(quiet, lambda _: next(left)):
        pairs = list(zip(ours, [answers(quiet, one) for one in given], strict=True))
    return max(
        _apart([ours[n] for ours, _ in pairs], [theirs[n] for _, theirs in pairs])
        for n in range(len(pairs[0][1]))
    )


def real_inputs(net: Network) -> list[Any]:
    """The example, and the same values upside down."""
    return [net.example_input, mapped(net.example_input, lambda t: t.flatten().flip(0).view(t.shape))]


def answers(module: nn.Module, example: Any) -> list[Tensor]:
    """All outputs, with one seed; hooks see nothing of what torch's fused encoder does."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]), fused_attention_off():
        torch.manual_seed(0)
        random.seed(0)
        return [tensor.double() for tensor in tensors_in(call(copied(module), example))]


def _apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    for one, other in zip(ours, theirs, strict=True):
        if one.shape != other.shape:
            return math.inf
    one, other = torch.stack(ours), torch.stack(theirs)
    scale = other.abs().amax(0) + 1e-4 * other.abs().amax(0).mean()
    return float(((one - other).abs() / scale.clamp_min(1e-30)).max())


def silenced(dense: nn.Module, cut: Cut) -> nn.Module:
    """A copy in which channels are zero where they come out and where they are read."""
    module, norms = copied(dense), set[str]()
    for (path, axis), channels in cut.items():
        owner, _, name = path.rpartition(".")
        target = getattr(module.get_submodule(owner), name)
        gone = torch.tensor(list(channels))
        if isinstance(target, nn.Parameter) and _is_own_norm(module.get_submodule(owner)):
            if owner not in norms:  # it may hold several parameters
                module.get_submodule(owner).register_forward_hook(_own_norm(gone))
                norms.add(owner)
        elif isinstance(target, nn.Parameter):
            dim = max(d for d, size in enumerate(target.shape) if size > 1)
            target.data.index_fill_(dim, gone, 0)
        elif isinstance(target, nn.MultiheadAttention):
            _silence_attention(target, gone)
        elif type(module.get_submodule(owner)).__name__.startswith("ShiftedWindowAttention"):
            _silence_weights(target, axis, gone)  # its layers are never called
        elif axis is Axis.IN:
            target.register_forward_pre_hook(_muted(_dim(target), gone))
        else:
            target.register_forward_hook(
                _norm(gone) if isinstance(target, _NORMS) else _mute(_dim(target), gone)
            )
    return module


_NORMS = (nn.LayerNorm, nn.GroupNorm)


def _dim(layer: nn.Module) -> int:
    """The axis of channels, counted from the end."""
    if isinstance(layer, nn.modules.conv._ConvNd):
        return 1 - layer.weight.dim()
    if isinstance(layer, nn.modules.batchnorm._NormBase):
        kinds = {"BatchNorm1d": 1, "InstanceNorm1d": -2, "BatchNorm3d": -4, "InstanceNorm3d": -4}
        return kinds.get(type(layer).__name__, -3)
    return -3 if isinstance(layer, nn.PReLU) else -1


def _muted(dim: int, gone: Tensor) -> Any:
    return lambda _, inputs: (inputs[0].index_fill(dim, gone, 0), *inputs[1:])


def _mute(dim: int, gone: Tensor) -> Any:
    return lambda _, __, output: output.index_fill(dim, gone, 0)


def _norm(gone: Tensor) -> Any:
    """Run the norm's own function on what is kept, and put the answer back into its place."""

    def hook(norm: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        whole = torch.zeros_like(output)
        if isinstance(norm, nn.GroupNorm):
            size = norm.num_channels // norm.num_groups
            for start in range(0, norm.num_channels, size):
                kept = torch.tensor(
                    [c for c in range(start, start + size) if c not in gone], dtype=torch.long
                )
                if len(kept):
                    w, b = _at(norm.weight, kept), _at(norm.bias, kept)
                    whole[:, kept] = functional.group_norm(inputs[0][:, kept], 1, w, b, norm.eps)
            return _activated(norm, whole)
        assert isinstance(norm, nn.LayerNorm)
        last = not _has_channels_second(norm)
        x = inputs[0] if last else inputs[0].movedim(1, -1)
        kept = torch.tensor([c for c in range(x.shape[-1]) if c not in gone])
        w, b = _at(norm.weight, kept), _at(norm.bias, kept)
        part = functional.layer_norm(x[..., kept], (len(kept),), w, b, norm.eps)
        (whole if last else whole.movedim(1, -1))[..., kept] = part
        return whole

    return hook


def _activated(norm: nn.Module, normed: Tensor) -> Tensor:
    """Some norms of timm's and of BiT's activate what they normed themselves."""
    found: Any = next((norm._modules[name] for name in ("act", "activation") if name in norm._modules), None)
    return normed if found is None else found(normed)


def _at(weights: Tensor | None, kept: Tensor) -> Tensor | None:
    return None if weights is None else weights[kept]


def _has_channels_second(norm: nn.Module) -> bool:
    """Packages' own kinds: torchvision's and timm's LayerNorm2d, and two of transformers'."""
    name = type(norm).__name__
    first = getattr(norm, "data_format", "") == "channels_first"
    return "2d" in name or name == "SqueezeBertLayerNorm" or first


def _is_own_norm(module: nn.Module) -> bool:
    """Norms that are no layers of torch's, and its RMSNorm, by the names that people and packages give them."""
    return any(part in type(module).__name__ for part in ("Norm", "GRN", "LN"))


def _own_norm(gone: Tensor) -> Any:
    """Run a norm that has the parameters of what is kept on what is kept, and put the answer back into its place."""

    def hook(norm: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x, width = inputs[0], max(parameter.numel() for parameter in norm.parameters())
        second = _has_channels_second(norm) or getattr(norm, "channel_dim", -1) == 1 or x.shape[-1] != width
        dim = 1 if second else x.dim() - 1
        kept = torch.tensor([c for c in range(width) if c not in gone])
        small: Any = copied(norm)
        small._forward_hooks.clear()
        for name, held in list(small.named_parameters()):
            if width in held.shape:
                setattr(small, name, nn.Parameter(held.index_select(list(held.shape).index(width), kept)))
        if hasattr(small, "normalized_shape"):
            small.normalized_shape = (len(kept),)
        return torch.zeros_like(output).index_copy(dim, kept, small(x.index_select(dim, kept)))

    return hook


def _silence_weights(layer: Any, axis: Axis, gone: Tensor) -> None:
    layer.weight.data.index_fill_(int(axis is Axis.IN), gone, 0)
    if axis is Axis.OUT and layer.bias is not None:
        layer.bias.data.index_fill_(0, gone, 0)


def _take_scales(quiet: nn.Module, pruned: nn.Module) -> None:
    """What attention multiplies its products by: a number that its owner stores, or works out of its width."""
    owner: Any
    for path, owner in pruned.named_modules():
        other: Any = quiet.get_submodule(path)
        for name in ("scale", "scaling", "scale_factor", "inv_norm_factor", "softmax_scale"):
            if isinstance(vars(owner).get(name), float):
                setattr(other, name, vars(owner)[name])
        if name := _inline(owner):
            query = next(getattr(other, q) for q in ("q", "query", "q_lin") if hasattr(other, q))
            for weights in filter(torch.is_tensor, (query.weight, query.bias)):
                weights.data *= math.sqrt(getattr(other, name) / getattr(owner, name))
        if type(owner).__name__ == "ShiftedWindowAttention":
            factor = math.sqrt(other.qkv.out_features / owner.qkv.out_features)
            for joint in (other.qkv.weight, other.qkv.bias):
                joint.data[: len(joint) // 3] *= factor


def _inline(owner: nn.Module) -> str:
    """Attribute of the head size that transformers' older attention divides by the root of; '' for all others."""
    known = vars(owner)
    if type(owner).__name__ == "MultiHeadAttention" and hasattr(owner, "q_lin"):
        return "head_dim"
    queries = hasattr(owner, "query") or hasattr(owner, "q")
    return "attention_head_size" * ("attention_head_size" in known and "scaling" not in known and queries)


@contextmanager
def _head_sizes(module: nn.Module, size_of: Callable[[int], int | None]) -> Iterator[None]:
    """Ask of each call of torch's attention function by which head size it is to divide; None: by its own."""
    original: Any = functional.scaled_dot_product_attention
    within: list[bool] = []

    def attend(query: Tensor, *args: Any, scale: float | None = None, **kwargs: Any) -> Tensor:
        size = None if within else size_of(query.shape[-1])
        scale = size**-0.5 if scale is None and size is not None else scale
        return original(query, *args, scale=scale, **kwargs)

    for layer in module.modules():  # torch's own layer is seen to by its weights
        if isinstance(layer, nn.MultiheadAttention):
            layer.register_forward_pre_hook(lambda *_: within.append(True))
            layer.register_forward_hook(lambda *_: within.pop() and None)
    with patch.object(functional, "scaled_dot_product_attention", attend):
        yield


def _silence_attention(attention: nn.MultiheadAttention, gone: Tensor) -> None:
    width = attention.embed_dim
    left = (width - len(gone)) // attention.num_heads
    thrice = torch.cat([gone + part * width for part in range(3)])
    for joint in filter(torch.is_tensor, (attention.in_proj_weight, attention.in_proj_bias)):
        joint.data.index_fill_(0, thrice, 0)
        joint.data[:width] *= math.sqrt(attention.head_dim / left)
    attention.in_proj_weight.data.index_fill_(1, gone, 0)
    attention.out_proj.weight.data.index_fill_(0, gone, 0).index_fill_(1, gone, 0)
    if attention.out_proj.bias is not None:
        attention.out_proj.bias.data.index_fill_(0, gone, 0)
