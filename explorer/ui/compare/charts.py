"""Charts of a comparison: curves over ratios, layers side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import altair as alt
import pandas as pd

from explorer.exports.comparison import Entry
from explorer.ui.parts.charts import TEXT, style
from explorer.values import ACCURACY, PlanCosts, Yardstick
from explorer.values.answers import DENSE
from explorer.values.comparing import LETTERS, Comparison

CURVES: Mapping[str, Callable[[PlanCosts], float]] = {
    "parameters": lambda costs: costs.params,
    "non-zeros": lambda costs: costs.nonzero,
    "MACs": lambda costs: costs.macs,
    "effective MACs": lambda costs: costs.effective_macs,
    "tensors": lambda costs: costs.bytes,
}
COLORS = (
    "#d08a3a",
    "#2b83ba",
    "#3f9c6b",
    "#b0578d",
    "#8a6fc1",
    "#c2544b",
)  # of runs A to F, on light and dark
PERCENT = alt.Axis(format="%", tickCount=6)


def run_colors(letters: Sequence[str]) -> alt.Color:
    """The same colour for a run in every chart, with a legend."""
    colors = {DENSE: TEXT, **dict(zip(LETTERS, COLORS, strict=True))}
    scale = alt.Scale(domain=list(letters), range=[colors[letter] for letter in letters])
    return alt.Color("run:N", scale=scale, legend=alt.Legend(orient="top", title=None))


def curves(comparison: Comparison, what: str) -> alt.LayerChart:
    """One figure over ratios, for every run's library and options; the run's own ratio is marked."""
    planned = CURVES.get(what)
    whole = planned(_at_zero(comparison)) if planned else 1.0
    by = comparison.dense.pruned.by if comparison.dense.pruned and not planned else ACCURACY
    rows = [
        {
            "run": letter,
            "ratio": point.ratio,
            "value": value / whole,
            "kind": "estimate" if point.estimate else "exact",
        }
        for letter, run in zip(comparison.request.letters, comparison.runs, strict=False)
        for point in run.curve
        if (value := planned(point.costs) if planned else point.value) is not None
    ]
    letters = list(dict.fromkeys(str(row["run"]) for row in rows))
    title = f"{what}, share of dense" if planned else f"{what} right after"
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("ratio:Q", title="ratio", scale=alt.Scale(domain=[0, 0.9])),
        y=alt.Y("value:Q", title=title, axis=PERCENT if by.is_share else alt.Axis(), scale=_span(by)),
        color=run_colors(letters),
        strokeDash=alt.StrokeDash(
            "kind:N",
            scale=alt.Scale(domain=["exact", "estimate"], range=[[1, 0], [5, 4]]),
            legend=None,
        ),
        tooltip=["run", "ratio", alt.Tooltip("value", format=style(by)), "kind"],
    )
    return (base.mark_line() + base.mark_point(filled=True, size=40)).properties(height=320)


def _at_zero(comparison: Comparison) -> PlanCosts:
    dense = comparison.dense
    first = next((run.curve[0].costs for run in comparison.runs if run.curve), None)
    return first or PlanCosts(dense.params, dense.nonzero, dense.macs, dense.effective_macs, dense.file_bytes)


def _span(by: Yardstick) -> alt.Scale:
    """All of a share; of any other number what there is."""
    return alt.Scale(domain=[0, 1]) if by.is_share else alt.Scale(zero=False)


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
