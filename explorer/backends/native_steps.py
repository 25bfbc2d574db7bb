"""Norm, sort, zeroise: the three steps of ``torch.nn.utils.prune``, for one layer, with what each costs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from explorer.backends.native import NativePlanner
from explorer.errors import UnknownNameError
from explorer.libraries.torch_prune import ORDER, Slot
from explorer.schema import Amount, Axis, MaskSteps
from explorer.timing import quick

BINS = 48
POINTS = 240  # of the sorted curve: more than a chart has pixels to tell apart
SIDE = 48  # of the mask's picture


def mask_steps(planner: NativePlanner, amount: Amount, layer: str) -> MaskSteps:
    """How the weight's mask of one layer comes about.

    Raises:
        UnknownNameError: if the layer is not among those that are masked.
    """
    slot = Slot(layer, "weight")
    if slot not in planner.slots:
        known = ", ".join(slot.layer for slot in planner.slots if slot.parameter == "weight")
        raise UnknownNameError(f"Layer {layer!r} is not masked. Layers that are: {known[:300]}.")
    order = planner.order(amount)
    mask = planner.ranking.masks(order)[slot]
    scores = planner.ranking.scores(slot, order).double()
    kept = _unit_mask(planner, mask)
    counts, edges = np.histogram(scores.numpy(), BINS)
    return MaskSteps(
        layer=layer,
        shape=tuple(mask.shape),
        unit=_unit(planner),
        total=kept.numel(),
        zeroed=kept.numel() - int(kept.sum()),
        threshold=_threshold(scores, kept),
        bins=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        curve=_curve(scores),
        picture=_picture(mask),
        **_costs(planner, slot, mask),
    )


def _unit(planner: NativePlanner) -> str:
    if not planner.ranking.structured:
        return "weight"
    return "output slice" if planner.options.axis is Axis.OUT else "input slice"


def _unit_mask(planner: NativePlanner, mask: Tensor) -> Tensor:
    """The mask by what is scored: every value, or one of each slice."""
    if not planner.ranking.structured:
        return mask.reshape(-1)
    first = mask if planner.options.axis is Axis.OUT else mask.transpose(0, 1)
    return first.reshape(len(first), -1)[:, 0]


def _threshold(scores: Tensor, kept: Tensor) -> float | None:
    """Score of the last one that goes."""
    return float(scores[~kept].max()) if not kept.all() else None


def _curve(scores: Tensor) -> tuple[tuple[int, float], ...]:
    ordered = scores.sort().values
    ranks = torch.linspace(0, max(len(ordered) - 1, 0), min(POINTS, len(ordered))).long()
    return tuple((int(rank), float(ordered[rank])) for rank in ranks)


def _picture(mask: Tensor) -> tuple[tuple[float, ...], ...]:
    """Share kept of every filter and input, averaged down to what can be seen."""
    shares = mask.float().reshape(mask.shape[0], mask.shape[1], -1).mean(dim=2)
    sizes = (min(SIDE, shares.shape[0]), min(SIDE, shares.shape[1]))
    small = functional.adaptive_avg_pool2d(shares[None, None], sizes)[0, 0]
    return tuple(tuple(round(share, 3) for share in row) for row in small.tolist())


def _costs(planner: NativePlanner, slot: Slot, mask: Tensor) -> dict[str, float]:
    """Seconds of the library's steps on this layer: score all, find those that go, multiply by the mask."""
    value = planner.ranking.values[slot]
    scores = _scored(planner, value)
    from_the_top = planner.ranking.random
    count = max(_unit_mask(planner, mask).logical_not().sum().item(), 1)
    zeros = mask.to(value.dtype)
    return {
        "norm_seconds": quick(lambda: _scored(planner, value)),
        "sort_seconds": quick(lambda: torch.topk(scores, int(count), largest=from_the_top)),
        "zeroise_seconds": quick(lambda: value * zeros),
    }


def _scored(planner: NativePlanner, value: Tensor) -> Tensor:
    """Scores as the library makes them at every call, flat."""
    axis = int(planner.options.axis is Axis.IN)
    if planner.ranking.random:
        return (
            torch.rand(value.shape[axis]) if planner.ranking.structured else torch.rand_like(value).view(-1)
        )
    if not planner.ranking.structured:
        return value.abs().view(-1)
    others = [d for d in range(value.dim()) if d != axis]
    return torch.norm(value, p=ORDER[planner.options.criterion], dim=others)
