"""Bins for scores that crowd at the low end: where they do, that end is stretched."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MIDDLE = 0.4  # where the median is drawn at least, as a share of the width


def binned(
    ordered: NDArray[Any], bins: int, most_stretch: float, tail: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Where bins lie, and how many scores lie below each of their edges.

    Args:
        ordered: scores, lowest first, at least one.
        bins: how many.
        most_stretch: the largest power that the low end is stretched by; 1 makes all bins equally wide.
        tail: scores above this quantile share the last bin.

    Returns:
        Edges and counts, both of shape ``[bins + 1]``; the last bin holds everything above it too.
    """
    low, high = float(ordered[0]), float(ordered[round(tail * (len(ordered) - 1))])
    high = high if high > low else low + 1
    power = _stretch((float(ordered[len(ordered) // 2]) - low) / (high - low), most_stretch)
    edges = low + (high - low) * np.linspace(0, 1, bins + 1, dtype=np.float64) ** power
    starts = np.searchsorted(ordered, edges.astype(ordered.dtype))  # as it is: a cast would copy all scores
    starts[0], starts[-1] = 0, len(ordered)
    return edges, starts


def _stretch(median: float, most: float) -> float:
    """The power that brings a median, as a share of the range, to the middle; 1 where it is there already."""
    if median <= 0:
        return 1.0
    return float(np.clip(np.log(median) / np.log(MIDDLE), 1, most))
