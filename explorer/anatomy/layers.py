"""Every layer of a network as it is now, pruned or not: counted on its tensors, never on a plan."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from explorer.anatomy.counting import effective, layer_rows, own_nonzero
from explorer.anatomy.network import Network
from explorer.anatomy.surgery import Weighted
from explorer.anatomy.transposed import Conv1D
from explorer.values import LayerRow
from explorer.values.outcome import LayerOutcome


def layer_outcomes(net: Network, module: nn.Module) -> tuple[LayerOutcome, ...]:
    """Widths, parameters, non-zeros and MACs of every layer of `module`.

    Args:
        net: whose example input `module` accepts.
        module: the network, or a pruned copy without masks attached.
    """
    layers = {**dict(module.named_parameters()), **dict(module.named_modules())}
    return tuple(_outcome(row, layers.get(row.name)) for row in layer_rows(replace(net, module=module)))


def _outcome(row: LayerRow, layer: nn.Module | nn.Parameter | None) -> LayerOutcome:
    weight = layer.weight if isinstance(layer, Weighted) and layer.weight.numel() else None
    return LayerOutcome(
        name=row.name,
        type=row.type,
        width=width_of(layer),
        params=row.params,
        nonzero=own_nonzero(row, layer),
        macs=row.macs,
        effective_macs=row.macs
        if weight is None
        else effective(row.macs, int(weight.count_nonzero()), weight.numel()),
        structural_macs=row.macs if weight is None else effective(row.macs, *_structural(weight != 0)),
    )


def _structural(used: Tensor) -> tuple[int, int]:
    """Pairs of rows and columns of a weight that hold anything but zeros, and all pairs."""
    return _used(used, 0) * _used(used, 1), used.shape[0] * used.shape[1]


def _used(used: Tensor, axis: int) -> int:
    """Slices along an axis that hold anything but zeros."""
    others = [other for other in range(used.dim()) if other != axis]
    return int(torch.amax(used, dim=others).sum())


_WIDTHS = {  # where layers keep the number of their output channels
    nn.modules.conv._ConvNd: "out_channels",
    nn.Linear: "out_features",
    Conv1D: "nf",
    nn.MultiheadAttention: "embed_dim",
    nn.Embedding: "embedding_dim",
    nn.modules.batchnorm._NormBase: "num_features",
    nn.GroupNorm: "num_channels",
    nn.PReLU: "num_parameters",
}


def width_of(layer: nn.Module | nn.Parameter | None) -> int:
    """Output channels of a layer; 0 where it has none."""
    if isinstance(layer, nn.Parameter):  # they lie along its last axis that is longer than one
        return next((size for size in reversed(layer.shape) if size > 1), 1)
    if isinstance(layer, nn.LayerNorm):
        return layer.normalized_shape[-1]
    return next((getattr(layer, name) for kind, name in _WIDTHS.items() if isinstance(layer, kind)), 0)
