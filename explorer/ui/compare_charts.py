"""Charts of a comparison: accuracy against a cost, curves over ratios, layers side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import altair as alt
import pandas as pd

from explorer.schema.comparing import LETTERS, Comparison, CurvePoint, Outcome, PlanCosts
from explorer.ui.charts import TEXT
from explorer.ui.compare_rows import DENSE, Entry, entries

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
CURVES: Mapping[str, Callable[[PlanCosts], float]] = {
    "parameters": lambda costs: costs.params,
    "non-zeros": lambda costs: costs.nonzero,
    "MACs": lambda costs: costs.macs,
    "effective MACs": lambda costs: costs.effective_macs,
    "file size": lambda costs: costs.bytes,
}
COLORS = (
    "#d08a3a",
    "#2b83ba",
    "#3f9c6b",
    "#b0578d",
    "#8a6fc1",
    "#c2544b",
)  # of runs A to F, on light and dark
_PERCENT = alt.Axis(format="%", tickCount=6)


def _run_colors(letters: Sequence[str]) -> alt.Color:
    colors = {DENSE: TEXT, **dict(zip(LETTERS, COLORS, strict=True))}
    scale = alt.Scale(domain=list(letters), range=[colors[letter] for letter in letters])
    return alt.Color("run:N", scale=scale, legend=alt.Legend(orient="top", title=None))


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
    """Accuracy after the last step taken, against what is left of one of the dense network's costs."""
    judged = [(entry, final) for entry in entries(comparison) if (final := entry.outcome.final)]
    of = COSTS[cost]
    whole = of(comparison.dense)
    points = [(of(entry.outcome) / whole, final.accuracy) for entry, final in judged]
    best = front(points)
    rows = [
        {
            "run": entry.letter,
            "name": entry.name,
            "cost": x,
            "accuracy": y,
            "on the front": number in best,
            "kind": DENSE if entry.letter == DENSE else "run",
        }
        for number, ((entry, _), (x, y)) in enumerate(zip(judged, points, strict=True))
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "cost:Q",
            title=f"{cost}, share of dense",
            axis=_PERCENT,
            scale=alt.Scale(domain=[0, 1.06 * max(1.0, *(x for x, _ in points))]),
        ),
        y=alt.Y(
            "accuracy:Q", axis=alt.Axis(format=".1%", tickCount=6), scale=alt.Scale(zero=False, padding=12)
        ),
    )
    marks = base.mark_point(filled=True, size=170, opacity=1).encode(
        color=_run_colors([entry.letter for entry, _ in judged]),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=[DENSE, "run"], range=["diamond", "circle"]), legend=None
        ),
        tooltip=[
            "name",
            alt.Tooltip("cost", format=".1%"),
            alt.Tooltip("accuracy", format=".1%"),
            "on the front",
        ],
    )
    line = base.transform_filter("datum['on the front']").mark_line(
        interpolate="step-after", strokeDash=[4, 3], color=TEXT
    )
    labels = base.mark_text(dy=-14, color=TEXT, fontWeight="bold").encode(text="run:N")
    return (line + marks + labels).properties(height=340)


def curves(comparison: Comparison, what: str) -> alt.LayerChart:
    """One figure over ratios, for every run's library and options; the run's own ratio is marked."""
    dense = {"accuracy": 1.0} | {name: of(_at_zero(comparison)) for name, of in CURVES.items()}
    rows = [
        {
            "run": letter,
            "ratio": point.ratio,
            "value": value if what == "accuracy" else value / dense[what],
            "kind": "estimate" if point.estimate else "exact",
        }
        for letter, run in zip(comparison.request.letters, comparison.runs, strict=False)
        for point in run.curve
        if (value := _value(point, what)) is not None
    ]
    letters = list(dict.fromkeys(str(row["run"]) for row in rows))
    title = "accuracy right after" if what == "accuracy" else f"{what}, share of dense"
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("ratio:Q", title="ratio", scale=alt.Scale(domain=[0, 0.9])),
        y=alt.Y("value:Q", title=title, axis=_PERCENT, scale=alt.Scale(domain=[0, 1])),
        color=_run_colors(letters),
        strokeDash=alt.StrokeDash(
            "kind:N",
            scale=alt.Scale(domain=["exact", "estimate"], range=[[1, 0], [5, 4]]),
            legend=None,
        ),
        tooltip=["run", "ratio", alt.Tooltip("value", format=".1%"), "kind"],
    )
    return (base.mark_line() + base.mark_point(filled=True, size=40)).properties(height=320)


def _at_zero(comparison: Comparison) -> PlanCosts:
    dense = comparison.dense
    first = next((run.curve[0].costs for run in comparison.runs if run.curve), None)
    return first or PlanCosts(dense.params, dense.nonzero, dense.macs, dense.effective_macs, dense.file_bytes)


def _value(point: CurvePoint, what: str) -> float | None:
    return point.accuracy if what == "accuracy" else CURVES[what](point.costs)


def layer_table(rows: Sequence[Entry], what: str) -> pd.DataFrame:
    """One line a layer, one column a network: its output channels, or its sparsity."""
    dense = rows[0].outcome.layers
    table = pd.DataFrame({"layer": [layer.name for layer in dense], "type": [layer.type for layer in dense]})
    for row in rows:
        found = {layer.name: layer for layer in row.outcome.layers}
        table[row.letter] = [
            None
            if layer.name not in found
            else found[layer.name].width
            if what == "width"
            else found[layer.name].sparsity
            for layer in dense
        ]
    weighted = [bool(layer.params and (layer.macs or what == "sparsity")) for layer in dense]
    return table[weighted]
