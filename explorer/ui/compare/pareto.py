"""Accuracy, or what else a network is judged by, against a cost, and which runs no other beats in both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import altair as alt
import pandas as pd

from explorer.exports.comparison import entries
from explorer.ui.compare.charts import PERCENT, run_colors
from explorer.ui.parts.chart_labels import SIDES, sides
from explorer.ui.parts.charts import TEXT, style
from explorer.values import Outcome
from explorer.values.answers import DENSE
from explorer.values.comparing import Comparison

COSTS: Mapping[str, Callable[[Outcome], float]] = {
    "measured latency": lambda found: found.time.median,
    "effective MACs": lambda found: found.effective_macs,
    "nominal MACs": lambda found: found.macs,
    "structural MACs": lambda found: found.structural_macs,
    "parameters": lambda found: found.params,
    "non-zeros": lambda found: found.nonzero,
    "file size": lambda found: found.file_bytes,
    "compressed": lambda found: found.compressed_bytes,
    "peak memory": lambda found: found.peak_bytes,
}
_HEIGHT = 340
# Pixels between the axes on a phone 390 pixels wide; elsewhere there are more of them.
_NARROWEST, _LOWEST = 270, 200


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Which (cost, accuracy) points no other beats: none is both as cheap and as accurate, and better in one."""
    return [
        number
        for number, (cost, accuracy) in enumerate(points)
        if not any(
            other_cost <= cost and other >= accuracy and (other_cost, other) != (cost, accuracy)
            for other_cost, other in points
        )
    ]


def pareto(comparison: Comparison, cost: str) -> alt.LayerChart:
    """How well each does after the last step taken, against what is left of one of the dense network's costs."""
    judged = [(entry, final) for entry in entries(comparison) if (final := entry.outcome.final)]
    of = COSTS[cost]
    whole = of(comparison.dense)
    by = judged[0][1].by
    points = [(of(entry.outcome) / whole, final.value) for entry, final in judged]
    letters = [entry.letter for entry, _ in judged]
    x, y = _domains(points)
    best = front([(share, final.quality) for (share, _), (_, final) in zip(points, judged, strict=True)])
    rows = [
        {
            "run": entry.letter,
            "name": entry.name,
            "cost": share,
            by.term: value,
            "on the front": number in best,
            "kind": DENSE if entry.letter == DENSE else "run",
            "side": side,
        }
        for number, ((entry, _), (share, value), side) in enumerate(
            zip(judged, points, sides(_pixels(points, x, y), letters, _NARROWEST), strict=True)
        )
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "cost:Q", title=f"{cost}, share of dense", axis=PERCENT, scale=alt.Scale(domain=x, nice=False)
        ),
        y=alt.Y(
            f"{by.term}:Q",
            title=by.name,
            axis=alt.Axis(format=style(by), tickCount=6),
            scale=alt.Scale(domain=y, nice=False),
        ),
    )
    marks = base.mark_point(filled=True, size=170, opacity=1).encode(
        color=run_colors(letters),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=[DENSE, "run"], range=["diamond", "circle"]), legend=None
        ),
        tooltip=[
            "name",
            alt.Tooltip("cost", format=".1%"),
            alt.Tooltip(f"{by.term}:Q", title=by.name, format=style(by)),
            "on the front",
        ],
    )
    line = base.transform_filter("datum['on the front']").mark_line(
        interpolate="step-after", strokeDash=[4, 3], color=TEXT
    )
    return alt.LayerChart(layer=[line, marks, *_labels(base)]).properties(height=_HEIGHT)


def _domains(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Cost from nothing to more than all, with room for a letter; accuracy with room for a label above and below."""
    accuracies = [accuracy for _, accuracy in points]
    room = 0.15 * max(max(accuracies) - min(accuracies), 0.02)
    return [0, 1.1 * max(1.0, *(share for share, _ in points))], [
        min(accuracies) - room,
        max(accuracies) + room,
    ]


def _pixels(
    points: Sequence[tuple[float, float]], x: Sequence[float], y: Sequence[float]
) -> list[tuple[float, float]]:
    """Where points stand in the narrowest chart: a larger one only moves them apart."""
    return [
        (
            _NARROWEST * (share - x[0]) / (x[1] - x[0]),
            _LOWEST * (y[1] - accuracy) / (y[1] - y[0]),
        )
        for share, accuracy in points
    ]


def _labels(base: alt.Chart) -> Iterator[alt.Chart]:
    """A layer for each side, since a mark has one offset for all."""
    for number, side in enumerate(SIDES):
        yield (
            base.transform_filter(f"datum.side === {number}")
            .mark_text(
                dx=side.dx, dy=side.dy, align=side.align, baseline="middle", color=TEXT, fontWeight="bold"
            )
            .encode(text="run:N")
        )
