"""The three steps of a mask as charts: specs made once, data many times a second, nothing that jumps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from explorer.ui.parts import pixels
from explorer.ui.parts.charts import AFTER, WORK
from explorer.ui.parts.live_charts import Figure, without_data
from explorer.values import MaskSteps

_HEIGHT = 230
_TICKS = 4  # parts that the axis of scores is marked in
_ZERO = "#f2ece2"
_RANKS = alt.Axis(tickCount=4, labelExpr="format(datum.value, '~s')")  # a format alone writes "0k"
_FATE = alt.Color(
    "fate:N", title=None, scale=alt.Scale(domain=["goes", "stays"], range=[WORK, AFTER]), legend=None
)


def histogram(steps: MaskSteps) -> Figure:
    """How many scores fall where, how many of each bar go, and the threshold; bars are equally wide on the page."""
    below = [0, *itertools.accumulate(steps.counts)]
    edges = _told(steps.bins)
    rows = [
        {
            "bar": bar,
            "end": bar + 1,
            "base": base,
            "top": base + count,
            "fate": fate,
            "score": span,
            "count": count,
        }
        for bar, (start, all_) in enumerate(zip(below, steps.counts, strict=False))
        for go in [min(max(steps.zeroed - start, 0), all_)]
        for span in [f"{steps.bins[bar]:.3g} to {steps.bins[bar + 1]:.3g}"]
        for fate, base, count in (("goes", 0, go), ("stays", go, all_ - go))
    ]
    cut = (
        None if steps.threshold is None else float(np.interp(steps.threshold, steps.bins, range(len(edges))))
    )
    return Figure(pd.DataFrame(rows).assign(threshold=cut), _histogram(tuple(edges), max(steps.counts)))


def _told(edges: Sequence[float]) -> list[str]:
    """The edges in as few digits as tell the ticks apart; a first one of nearly nothing is 0."""
    ticks = _ticks(len(edges) - 1)
    edges = [0.0 if edges[0] < edges[ticks[1]] / 100 else edges[0], *edges[1:]]
    for digits in range(1, 7):
        told = [f"{edge:.{digits}g}" for edge in edges]
        at_ticks = [told[tick] for tick in ticks]
        if len(set(at_ticks)) == len(at_ticks):
            break
    return told


def _ticks(bars: int) -> list[int]:
    return sorted({round(bars * part / _TICKS) for part in range(_TICKS + 1)})


@cache
def _histogram(edges: tuple[str, ...], most: int) -> dict[str, Any]:
    bars = len(edges) - 1
    scale = alt.Scale(domain=[0, bars], nice=False)
    axis = alt.Axis(values=_ticks(bars), labelExpr=f"{list(edges)}[datum.value]", grid=False)
    drawn = (
        alt.Chart()
        .mark_rect(stroke=None)
        .encode(
            x=alt.X("bar:Q", scale=scale, title="score", axis=axis),
            x2="end:Q",
            y2="top:Q",
            y=alt.Y(
                "base:Q", scale=alt.Scale(domain=[0, most]), title="how many", axis=alt.Axis(tickCount=4)
            ),
            color=_FATE,
            tooltip=["score:N", "fate:N", "count:Q"],
        )
    )
    rule = alt.Chart().mark_rule(color=WORK, size=2).encode(x=alt.X("max(threshold):Q", scale=scale))
    return without_data(alt.LayerChart(layer=[drawn, rule], height=_HEIGHT))


def curve(steps: MaskSteps) -> Figure:
    """Scores from lowest to highest, and how far the cut reaches."""
    data = pd.DataFrame(
        {
            "rank": [rank for rank, _ in steps.curve],
            "score": [score for _, score in steps.curve],
            "cut": [steps.zeroed] * len(steps.curve),
            "start": [0] * len(steps.curve),
        }
    )
    highest = max((score for _, score in steps.curve), default=1.0)
    return Figure(data, _curve(steps.total, highest))


@cache
def _curve(total: int, highest: float) -> dict[str, Any]:
    scale = alt.Scale(domain=[0, total], nice=False)
    x = alt.X("rank:Q", scale=scale, title="rank, lowest first", axis=_RANKS)
    strip = (
        alt.Chart()
        .mark_rect(color=WORK, opacity=0.22)
        .encode(x=alt.X("min(start):Q", scale=scale, title="rank, lowest first"), x2="max(cut):Q")
    )
    y = alt.Y("score:Q", scale=alt.Scale(domain=[0, highest]), title="score", axis=alt.Axis(tickCount=4))
    line = alt.Chart().mark_line(color=AFTER, size=2).encode(x=x, y=y)
    return without_data(alt.LayerChart(layer=[strip, line], height=_HEIGHT))


def picture(steps: MaskSteps) -> str:
    """HTML of the mask, filters down and inputs across: how much of each kernel stays."""
    alt = f"The mask of {steps.layer}: a row per filter, a column per input; dark is kept, light is zero"
    return pixels.image(steps.picture, _ZERO, AFTER, _HEIGHT, alt)
