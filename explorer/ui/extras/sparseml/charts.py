"""The SparseML page's charts: specs made once, data many times a second, nothing that jumps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from explorer.ui.parts.charts import AFTER, MEASURED
from explorer.ui.parts.live_charts import Figure, without_data
from explorer.values import SchedulePoint, TrainingPoint

_DRAWN = 400  # points of a schedule; one that changes at every step has thousands
_HEIGHT = 250
_PLANNED, _MEASURED = "planned", "measured"


def schedule(
    planned: Sequence[SchedulePoint],
    epochs: float,
    measured: Sequence[TrainingPoint] = (),
    height: int = _HEIGHT,
) -> Figure:
    """Sparsity over epochs: what the recipe asks for, and what a run has measured so far."""
    rows = [(0.0, 0.0, _PLANNED)] if not planned or planned[0].epoch else []
    rows += [(point.epoch, point.sparsity, _PLANNED) for point in thinned(planned)]
    rows.append((max(epochs, rows[-1][0]), rows[-1][1], _PLANNED))
    rows += [(p.epoch, p.sparsity, _MEASURED) for p in measured if p.sparsity is not None]
    return Figure(
        pd.DataFrame(rows, columns=["epoch", "sparsity", "what"]), _schedule(epochs, height, bool(measured))
    )


def thinned(points: Sequence[SchedulePoint]) -> list[SchedulePoint]:
    """At most so many points as a chart can show, the last one among them."""
    every = max(1, math.ceil(len(points) / _DRAWN))
    return [*points[:-1:every], *points[-1:]]


@cache
def _schedule(epochs: float, height: int, has_measured: bool) -> dict[str, Any]:
    scale = alt.Scale(domain=[0, epochs], nice=False)
    base = alt.Chart().encode(
        x=alt.X("epoch:Q", scale=scale, title="epoch", axis=alt.Axis(tickCount=8)),
        y=alt.Y(
            "sparsity:Q",
            scale=alt.Scale(domain=[0, 1]),
            title="sparsity",
            axis=alt.Axis(format="%", tickCount=5),
        ),
        tooltip=[
            "what:N",
            alt.Tooltip("epoch:Q", format=".2f"),
            alt.Tooltip("sparsity:Q", format=".1%"),
        ],
    )
    planned = base.transform_filter(alt.datum.what == _PLANNED)
    layers = [
        planned.mark_line(color=AFTER, size=2, interpolate="step-after"),
        planned.mark_circle(color=AFTER, size=26, opacity=1),
    ]
    if has_measured:  # a layer without marks would be a picture without a name for a screen reader
        measured = base.transform_filter(alt.datum.what == _MEASURED)
        layers.append(measured.mark_point(color=MEASURED, size=80, filled=True, shape="diamond", opacity=1))
    return without_data(alt.LayerChart(layer=layers, height=height))
