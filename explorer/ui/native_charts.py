"""The native page's charts: specs made once, data many times a second, nothing that jumps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from explorer.schema import LayerSparsity, MaskSteps, Timing
from explorer.ui import pixels
from explorer.ui.charts import AFTER, BEFORE, MEASURED, NAME_ENDS, WORK
from explorer.ui.live_charts import Figure, without_data

_NAMED = 45  # layers up to which each bar has room for its name
_HEIGHT = 230
_ZERO = "#f2ece2"
_FATE = alt.Color(
    "fate:N", title=None, scale=alt.Scale(domain=["goes", "stays"], range=[WORK, AFTER]), legend=None
)


def sparsity(layers: Sequence[LayerSparsity], height: int = 320) -> Figure:
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
    """How many scores fall where, and the threshold below which they go."""
    threshold = steps.threshold
    data = pd.DataFrame(
        {
            "from": steps.bins[:-1],
            "to": steps.bins[1:],
            "count": steps.counts,
            "threshold": [threshold] * len(steps.counts),
            "fate": [
                "goes" if threshold is not None and low < threshold else "stays" for low in steps.bins[:-1]
            ],
        }
    )
    return Figure(data, _histogram(steps.bins[0], steps.bins[-1], max(steps.counts)))


@cache
def _histogram(low: float, high: float, most: int) -> dict[str, Any]:
    scale = alt.Scale(domain=[low, high], nice=False)
    bars = (
        alt.Chart()
        .mark_rect(stroke=None)
        .encode(
            x=alt.X("from:Q", scale=scale, title="score", axis=alt.Axis(tickCount=5)),
            x2="to:Q",
            y2=alt.datum(0),
            y=alt.Y(
                "count:Q", scale=alt.Scale(domain=[0, most]), title="how many", axis=alt.Axis(tickCount=4)
            ),
            color=_FATE,
            tooltip=[alt.Tooltip("from:Q", format=".3g"), alt.Tooltip("to:Q", format=".3g"), "count:Q"],
        )
    )
    rule = alt.Chart().mark_rule(color=WORK, size=2).encode(x=alt.X("max(threshold):Q", scale=scale))
    return without_data(alt.LayerChart(layer=[bars, rule], height=_HEIGHT))


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
