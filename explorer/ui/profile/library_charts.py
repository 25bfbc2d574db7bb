"""Charts of what the libraries themselves cost: step by step, and over networks of many sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import altair as alt
import pandas as pd

from explorer.backends import BACKENDS, SPARSEML
from explorer.ui.parts.charts import MEASURED, TEXT, TICKS
from explorer.values import LibraryCost, Timing

_PALETTE = ["#2b83ba", "#d08a3a", "#3f9c6b", "#8e6bb0", "#c0504d", "#7d8b99"]
ALL, _WHOLE = "all", "#9aa3ad"  # name and colour of the sum
_POWERS = [10.0**power for power in range(-3, 8)]  # ms; a line for each, and none between them


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
        y=alt.Y("step:N", sort=None, title="step", axis=alt.Axis(labelFlush=False)),
        tooltip=[
            "step",
            alt.Tooltip("ms", format=".3f"),
            alt.Tooltip("low", format=".3f"),
            alt.Tooltip("high", format=".3f"),
        ],
    )
    bars = base.mark_bar(color=MEASURED).encode(
        x=alt.X("ms:Q", title="ms · line: 95 % interval", axis=alt.Axis(tickCount=TICKS))
    )
    return (bars + base.mark_rule(color=TEXT, size=2).encode(x="low:Q", x2="high:Q")).properties(
        height=32 * len(cost.steps) + 40
    )


def growth(costs: Sequence[LibraryCost], library: str, against: str) -> alt.LayerChart:
    """A library's steps over networks, against their parameters or the nodes of their graphs."""
    own = [cost for cost in costs if cost.library == library]
    sizes = _sizes(costs, against)
    rows = [row for cost in own if cost.network in sizes for row in _points(cost, sizes[cost.network])]
    order = list(dict.fromkeys(name for cost in own for name, _ in _steps(cost)))
    colours = [*_PALETTE[: len(order) - 1], _WHOLE] if ALL in order else _PALETTE[: len(order)]
    legend = alt.Legend(orient="top", title=None, columns=alt.ExprRef("width < 260 ? 2 : 0"))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "size:Q", scale=alt.Scale(type="log"), title=against, axis=alt.Axis(format="~s", tickCount=5)
        ),
        y=alt.Y("at:Q", scale=alt.Scale(type="log"), title="ms", axis=alt.Axis(values=_POWERS, format="~g")),
        color=alt.Color("step:N", scale=alt.Scale(domain=order, range=colours), sort=order, legend=legend),
        tooltip=[
            "network",
            "step",
            "size",
            *(alt.Tooltip(name, format=".3f") for name in ("ms", "low", "high")),
        ],
    )
    clear = base.transform_filter("datum.low > 0")
    # A network can be large in one sense and small in the other, so the line only leads the eye.
    lines, points = clear.mark_line(opacity=0.3), clear.mark_circle(size=45, opacity=1)
    rules = clear.mark_rule(opacity=0.6).encode(y="low:Q", y2="high:Q")
    bounds = base.transform_filter("datum.low <= 0").mark_point(shape="triangle-down", size=55, opacity=1)
    drawn = lines + points + rules
    if any(time.low <= 0 for cost in own for _, time in _steps(cost)):  # Vega warns of no data
        drawn += bounds
    return drawn.properties(height=280)


def _sizes(costs: Sequence[LibraryCost], against: str) -> dict[str, int]:
    """By network; the nodes are known where DepGraph traced it, whichever library is drawn."""
    if against == "parameters":
        return {cost.network: cost.params for cost in costs}
    return {cost.network: cost.nodes for cost in costs if cost.nodes}


def _steps(cost: LibraryCost) -> list[tuple[str, Timing]]:
    """With their sum, where the library takes all of them for one copy: SparseML imports once and trains on."""
    steps = [(one.step, one.time) for one in cost.steps]
    return steps if cost.library == BACKENDS[SPARSEML].name else [*steps, (ALL, cost.whole)]


def _points(cost: LibraryCost, size: int) -> Iterator[dict[str, object]]:
    """Where each step stands: at its median, or at the most that it can be where it may as well be nothing."""
    for step, time in _steps(cost):
        ms, low, high = (1e3 * value for value in (time.median, time.low, time.high))
        at = ms if low > 0 else high
        if at > 0:
            yield {
                "network": cost.network,
                "step": step,
                "size": size,
                "at": at,
                "ms": ms,
                "low": low,
                "high": high,
            }
