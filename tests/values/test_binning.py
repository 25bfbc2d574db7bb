"""Bins of scores: all counted, and readable where most crowd at the low end."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.values.binning import MIDDLE, binned

CROWDED = np.sort(np.concatenate([np.full(700, 1e-17), np.geomspace(1e-16, 1, 300)])).astype(np.float32)


@pytest.mark.parametrize(
    "ordered",
    [np.linspace(0, 1, 101), np.full(5, 2.0), np.array([3.0]), CROWDED],
    ids=["even", "equal", "single", "crowded"],
)
def test_every_score_is_in_a_bin(ordered: NDArray[np.float64]) -> None:
    edges, starts = binned(ordered, 12, 64)
    assert len(edges) == len(starts) == 12 + 1
    assert np.diff(starts).sum() == len(ordered)
    assert (np.diff(starts) >= 0).all()


def test_even_scores_get_even_bins() -> None:
    edges, starts = binned(np.arange(100.0), 10, 64)
    assert np.diff(edges) == pytest.approx([99 / 10] * 10)
    assert np.diff(starts).tolist() == [10] * 10


def test_a_low_median_is_drawn_in_the_middle_of_the_width() -> None:
    ordered = np.sort(np.concatenate([[0.0], np.full(60, 1e-6), np.linspace(0.5, 1, 40)]))
    edges, _ = binned(ordered, 100, 64)
    assert np.interp(1e-6, edges, np.linspace(0, 1, 101)) == pytest.approx(MIDDLE, abs=0.01)


def test_scores_above_the_tail_share_the_last_bin() -> None:
    edges, starts = binned(np.append(np.arange(100.0), 1e6), 10, 1, tail=0.99)
    assert edges[-1] == 99
    assert np.diff(starts).tolist() == [10] * 9 + [11]
