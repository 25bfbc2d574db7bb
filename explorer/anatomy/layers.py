"""Every layer of a network as it is now, pruned or not: counted on its tensors, never on a plan."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from explorer.anatomy.counting import layer_rows, own_nonzero
from explorer.anatomy.network import Network
from explorer.anatomy.transposed import Conv1D, widths
from explorer.values import (
    LayerRow,
)
from explorer.values.comparing import (
    LayerOutcome,
)

Weighted = nn.modules.conv._ConvNd | nn.Linear | Conv1D  # one weight, from which MACs follow


def layer_outcomes(net: Network, module: nn.Module) -> tuple[LayerOutcome, ...]:
    """Widths, parameters, non-zeros and MACs of every layer of `module`.

    Args:
        net: whose example input `module` accepts.
        module: the network, or a pruned copy without masks attached.
    """
    layers = {**dict(module.named_parameters()), **dict(module.named_modules())}
    return tuple(_outcome(row, layers.get(row.name)) for row in layer_rows(replace(net, module=module)))


def _outcome(row: LayerRow, layer: nn.Module | nn.Parameter | None) -> LayerOutcome:
    effective, structural = _shares(layer)
    return LayerOutcome(
        name=row.name,
        type=row.type,
        width=_width(row, layer),
        params=row.params,
        nonzero=own_nonzero(row, layer),
        macs=row.macs,
        effective_macs=round(row.macs * effective),
        structural_macs=round(row.macs * structural),
    )


def _shares(layer: nn.Module | nn.Parameter | None) -> tuple[float, float]:
    """Share of the MACs whose weight is not zero, and of those outside all-zero rows and columns."""
    if not isinstance(layer, Weighted):
        return 1.0, 1.0
    used = layer.weight != 0
    return float(used.float().mean()), _used(used, 0) * _used(used, 1)


def _used(used: Tensor, axis: int) -> float:
    """Share of the slices along an axis that hold anything but zeros."""
    others = [other for other in range(used.dim()) if other != axis]
    return float(torch.amax(used.float(), dim=others).mean())


def _width(row: LayerRow, layer: nn.Module | nn.Parameter | None) -> int:
    if isinstance(layer, nn.MultiheadAttention):
        return layer.embed_dim
    if isinstance(layer, (nn.modules.conv._ConvTransposeNd, Conv1D)):
        return widths(layer)[0]
    return row.weight_shape[0] if row.weight_shape else 0
