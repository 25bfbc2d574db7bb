"""Charts of the sensitivity page: frozen values in, Altair out."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from explorer.schema import GroupSensitivity, Sensitivity, Solution
from explorer.ui.charts import AFTER, BEFORE

_ROW = 28  # pixels of one group
_NAMES = alt.Axis(
    labelLimit=230,
    labelOverlap=False,
    labelExpr="length(datum.label) > 34 ? '…' + slice(datum.label, -33) : datum.label",
)
_COLD, _WARM, _HOT = "#dbe4ea", "#e0a458", "#9e2a2b"
_DARK, _LIGHT = "#1b262c", "#ffffff"  # text on a cell, whatever the page's theme
_MOST_LOSS = 3.0  # nats above dense; the loss of guessing among ten classes is 2.3


def heat_map(
    found: Sensitivity, ordered: Sequence[GroupSensitivity], by_loss: bool = False
) -> alt.LayerChart:
    """Accuracy that goes, or loss that comes, for every group at every ratio.

    Args:
        found: the sweep.
        ordered: its groups, from top to bottom.
        by_loss: whether loss is shown.
    """
    rows = [
        {
            "group": group.layer,
            "ratio": point.ratio,
            "removed": f"{point.removed} of {group.channels}",
            "accuracy": point.accuracy,
            "lost": found.drop(point),
            "added": point.loss - found.dense.loss,
        }
        for group in ordered
        for point in group.points
    ]
    what, top, style = ("added", _MOST_LOSS, ".2f") if by_loss else ("lost", 1.0, ".0%")
    title = "loss added" if by_loss else "accuracy lost"
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "ratio:O", title="pruning ratio of this group alone", axis=alt.Axis(format=".1f", labelAngle=0)
        ),
        y=alt.Y("group:N", sort=[group.layer for group in ordered], title=None, axis=_NAMES),
        tooltip=[
            "group",
            alt.Tooltip("ratio", format=".2f"),
            alt.Tooltip("removed", title="channels removed"),
            alt.Tooltip("accuracy", format=".1%"),
            alt.Tooltip("lost", title="accuracy lost", format=".1%"),
            alt.Tooltip("added", title="loss added", format=".3f"),
        ],
    )
    scale = alt.Scale(domain=[0, top / 3, top], range=[_COLD, _WARM, _HOT], interpolate="rgb", clamp=True)
    cells = base.mark_rect(stroke="#8a97a3", strokeWidth=0.3).encode(
        color=alt.Color(
            f"{what}:Q", title=title, scale=scale, legend=alt.Legend(format=style, gradientLength=100)
        )
    )
    text = base.mark_text(fontSize=11).encode(
        text=alt.Text(f"{what}:Q", format=style),
        color=alt.condition(f"datum.{what} > {0.6 * top}", alt.value(_LIGHT), alt.value(_DARK)),
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
            "removed": f"{group.removed} of {group.channels}",
        }
        for kind, allocation in found
        for group in allocation.groups
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            y=alt.Y("group:N", sort=None, title=None, axis=_NAMES),
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
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["group", "kind", "removed", alt.Tooltip("lost", format=".0%")],
        )
        .properties(height=_ROW * len(solution.solved.groups) + 140)
    )
