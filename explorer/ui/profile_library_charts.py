"""Charts of what the libraries themselves cost: step by step, and over networks of many sizes."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from explorer.schema import LibraryCost
from explorer.schema.profile import SPARSEML
from explorer.ui.charts import MEASURED, TEXT, WORK

_PALETTE = ["#2b83ba", "#d08a3a", "#3f9c6b", "#8e6bb0", "#c0504d", "#7d8b99"]
_WHOLE = {
    SPARSEML: "initialise + make masks"
}  # what is done once for each copy, neither at import nor in each step


def steps(cost: LibraryCost) -> alt.LayerChart:
    """What each step of a library takes, with its interval."""
    data = pd.DataFrame(
        [
            {
                "step": one.step,
                "ms": 1e3 * one.time.median,
                "low": 1e3 * one.time.low,
                "high": 1e3 * one.time.high,
            }
            for one in cost.steps
        ]
    )
    base = alt.Chart(data).encode(
        y=alt.Y("step:N", sort=None, title=None, axis=alt.Axis(labelFlush=False)),
        tooltip=[
            "step",
            alt.Tooltip("ms", format=".3f"),
            alt.Tooltip("low", format=".3f"),
            alt.Tooltip("high", format=".3f"),
        ],
    )
    bars = base.mark_bar(color=MEASURED).encode(x=alt.X("ms:Q", title="ms · line: 95 % interval"))
    return (bars + base.mark_rule(color=TEXT, size=2).encode(x="low:Q", x2="high:Q")).properties(
        height=32 * len(cost.steps) + 40
    )


def growth(costs: Sequence[LibraryCost], library: str, against: str) -> alt.LayerChart:
    """A library's steps over networks, against their parameters or the nodes of their graphs."""
    names = [one.step for one in next(cost for cost in costs if cost.library == library).steps]
    whole = _WHOLE.get(library, "all")
    nodes = {cost.network: cost.nodes for cost in costs if cost.nodes}
    rows = [
        {
            "network": cost.network,
            "step": step,
            "size": cost.params if against == "parameters" else nodes[cost.network],
            "ms": 1e3 * time.median,
            "low": 1e3 * time.low,
            "high": 1e3 * time.high,
        }
        for cost in costs
        if cost.library == library and (against == "parameters" or cost.network in nodes)
        for step, time in [*((one.step, one.time) for one in cost.steps), (whole, cost.whole)]
        if time.low > 0
    ]
    order = [*names, whole]
    scale = alt.Scale(domain=order, range=[*_PALETTE[: len(names)], WORK if len(names) < 2 else "#9aa3ad"])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "size:Q", scale=alt.Scale(type="log"), title=against, axis=alt.Axis(format="~s", tickCount=5)
        ),
        color=alt.Color("step:N", scale=scale, sort=order, legend=alt.Legend(orient="top", title=None)),
        tooltip=["network", "step", "size", alt.Tooltip("ms", format=".3f")],
    )
    y = alt.Y("ms:Q", scale=alt.Scale(type="log"), title="ms", axis=alt.Axis(tickCount=5, format="~g"))
    # A network can be large in one sense and small in the other, so the line only leads the eye.
    lines, points = base.mark_line(opacity=0.3).encode(y=y), base.mark_circle(size=45, opacity=1).encode(y=y)
    return (lines + points + base.mark_rule(opacity=0.6).encode(y="low:Q", y2="high:Q")).properties(
        height=280
    )
