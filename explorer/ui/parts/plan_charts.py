"""Charts of masked layers and of measured times, for every library."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from explorer.ui.parts.charts import BEFORE, MEASURED, TICKS, WORK
from explorer.ui.parts.live_charts import Figure, layer_axis, layer_height, number_axis, without_data
from explorer.values import LayerPlan, Timing


def sparsity(layers: Sequence[LayerPlan], height: int = 240) -> Figure:
    """Share of zeros in every layer that masks cover; in every layer, where the library does not say which."""
    shown = [row for row in layers if getattr(row, "maskable", row.params)]
    data = pd.DataFrame(
        {
            "place": range(len(shown)),
            "layer": [row.name for row in shown],
            "type": [row.type for row in shown],
            "sparsity": [row.sparsity for row in shown],
            "non-zeros": [f"{row.nonzero:,} of {row.params:,}" for row in shown],
        }
    )
    return Figure(data, _sparsity(len(shown), height))


@cache
def _sparsity(layers: int, height: int) -> dict[str, Any]:
    axis, scale = alt.Axis(format="%", tickCount=5), alt.Scale(domain=[0, 1])
    bars = (
        alt.Chart()
        .mark_bar(color=WORK)
        .encode(
            layer_axis(layers),
            number_axis(layers, "sparsity", "share of zeros", scale, axis),
            tooltip=["layer:N", "type:N", alt.Tooltip("sparsity:Q", format=".1%"), "non-zeros:N"],
        )
    )
    return without_data(alt.LayerChart(layer=[bars], height=layer_height(layers, height)))


def latencies(rows: Sequence[tuple[str, Timing]], height: int = 150) -> alt.LayerChart:
    """Measured time of one forward pass, with its interval."""
    data = pd.DataFrame(
        [
            {"network": name, "ms": 1e3 * t.median, "low": 1e3 * t.low, "high": 1e3 * t.high}
            for name, t in rows
        ]
    )
    order = [name for name, _ in rows]
    base = alt.Chart(data).encode(
        y=alt.Y("network:N", sort=order, title="network", axis=alt.Axis(labelLimit=220))
    )
    bars = base.mark_bar(color=MEASURED).encode(
        x=alt.X("ms:Q", title="ms per input · line: 95 % interval", axis=alt.Axis(tickCount=TICKS)),
        tooltip=["network", alt.Tooltip("ms", format=".3f")],
    )
    return (bars + base.mark_rule(color=BEFORE, size=3).encode(x="low:Q", x2="high:Q")).properties(
        height=height
    )
