"""Do two variants of a network answer alike? Every output, every position, each by its own scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from explorer.anatomy.probing import Answers

TOLERANCE = 1e-3  # of a position's own scale; right couplings stay below 1e-5 nearly everywhere
CERTAIN = 1e-2  # of its scale: what is apart by that is no rounding ...
FEW, ROUNDED = 0.01, 1e-6  # share of the positions, and of the largest value
CROSSING = 5e-6  # the same share where a position is known to lie further from zero otherwise
LOUD = 100.0  # ... where it is also more than 1e-4 of the output's largest value


@dataclass(frozen=True)
class Apart:
    """How far two answers lie apart.

    A position is an element of an output without its first axis, on which the inputs of a batch lie; its scale is
    the largest value that it takes over all inputs. So scores between 0 and 1 beside boxes of 640 pixels count.
    """

    share: float = 0.0  # the largest difference, by the scale of its position; infinite where that is zero
    certain: float = 0.0  # above `CERTAIN`: no rounding makes such a difference
    shown: float = 0.0  # for people: the mean of positions that are apart, each at most 1
    output: int = 0  # which output it is
    outputs: int = 1  # of how many
    shapes: str = ""  # how shapes differ; "" where they do not

    @property
    def equal(self) -> bool:
        """Whether the answers are the same but for rounding."""
        return not self.shapes and self.share <= TOLERANCE

    @property
    def surely_apart(self) -> bool:
        """Whether the answers are not the same, however they were rounded."""
        return bool(self.shapes) or self.certain > CERTAIN


def apart(ours: Answers, theirs: Answers, floor: float = 0.0, usual: Sequence[Tensor] = ()) -> Apart:
    """Compare the answers of two variants on the same inputs.

    Args:
        ours: of the variant.
        theirs: of the network that it is held against; scales are its.
        floor: share of an output's largest value that every scale is raised by, as rounding makes of it.
        usual: what the network answers otherwise, output by output: few values that cross zero are told by it.
    """
    counts = {len(tensors) for tensors in (*ours, *theirs)}
    if len(counts) != 1:
        return Apart(math.inf, shapes=f"it answers with {len(ours[0])} outputs instead of {len(theirs[0])}")
    known: Sequence[Tensor | None] = usual if {len(usual)} == counts else [None] * max(counts)
    found = [
        _output(
            number,
            [(one[number], other[number]) for one, other in zip(ours, theirs, strict=True)],
            floor,
            known[number],
        )
        for number in range(counts.pop())
    ]
    worst = max(found, key=lambda one: (bool(one.shapes), one.share), default=Apart())
    return replace(worst, outputs=len(found))


def largest_difference(ours: Answers, theirs: Answers) -> float:
    """Of all outputs, relative to the largest value of each; infinite where shapes or numbers do not match."""
    worst = 0.0
    for one, other in zip(sum(ours, ()), sum(theirs, ()), strict=True):
        if one.shape != other.shape:
            return math.inf
        if other.numel():
            largest = other.double().abs().max().clamp_min(1e-30)
            share = float((one.double() - other.double()).abs().max() / largest)
            worst = max(worst, math.inf if math.isnan(share) else share)
    return worst


def _output(number: int, pairs: Sequence[tuple[Tensor, Tensor]], floor: float, usual: Tensor | None) -> Apart:
    """One output over all runs."""
    for one, other in pairs:
        if one.shape != other.shape:
            shapes = f"output {number + 1} has shape {_sizes(one)} instead of {_sizes(other)}"
            return Apart(math.inf, math.inf, 1.0, number, shapes=shapes)
    if not (pairs[0][1].is_floating_point() or pairs[0][1].is_complex()):
        return _labels(number, pairs)
    rows = [(_rows(one), _rows(other)) for one, other in pairs]
    if len({other.shape[1] for _, other in rows}) == 1:
        rows = [(torch.cat([one for one, _ in rows]), torch.cat([other for _, other in rows]))]
    known = None if usual is None else _rows(usual)
    found = (_numbers(number, one, other, floor, known) for one, other in rows)
    return max(found, key=lambda one: one.share)


def _labels(number: int, pairs: Sequence[tuple[Tensor, Tensor]]) -> Apart:
    """Whole numbers have no scale: the share of them that differ."""
    differ = sum(int((one != other).sum()) for one, other in pairs)
    share = differ / max(sum(other.numel() for _, other in pairs), 1)
    return Apart(share, 0.0, share, number)


def _rows(tensor: Tensor) -> Tensor:
    """Shape ``[inputs, positions]``, double."""
    whole = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return (
        whole.double().reshape(len(whole) if whole.dim() else 1, -1) if whole.numel() else torch.zeros(1, 1)
    )


def _numbers(number: int, ours: Tensor, theirs: Tensor, floor: float, usual: Tensor | None) -> Apart:
    finite = torch.isfinite(ours) & torch.isfinite(theirs)
    same = finite | (ours == theirs) | (ours.isnan() & theirs.isnan())
    if not bool(same.all()):  # a number on one side only
        return Apart(math.inf, math.inf, 1.0, number)
    difference = (ours - theirs).abs().where(finite, 0).amax(0)
    scale = theirs.abs().where(finite, 0).amax(0)
    largest = scale.max()
    share = _share(difference, scale + floor / TOLERANCE * largest)
    certain = torch.minimum(_share(difference, scale), LOUD * _share(difference, largest))
    if _is_rounding(share, difference / largest, usual):
        share = share.where(share <= TOLERANCE, 0)
    shown = share[share > TOLERANCE].clamp(max=1).mean() if bool((share > TOLERANCE).any()) else share.max()
    return Apart(float(share.max()), float(certain.max()), float(shown), number)


def _is_rounding(share: Tensor, difference: Tensor, usual: Tensor | None) -> bool:
    """Whether what is apart is a few positions that come close to zero, by as much as single precision rounds.

    Args:
        share: the difference of each position by its scale.
        difference: the same by the output's largest value.
        usual: what the network answers otherwise. A position that then lies further from zero only crosses it here.
    """
    apart = share > TOLERANCE
    most = torch.full_like(difference, ROUNDED)
    if usual is not None and usual.shape[1] == len(difference):
        scale = usual.abs().nan_to_num(0, 0, 0).amax(0)
        most = torch.maximum(most, (TOLERANCE * _share(scale, scale.max())).clamp(max=CROSSING))
    return bool(apart.double().mean() < FEW) and bool((difference <= most)[apart].all())


def _share(difference: Tensor, scale: Tensor) -> Tensor:
    """Their quotient; nothing by nothing is nothing."""
    return torch.where(difference > 0, difference / scale, 0.0)


def _sizes(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "of one number"
