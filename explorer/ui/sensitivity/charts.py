"""Charts of the sensitivity page: frozen values in, Altair out."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from explorer.ui.parts.charts import AFTER, BEFORE, LEGEND, style
from explorer.ui.parts.sensitivity_metrics import Metric, metrics_of, shown_scale
from explorer.values import GroupSensitivity, Sensitivity, Solution

_ROW = 28  # pixels of one group
_CELL = 36  # pixels across in which a number can be read
_NAMES = alt.Axis(
    labelLimit=230,
    labelOverlap=False,
    labelExpr="length(datum.label) > 34 ? '…' + slice(datum.label, -33) : datum.label",
)


def heat_map(
    found: Sensitivity, ordered: Sequence[GroupSensitivity], metric: Metric | None = None
) -> alt.LayerChart:
    """What goes of accuracy or the like, or the loss that comes, for every group at every ratio.

    Args:
        found: the sweep.
        ordered: its groups, from top to bottom.
        metric: what the colours count; None: what the network is judged by.
    """
    by, ways = found.dense.by, metrics_of(found)
    metric = metric or ways[0]
    rows = [
        {
            "group": group.layer,
            "ratio": point.ratio,
            "removed": f"{point.removed:,} of {group.channels:,}",
            by.term: point.value,
            "lost": ways[0].of(found, point),
            "added": ways[-1].of(found, point),
            "shown": metric.of(found, point),
        }
        for group in ordered
        for point in group.points
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "ratio:O", title="pruning ratio of this group alone", axis=alt.Axis(format="~g", labelAngle=0)
        ),
        y=alt.Y("group:N", sort=[group.layer for group in ordered], title="group", axis=_NAMES),
        tooltip=[
            "group",
            alt.Tooltip("ratio", format=".2f"),
            alt.Tooltip("removed", title="channels removed"),
            alt.Tooltip(by.term, title=by.name, format=style(by)),
            alt.Tooltip("lost", title=ways[0].label, format=style(by)),
            *([alt.Tooltip("added", title=ways[1].label, format=".3f")] if ways[1:] else []),
        ],
    )
    shown = shown_scale(metric)
    numbers, colours = zip(*shown.stops, strict=True)
    scale = alt.Scale(domain=list(numbers), range=list(colours), interpolate="rgb", clamp=True)
    cells = base.mark_rect(stroke="#8a97a3", strokeWidth=0.3).encode(
        color=alt.Color(
            "shown:Q",
            title=metric.label,
            scale=scale,
            legend=alt.Legend(format=metric.style, gradientLength=100),
        )
    )
    below, above = shown.inks
    has_room = alt.ExprRef(f"width < {_CELL * len(ordered[0].points)} ? 0 : 1")
    text = base.mark_text(fontSize=11, opacity=has_room).encode(
        text=alt.Text("shown:Q", format=metric.style),
        color=alt.condition(f"datum.shown > {shown.turn}", alt.value(above), alt.value(below)),
    )
    return (cells + text).properties(height=max(_ROW * len(ordered), 120) + 50)


def ratios(solution: Solution) -> alt.Chart:
    """What every group loses by sensitivity, beside one ratio for all."""
    kinds = ["by sensitivity", "one ratio for all"]
    found = [(kinds[0], solution.solved)]
    if solution.uniform:
        found.append((kinds[1], solution.uniform))
    rows = [
        {
            "group": group.layer,
            "kind": kind,
            "lost": group.removed / group.channels,
            "removed": f"{group.removed:,} of {group.channels:,}",
        }
        for kind, allocation in found
        for group in allocation.groups
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            y=alt.Y("group:N", sort=None, title="group", axis=_NAMES),
            yOffset=alt.YOffset("kind:N", sort=kinds),
            x=alt.X(
                "lost:Q",
                title="channels removed",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=[AFTER, BEFORE]),
                legend=LEGEND,
            ),
            tooltip=["group", "kind", "removed", alt.Tooltip("lost", format=".0%")],
        )
        .properties(height=_ROW * len(solution.solved.groups) + 140)
    )
