"""One counting convention for every number in the explorer.

MACs are multiply-accumulates of convolutions, linear and recurrent layers and
attention products, for one example input; biases and norms are free. That is
half of what torch's ``FlopCounterMode`` counts, once its blind spots (fused
kernels of attention and LSTMs) are filled in. 1 MAC = 2 FLOPs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.anatomy.copies import state_kept
from explorer.anatomy.flops import Counter, fused_attention_off
from explorer.anatomy.inputs import Example, call
from explorer.anatomy.network import Network
from explorer.anatomy.profile import Profile, profiled
from explorer.anatomy.transposed import Conv1D
from explorer.values import CounterReading, LayerRow


def layer_rows(net: Network) -> tuple[LayerRow, ...]:
    """Every layer that stores tensors or costs MACs, in the order of execution."""
    profile = profiled(net)
    counted: set[int] = set()  # a parameter that layers share is the first one's
    rows = [_row(name, module, profile, counted) for name, module in _layers(net.module)]
    rows += _bare_parameters(net.module, profile) + _functional_products(net.module, profile)
    rank = {name: position for position, name in enumerate(profile.shapes)}
    # A bare parameter has no turn of its own: it goes with the module that holds it.
    return tuple(sorted(rows, key=lambda row: rank.get(row.name, rank.get(row.name.rpartition(".")[0], -1))))


def total_macs(module: nn.Module, example_input: Example) -> int:
    """MACs of the whole network by the explorer's convention."""
    with state_kept(module), fused_attention_off(), torch.no_grad(), Counter() as counts:
        call(module, example_input)
    return counts.get_total_flops() // 2


def total_params(module: nn.Module) -> int:
    """Parameters, each counted once however often it is shared."""
    return sum(parameter.numel() for parameter in module.parameters())


def total_nonzero(module: nn.Module) -> int:
    """Parameters that are not zero."""
    return sum(int(parameter.count_nonzero()) for parameter in module.parameters())


Number = TypeVar("Number", int, NDArray[np.int64])


def effective(macs: Number, nonzero: Number, weights: Number) -> Number:
    """MACs whose weight is not zero, rounded down: the one formula, of a layer or of all layers in columns.

    Args:
        macs: of the layer.
        nonzero: weights that are not zero; 1 where MACs follow from no weight.
        weights: all of them, above 0; 1 where MACs follow from none.
    """
    each, rest = macs // weights, macs % weights  # MACs times weights could be too large a number
    return each * nonzero + rest * nonzero // weights


def stored_tensors(module: nn.Module) -> dict[str, Tensor]:
    """What saving the network stores: parameters and buffers, a shared one under its first name only."""
    seen: set[tuple[int, torch.Size]] = set()
    stored = {}
    for name, tensor in module.state_dict().items():
        identity = (tensor.data_ptr(), tensor.shape)
        if tensor.numel() and identity in seen:
            continue
        seen.add(identity)
        stored[name] = tensor
    return stored


def state_bytes(module: nn.Module) -> int:
    """Bytes of all stored tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in stored_tensors(module).values())


def flop_counter_reading(net: Network, macs: int) -> CounterReading:
    """What ``FlopCounterMode / 2`` says as people commonly call it: eval mode, default settings."""
    with state_kept(net.module), torch.no_grad(), FlopCounterMode(display=False) as counter:
        call(net.module, net.example_input)
    counted = counter.get_total_flops() // 2
    blind = "It does not see fused kernels (attention, LSTMs), bilinear layers, or products with vectors."
    reason = "" if counted == macs else blind
    return CounterReading("torch FlopCounterMode / 2", counted, reason)


def weight_shape(module: nn.Module) -> tuple[int, ...] | None:
    """Shape of a layer's weight; attention is told by its joint q, k, v projection."""
    weight = getattr(module, "in_proj_weight", None) if isinstance(module, nn.MultiheadAttention) else None
    weight = getattr(module, "weight", None) if weight is None else weight
    return tuple(weight.shape) if isinstance(weight, Tensor) else None


def own_parameters(module: nn.Module) -> list[nn.Parameter]:
    """Parameters of one layer itself; attention is one layer with its projections."""
    return list(module.parameters(recurse=isinstance(module, nn.MultiheadAttention)))


def own_params(module: nn.Module) -> int:
    """How many numbers those are."""
    return sum(parameter.numel() for parameter in own_parameters(module))


def own_nonzero(row: LayerRow, layer: nn.Module | nn.Parameter | None) -> int:
    """How many of a row's numbers are not zero; `layer` is what the row stands for, None for bare products."""
    if layer is None or not row.params:
        return 0
    own = [layer] if isinstance(layer, nn.Parameter) else own_parameters(layer)
    if sum(parameter.numel() for parameter in own) != row.params:  # its weight is counted in another row
        own = [parameter for parameter in own if parameter is not getattr(layer, "weight", None)]
    return sum(int(parameter.count_nonzero()) for parameter in own)


_LAYER_TYPES = (
    nn.modules.conv._ConvNd,
    nn.Linear,
    Conv1D,
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
)
# Of other modules that store tensors every parameter is a row: each may lose channels of its own.
_KNOWN = (*_LAYER_TYPES, nn.Embedding, nn.EmbeddingBag, nn.PReLU, nn.RNNBase, nn.Bilinear)
_LISTS = (nn.ParameterList, nn.ParameterDict)


def _layers(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Modules that store tensors of their own: leaves, layers that also have children, and attention as one."""
    attention: tuple[str, ...] = ()
    for name, module in root.named_modules():
        if attention and name.startswith(attention):
            continue
        if isinstance(module, nn.MultiheadAttention):
            attention = (*attention, f"{name}.")
            yield name, module
        elif isinstance(module, _LAYER_TYPES) or _is_storing_leaf(module):
            yield name, module


def _is_storing_leaf(module: nn.Module) -> bool:
    if isinstance(module, _LISTS) or next(module.children(), None) is not None:
        return False
    has_parameters = any(True for _ in module.parameters(recurse=False))
    return isinstance(module, _KNOWN) if has_parameters else any(True for _ in module.buffers(recurse=False))


def _row(name: str, module: nn.Module, profile: Profile, counted: set[int]) -> LayerRow:
    shape = profile.shapes.get(name)
    fresh = {id(p): p.numel() for p in own_parameters(module) if id(p) not in counted}
    counted.update(fresh)
    return LayerRow(
        name,
        type(module).__name__,
        weight_shape(module),
        shape,
        sum(fresh.values()),
        profile.macs(name, module),
    )


def _bare_parameters(root: nn.Module, profile: Profile) -> list[LayerRow]:
    """Parameters that no layer holds: class tokens, position embeddings, layer scales, layers of one's own.

    What such a layer multiplies goes with its weight, and shrinks as it does.
    """
    held = {id(parameter) for _, module in _layers(root) for parameter in own_parameters(module)}
    bare = {name: p for name, p in root.named_parameters() if id(p) not in held}
    spending = _weights(root, profile)
    return [
        LayerRow(name, "Parameter", tuple(p.shape), None, p.numel(), spending.get(name, 0))
        for name, p in bare.items()
    ]


def _weights(root: nn.Module, profile: Profile) -> dict[str, int]:
    """MACs of the layers of one's own, by the name of their only weight."""
    own = layers_of_ones_own(root).items()
    return {f"{name}.{weight}".lstrip("."): profile.own_macs.get(name, 0) for name, weight in own}


def layers_of_ones_own(root: nn.Module) -> dict[str, str]:
    """Modules that nobody knows and that hold a single weight, which they multiply: dotted path -> its name."""
    found = {}
    for name, module in root.named_modules():
        matrices = [n for n, p in module.named_parameters(recurse=False) if p.dim() > 1]
        if len(matrices) == 1 and not isinstance(module, _KNOWN) and not list(module.children()):
            found[name] = matrices[0]
    return found


FUNCTIONAL = "functional products"  # the type of a row for MACs that no layer spends


def _functional_products(root: nn.Module, profile: Profile) -> list[LayerRow]:
    """MACs that a module spends itself, outside its layers: attention written as plain functions."""
    layers = {*dict(_layers(root)), *layers_of_ones_own(root)}
    inside = tuple(
        f"{name}." for name, module in root.named_modules() if isinstance(module, nn.MultiheadAttention)
    )
    return [
        LayerRow(name or "(top)", FUNCTIONAL, None, None, 0, macs)
        for name, macs in profile.own_macs.items()
        if macs and name not in layers and not (inside and name.startswith(inside))
    ]
