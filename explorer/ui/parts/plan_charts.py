"""Charts of measured times, for every library."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from explorer.ui.parts.charts import BEFORE, MEASURED, TICKS
from explorer.values import Timing


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
