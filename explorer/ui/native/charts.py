"""The native page's charts: specs made once, data many times a second, nothing that jumps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from explorer.ui.parts import pixels
from explorer.ui.parts.charts import AFTER, BEFORE, MEASURED, NAME_ENDS, WORK
from explorer.ui.parts.live_charts import Figure, without_data
from explorer.values import MaskedLayer, MaskSteps, Timing

_NAMED = 45  # layers up to which each bar has room for its name
_HEIGHT = 230
_TICKS = 4  # parts that the axis of scores is marked in
_ZERO = "#f2ece2"
_FATE = alt.Color(
    "fate:N", title=None, scale=alt.Scale(domain=["goes", "stays"], range=[WORK, AFTER]), legend=None
)


def sparsity(layers: Sequence[MaskedLayer], height: int = 320) -> Figure:
    """Share of zeros in every layer that masks cover."""
    shown = [row for row in layers if row.maskable]
    data = pd.DataFrame(
        {
            "layer": [row.name for row in shown],
            "type": [row.type for row in shown],
            "sparsity": [row.sparsity for row in shown],
            "non-zeros": [f"{row.nonzero:,} of {row.params:,}" for row in shown],
        }
    )
    return Figure(data, _sparsity(len(shown), height))


@cache
def _sparsity(layers: int, height: int) -> dict[str, Any]:
    named = layers <= _NAMED
    axis = alt.Axis(
        labels=named, ticks=named, labelAngle=-50, labelExpr=NAME_ENDS, labelLimit=160, labelOverlap=False
    )
    title = None if named else f"{layers} layers, from input to output (point at a bar for its name)"
    base = alt.Chart().encode(
        x=alt.X("layer:N", sort=None, title=title, axis=axis),
        tooltip=["layer:N", "type:N", alt.Tooltip("sparsity:Q", format=".1%"), "non-zeros:N"],
    )
    y = alt.Y(
        "sparsity:Q",
        scale=alt.Scale(domain=[0, 1]),
        title="zeros of all stored",
        axis=alt.Axis(format="%", tickCount=5),
    )
    return without_data(alt.LayerChart(layer=[base.mark_bar(color=WORK).encode(y=y)], height=height))


def histogram(steps: MaskSteps) -> Figure:
    """How many scores fall where, how many of each bar go, and the threshold; bars are equally wide on the page."""
    below = [0, *itertools.accumulate(steps.counts)]
    edges = [f"{edge:.1g}" for edge in steps.bins]
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


@cache
def _histogram(edges: tuple[str, ...], most: int) -> dict[str, Any]:
    bars = len(edges) - 1
    scale = alt.Scale(domain=[0, bars], nice=False)
    ticks = sorted({round(bars * part / _TICKS) for part in range(_TICKS + 1)})
    axis = alt.Axis(values=ticks, labelExpr=f"{list(edges)}[datum.value]", grid=False)
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
    x = alt.X("rank:Q", scale=scale, title="rank, lowest first", axis=alt.Axis(tickCount=4, format="~s"))
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
    alt = f"The mask of {steps.layer}: filters down, inputs across; dark stays, light is zero"
    return pixels.image(steps.picture, _ZERO, AFTER, _HEIGHT, alt)


def latencies(rows: Sequence[tuple[str, Timing]], height: int = 150) -> alt.LayerChart:
    """Measured time of one forward pass, with its interval."""
    data = pd.DataFrame(
        [
            {"network": name, "ms": 1e3 * t.median, "low": 1e3 * t.low, "high": 1e3 * t.high}
            for name, t in rows
        ]
    )
    order = [name for name, _ in rows]
    base = alt.Chart(data).encode(y=alt.Y("network:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)))
    bars = base.mark_bar(color=MEASURED).encode(
        x=alt.X("ms:Q", title="ms for one input · line: 95 % interval"),
        tooltip=["network", alt.Tooltip("ms", format=".3f")],
    )
    return (bars + base.mark_rule(color=BEFORE, size=3).encode(x="low:Q", x2="high:Q")).properties(
        height=height
    )
