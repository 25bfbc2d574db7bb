"""Norm, sort, zeroise: the three steps of ``torch.nn.utils.prune``, for one layer, with what each costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import ORDER
from explorer.backends.slots import Slot
from explorer.measuring.timing import quick
from explorer.values import Amount, Axis, MaskSteps
from explorer.values.binning import binned
from explorer.values.errors import UnknownNameError

BINS = 48
MOST_STRETCH = 64.0  # trained weights can crowd at 1e-17 while the largest are near 1
POINTS = 240  # of the sorted curve: more than a chart has pixels to tell apart
SIDE = 48  # of the mask's picture
TIMED = 1 << 22  # values that the library's calls are timed on: they take seconds for 10 times as many


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
    mask = planner.ranking.mask(order, slot)
    scores = planner.ranking.scores(slot, order)
    kept = _unit_mask(planner, slot, mask)
    sights = _sights(planner, slot, scores)
    return MaskSteps(
        layer=layer,
        shape=tuple(mask.shape),
        unit=_unit(planner),
        total=kept.numel(),
        zeroed=kept.numel() - int(kept.count_nonzero()),
        threshold=_threshold(scores, kept),
        bins=sights.bins,
        counts=sights.counts,
        curve=sights.curve,
        picture=_picture(mask),
        norm_seconds=sights.costs[0],
        sort_seconds=sights.costs[1],
        zeroise_seconds=sights.costs[2],
        timed=_timed(planner, planner.ranking.values[slot]).numel(),
    )


@dataclass(frozen=True)
class _Sights:
    """What stays while the amount changes."""

    bins: tuple[float, ...]
    counts: tuple[int, ...]
    curve: tuple[tuple[int, float], ...]
    costs: tuple[float, float, float]


def _sights(planner: NativePlanner, slot: Slot, scores: Tensor) -> _Sights:
    """Made once a layer; random scores hang on which layers lose anything, so they are looked at each time."""
    known = planner.sights.get(slot)
    if isinstance(known, _Sights) and not planner.ranking.random:
        return known
    costs = known.costs if isinstance(known, _Sights) else _costs(planner, slot)
    # NumPy's sort, since torch's also makes positions, twice as large.
    found = _Sights(*_drawn(np.sort(scores.numpy())), costs)
    planner.sights[slot] = found
    return found


def _unit(planner: NativePlanner) -> str:
    if not planner.ranking.structured:
        return "weight"
    return "output slice" if planner.options.axis is Axis.OUT else "input slice"


def _unit_mask(planner: NativePlanner, slot: Slot, mask: Tensor) -> Tensor:
    """The mask by what is scored: every value, or one of each slice."""
    if not planner.ranking.structured:
        return mask.reshape(-1)
    first = mask.movedim(planner.ranking.dims[slot], 0)
    return first.reshape(len(first), -1)[:, 0]


def _threshold(scores: Tensor, kept: Tensor) -> float | None:
    """Score of the last one that goes."""
    highest = float(scores.masked_fill(kept, -math.inf).max()) if len(scores) else -math.inf
    return highest if highest > -math.inf else None


def _drawn(ordered: NDArray[Any]) -> tuple[tuple[float, ...], tuple[int, ...], tuple[tuple[int, float], ...]]:
    """Edges and counts of the histogram, and the sorted curve; nothing where nothing is scored."""
    if not len(ordered):
        return (), (), ()
    edges, starts = binned(ordered, BINS, MOST_STRETCH)
    curve = tuple((rank, float(ordered[rank])) for rank in thinned(len(ordered)))
    return tuple(edges.tolist()), tuple(np.diff(starts).tolist()), curve


def thinned(size: int) -> list[int]:
    """Ranks that are drawn, the first and the last among them; in single precision large ones would be rounded up."""
    ranks = np.linspace(0, max(size - 1, 0), min(POINTS, size), dtype=np.float64)
    return [int(rank) for rank in ranks]


def _picture(mask: Tensor) -> tuple[tuple[float, ...], ...]:
    """Share kept of every filter and input, averaged down to what can be seen."""
    shares = mask.float().reshape(mask.shape[0], mask.shape[1], -1).mean(dim=2)
    sizes = (min(SIDE, shares.shape[0]), min(SIDE, shares.shape[1]))
    small = functional.adaptive_avg_pool2d(shares[None, None], sizes)[0, 0]
    return tuple(tuple(round(share, 3) for share in row) for row in small.tolist())


def _costs(planner: NativePlanner, slot: Slot) -> tuple[float, float, float]:
    """Seconds of the library's steps when half goes: score all, find those that go, multiply by the mask."""
    value = _timed(planner, planner.ranking.values[slot])
    scores = _scored(planner, slot, value)
    count, zeros = max(len(scores) // 2, 1), torch.ones_like(value)
    return (
        quick(lambda: _scored(planner, slot, value)),
        quick(lambda: torch.topk(scores, count, largest=planner.ranking.random)),
        quick(lambda: value * zeros),
    )


def _timed(planner: NativePlanner, value: Tensor) -> Tensor:
    """As much of a parameter as the calls are timed on: all of it where slices are scored, which is quick."""
    return value if planner.ranking.structured else value.reshape(-1)[:TIMED]


def _scored(planner: NativePlanner, slot: Slot, value: Tensor) -> Tensor:
    """Scores as the library makes them at every call, flat."""
    axis = planner.ranking.dims[slot]
    if planner.ranking.random:
        return (
            torch.rand(value.shape[axis]) if planner.ranking.structured else torch.rand_like(value).view(-1)
        )
    if not planner.ranking.structured:
        return value.abs().view(-1)
    others = [d for d in range(value.dim()) if d != axis]
    return torch.norm(value, p=ORDER[planner.options.criterion], dim=others)
