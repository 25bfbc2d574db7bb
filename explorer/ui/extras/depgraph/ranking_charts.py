"""Charts of what is ranked together: one row for each class, with the cut that moves with the slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.ui.parts.charts import AFTER, LOST, TEXT, WORK
from explorer.ui.parts.live_charts import Figure, without_data
from explorer.values import RankingClass
from explorer.values.binning import binned

_BINS = 36
_TAIL = 0.99  # scores above this quantile share the last bar: a few far ones would press all others together
_MOST_STRETCH = 8.0
_ROW, _LEAST = 62, 130  # pixels of a row, and of all of them
_TITLE, _FLOOR, _TALLEST = 0.16, 0.94, 0.6  # where the title, the foot and the top of the bars are in a row
_LONGEST = 90  # characters of a title


@dataclass(frozen=True)
class RankedClass:
    """A class of groups with its scores binned: made once, cut anew for every ratio."""

    found: RankingClass
    name: str
    scores: NDArray[np.float64]  # lowest first
    starts: NDArray[np.int64]  # [bins + 1]: how many scores lie below each edge
    edges: NDArray[np.float64]  # [bins + 1]

    @property
    def title(self) -> str:
        """Which group it is, or how many they are, what they are made of, and an own ratio if they have one."""
        count = len(self.found.groups)
        which = f"{count} groups" if count > 1 else self.found.roots[0]
        own = "" if self.found.ratio is None else f", own ratio {self.found.ratio:.2f}"
        made_of = self.name if len(self.name) <= _LONGEST else f"{self.name[:_LONGEST]}…"
        return f"{which}{own}: {made_of}"

    def below_cut(self, ratio: float) -> int:
        """How many of its scores lie up to the cut: what is left, rounded down, stays; equal scores go together."""
        own = ratio if self.found.ratio is None else self.found.ratio
        count = len(self.scores) - int(len(self.scores) * (1 - own))
        return int(np.searchsorted(self.scores, self.scores[count - 1], side="right")) if count else 0


def ranked(found: RankingClass, name: str) -> RankedClass:
    """Bin the scores of a class, and give it a name."""
    scores = np.asarray(found.scores)
    edges, starts = binned(scores, _BINS, _MOST_STRETCH, _TAIL)
    return RankedClass(found, name, scores, starts, edges)


def distributions(classes: Sequence[RankedClass], going: Sequence[str], ratio: float) -> Figure:
    """Histogram of the scores of each class; what is below its cut goes.

    Args:
        classes: one row each.
        going: how many channels the plan takes from each class, in words.
        ratio: where the slider is.
    """
    rows = [row for i, one in enumerate(classes) for row in _rows(i, one, going[i], ratio)]
    return Figure(pd.DataFrame(rows), _distributions(len(classes)))


def _rows(i: int, one: RankedClass, going: str, ratio: float) -> list[dict[str, object]]:
    count = one.below_cut(ratio)
    starts, edges = one.starts, one.edges
    low = np.clip(count - starts[:-1], 0, np.diff(starts))
    scale = _TALLEST / max(int(np.diff(starts).max()), 1)
    bars = [
        _bar(i, k, kind, base, channels, scale, f"{edges[k]:.3g} to {edges[k + 1]:.3g}")
        for k, (below, all_) in enumerate(zip(low.tolist(), np.diff(starts).tolist(), strict=True))
        for kind, base, channels in (("goes", 0, below), ("stays", below, all_ - below))
        if channels
    ]
    cut = float(np.interp(one.scores[count - 1], edges, np.linspace(0, 1, len(edges)))) if count else 0.0
    line = {"kind": "cut", "x": cut, "y": i + _FLOOR, "y2": i + _FLOOR - _TALLEST}
    return [*bars, line, {"kind": "title", "y": i + _TITLE, "text": one.title, "goes": going}]


def _bar(
    row: int, column: int, kind: str, base: int, channels: int, scale: float, span: str
) -> dict[str, object]:
    return {
        "kind": kind,
        "x": column / _BINS,
        "x2": (column + 1) / _BINS,
        "y": row + _FLOOR - base * scale,
        "y2": row + _FLOOR - (base + channels) * scale,
        "importance": span,
        "channels": channels,
    }


@cache
def _distributions(rows: int) -> dict[str, Any]:
    y = alt.Y("y:Q", scale=alt.Scale(domain=[rows, 0], nice=False), axis=None)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    bars = [
        alt.Chart()
        .transform_filter(f"datum.kind == '{kind}'")
        .mark_rect(color=colour, stroke=None)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", tooltip=["importance:N", "channels:Q"])
        for kind, colour in (("stays", AFTER), ("goes", LOST))
    ]
    cut = alt.Chart().transform_filter("datum.kind == 'cut'").mark_rule(color=WORK, strokeWidth=2)
    titles = alt.Chart().transform_filter("datum.kind == 'title'")
    left = titles.mark_text(align="left", color=TEXT).encode(x=alt.value(0), y=y, text="text:N")
    right = titles.mark_text(align="right", color=TEXT, fontWeight="bold").encode(
        x=alt.value("width"), y=y, text="goes:N"
    )
    layers = [*bars, cut.encode(x=x, y=y, y2="y2:Q"), left, right]
    return without_data(alt.LayerChart(layer=layers, height=max(_ROW * rows, _LEAST)))
