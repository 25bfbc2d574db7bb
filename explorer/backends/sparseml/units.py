"""Units of a mask: how SparseML ties weights together for each mask type, and scores them.

Every operation is the library's own, in its order: a score that differs in its last bit can break a tie otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.values import MaskType

BLOCK = 4


@dataclass(frozen=True)
class Units:
    """The units of one weight tensor."""

    scores: Tensor  # one for each unit, the lowest go first
    size: int | None  # weights in each; None where that varies
    expand: Callable[[Tensor], Tensor]  # units that stay, flat -> mask in the weight's shape
    zeros_first: bool = False  # whether weights that are zero already go before all others

    def mask(self, gone: Tensor) -> Tensor:
        """The mask, True = kept, when these units go (flat, True = goes)."""
        return self.expand(~gone)


def units_of(
    weights: Mapping[str, Tensor], mask_type: MaskType, groups: Sequence[Sequence[str]]
) -> dict[str, Units]:
    """Units of every weight, by the layer's dotted path."""
    if mask_type in (MaskType.FILTER, MaskType.CHANNEL):
        return _slices(weights, 0 if mask_type is MaskType.FILTER else 1, groups)
    make = _MAKERS[mask_type]
    return {name: make(weight.detach().abs()) for name, weight in weights.items()}


def _single(scores: Tensor) -> Units:
    return Units(scores, 1, lambda stays: stays.view(scores.shape), zeros_first=True)


def _block4(scores: Tensor) -> Units:
    """Four neighbours along the inputs; where they do not come out even, the rest is padded with its mean."""
    last = scores.movedim(1, -1) if scores.dim() > 2 else scores
    rest = last.shape[-1] % BLOCK
    if rest:
        mean = torch.mean(last[..., -rest:], dim=-1, keepdim=True)
        padded = torch.cat([last, mean.expand(*last.shape[:-1], BLOCK - rest)], dim=-1)
    else:
        padded = last

    def expand(stays: Tensor) -> Tensor:
        mask = stays.view(-1, 1).expand(-1, BLOCK).reshape(padded.shape)[..., : last.shape[-1]]
        return mask.movedim(-1, 1) if scores.dim() > 2 else mask

    means = torch.mean(padded.reshape(-1, BLOCK), dim=1, keepdim=True)
    return Units(means, None if rest else BLOCK, expand)


def _one_by_four(scores: Tensor) -> Units:
    return _reshaped(scores, [scores.shape[0] * scores.shape[1] // BLOCK, BLOCK, -1])


def _four_by_one(scores: Tensor) -> Units:
    return _reshaped(scores, [scores.shape[0] // BLOCK, BLOCK, -1])


def _reshaped(scores: Tensor, shape: list[int]) -> Units:
    blocked = scores.reshape(shape)
    means = torch.mean(blocked, dim=1, keepdim=True)
    return Units(
        means, BLOCK, lambda stays: stays.view(means.shape).expand(blocked.shape).reshape(scores.shape)
    )


def _n_of_m(size: int) -> Callable[[Tensor], Units]:
    """Half of every `size` neighbours go: a ranking within each set, so that the one count 0.5 takes them all."""

    def make(scores: Tensor) -> Units:
        sets = scores.reshape(-1, size)
        lowest = torch.argsort(sets, dim=1)[:, : size // 2]
        stays = torch.ones_like(sets).scatter_(dim=1, index=lowest, value=0).reshape(scores.shape)
        return Units(stays, 1, lambda kept: kept.view(scores.shape))

    return make


_MAKERS: dict[MaskType, Callable[[Tensor], Units]] = {
    MaskType.UNSTRUCTURED: _single,
    MaskType.BLOCK4: _block4,
    MaskType.ONE_BY_FOUR: _one_by_four,
    MaskType.FOUR_BY_ONE: _four_by_one,
    MaskType.TWO_OF_FOUR: _n_of_m(4),
    MaskType.FOUR_OF_EIGHT: _n_of_m(8),
}


def _slices(weights: Mapping[str, Tensor], dim: int, groups: Sequence[Sequence[str]]) -> dict[str, Units]:
    norms = {name: _norms(weight.detach().abs(), dim) for name, weight in weights.items()}
    scores = dict(norms)
    for group in groups:
        scores |= _together({name: norms[name] for name in group})
    return {name: _slice_units(weight, dim, scores[name]) for name, weight in weights.items()}


def _norms(scores: Tensor, dim: int) -> Tensor:
    others = [axis for axis in range(scores.dim()) if axis != dim]
    return torch.linalg.vector_norm(scores, dim=others).reshape(-1)


def _together(norms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Layers that lose the same slices share the sum of their norms; depthwise ones have but one and stay out."""
    sliced = {name: norm for name, norm in norms.items() if len(norm) > 1}
    if not sliced:
        return {}
    least = min(len(norm) for norm in sliced.values())
    folded = [norm if len(norm) == least else norm.view(least, -1).mean(dim=1) for norm in sliced.values()]
    return dict.fromkeys(sliced, torch.sum(torch.stack(folded), dim=0))


def _slice_units(weight: Tensor, dim: int, scores: Tensor) -> Units:
    """Slices along `dim`; a layer that has only one keeps it."""
    whole = weight.shape[dim]
    if whole == 1:
        return Units(scores.new_zeros(1), 0, lambda stays: torch.ones(weight.shape, dtype=torch.bool))
    shape = [-1 if axis == dim else 1 for axis in range(weight.dim())]
    repeat = whole // len(scores)

    def expand(stays: Tensor) -> Tensor:
        return stays.repeat_interleave(repeat).view(shape).expand(weight.shape)

    return Units(scores, weight.numel() // len(scores), expand)
