"""Charts: frozen values in, Altair out. Heights and domains are fixed, so nothing jumps while a slider moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from explorer.schema import Evaluation, GroupChange, LayerChange, LayerRow

# Mid tones, to be read on a light and on a dark page.
BEFORE, AFTER, LOST = "#a9b6c2", "#2b83ba", "#c98f8a"
WORK, MEASURED, TEXT = "#d08a3a", "#3f9c6b", "#7d8b99"

_NO_WIDTH = ("BatchNorm", "LayerNorm", "GroupNorm")  # as wide as the layer before them: shown once
_ROWS = 24  # horizontal bars that can be read at once
_NAMED = 45  # layers up to which each bar has room for its name


def by_block(layers: Sequence[LayerRow], most: int = _ROWS) -> list[tuple[str, int, int]]:
    """Sum parameters and MACs by the deepest scopes that give at most `most` rows.

    Returns:
        ``(scope, parameters, MACs)`` in the network's own order.
    """
    weighted = [row for row in layers if row.params or row.macs]
    depths = range(max((row.name.count(".") + 1 for row in weighted), default=1), 0, -1)
    for depth in depths:
        sums = _sums(weighted, depth)
        if len(sums) <= most:
            return sums
    return _largest(_sums(weighted, 1), most)


def _sums(layers: Iterable[LayerRow], depth: int) -> list[tuple[str, int, int]]:
    scopes: dict[str, tuple[int, int]] = {}
    scope = ""
    for row in layers:
        own = ".".join(row.name.split(".")[:depth])
        # A norm that is a part by itself would be an empty row: it goes with the layer it follows.
        alone = own == row.name and row.type.startswith(_NO_WIDTH)
        scope = scope if scope and alone else own
        params, macs = scopes.get(scope, (0, 0))
        scopes[scope] = (params + row.params, macs + row.macs)
    return [(scope, *sums) for scope, sums in scopes.items()]


def _largest(sums: list[tuple[str, int, int]], most: int) -> list[tuple[str, int, int]]:
    kept = set(sorted(sums, key=lambda row: row[1] + row[2], reverse=True)[: most - 1])
    rest = [row for row in sums if row not in kept]
    other = (f"{len(rest)} others", sum(row[1] for row in rest), sum(row[2] for row in rest))
    return [row for row in sums if row in kept] + [other]


def where_it_sits(layers: Sequence[LayerRow]) -> alt.Chart:
    """Which share of the parameters and of the MACs each part of the network holds."""
    sums = by_block(layers)
    params, macs = max(sum(row[1] for row in sums), 1), max(sum(row[2] for row in sums), 1)
    rows = [
        {"part": part, "what": what, "share": number / total, "number": number}
        for part, *numbers in sums
        for what, number, total in zip(("parameters", "MACs"), numbers, (params, macs), strict=True)
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            y=alt.Y("part:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False)),
            yOffset=alt.YOffset("what:N", sort=["parameters", "MACs"]),
            x=alt.X("share:Q", title="share of the network", axis=alt.Axis(format="%", tickCount=8)),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["parameters", "MACs"], range=[AFTER, WORK]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["part", "what", alt.Tooltip("number", format=","), alt.Tooltip("share", format=".1%")],
        )
        .properties(height=max(26 * len(sums), 120) + 80)
    )


def prunable(layers: Iterable[LayerChange]) -> list[LayerChange]:
    """The layers that have a width of their own, in the network's order."""
    return [row for row in layers if not row.type.startswith(_NO_WIDTH)]


@dataclass(frozen=True)
class Figure:
    """A chart that is redrawn many times a second: its spec is made once, its data each time."""

    data: pd.DataFrame
    spec: dict[str, Any]


def widths(layers: Sequence[LayerChange], height: int = 300) -> Figure:
    """Output channels of every layer: what was there behind what is left."""
    shown = prunable(layers)
    data = pd.DataFrame(
        {
            "layer": [row.name for row in shown],
            "type": [row.type for row in shown],
            "before": [row.width_before for row in shown],
            "after": [row.width_after for row in shown],
        }
    )
    return Figure(data, _widths(len(shown), max((row.width_before for row in shown), default=1), height))


@cache
def _widths(layers: int, widest: int, height: int) -> dict[str, Any]:
    named = layers <= _NAMED
    axis = alt.Axis(labels=named, ticks=named, labelAngle=-50, labelLimit=140, labelOverlap=False)
    title = None if named else f"{layers} layers, from input to output (point at a bar for its name)"
    base = alt.Chart().encode(
        x=alt.X("layer:N", sort=None, title=title, axis=axis),
        tooltip=[
            alt.Tooltip("layer:N"),
            alt.Tooltip("type:N"),
            alt.Tooltip("before:Q"),
            alt.Tooltip("after:Q"),
        ],
    )
    scale = alt.Scale(domain=[0, widest], nice=False)
    before = base.mark_bar(color=BEFORE, opacity=0.45).encode(
        y=alt.Y("before:Q", scale=scale, title="output channels")
    )
    after = base.mark_bar(color=AFTER).encode(y=alt.Y("after:Q", scale=scale))
    return _without_data(alt.LayerChart(layer=[before, after], height=height))


def _without_data(chart: alt.LayerChart) -> dict[str, Any]:
    """The spec alone; Altair gives each layer an empty data set, which would show as a bar of its own."""
    spec: dict[str, Any] = chart.to_dict()
    spec.pop("datasets", None)
    for layer in spec["layer"]:
        layer.pop("data", None)
    return spec


def losing_most(groups: Sequence[GroupChange], most: int = 8) -> Figure:
    """The groups that lose most channels, as the share of their channels."""
    shown = sorted(groups, key=lambda group: (-group.removed, group.id))[:most]
    data = pd.DataFrame(
        {
            "group": [group.root for group in shown],
            "lost": [group.removed / group.channels for group in shown],
            "channels": [f"{group.removed} of {group.channels}" for group in shown],
        }
    )
    return Figure(data, _losing_most(most))


@cache
def _losing_most(most: int) -> dict[str, Any]:
    base = alt.Chart().encode(
        y=alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, labelOverlap=False)),
        tooltip=[alt.Tooltip("group:N"), alt.Tooltip("channels:N"), alt.Tooltip("lost:Q", format=".0%")],
    )
    bars = base.mark_bar(color=LOST).encode(
        x=alt.X(
            "lost:Q",
            title="channels lost",
            scale=alt.Scale(domain=[0, 1.45], nice=False),
            axis=alt.Axis(format="%", values=[0, 0.5, 1]),
        )
    )
    text = base.mark_text(align="right", color=TEXT).encode(x=alt.value("width"), text="channels:N")
    return _without_data(alt.LayerChart(layer=[bars, text], height=34 * most))


def accuracies(steps: Sequence[tuple[str, Evaluation]], height: int = 190) -> alt.LayerChart:
    """Measured accuracy, step by step."""
    rows = [{"step": step, "accuracy": found.accuracy, "loss": found.loss} for step, found in steps]
    order = [step for step, _ in steps]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            "accuracy:Q",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", tickCount=5),
            title="accuracy",
        ),
        tooltip=["step", alt.Tooltip("accuracy", format=".1%"), alt.Tooltip("loss", format=".3f")],
    )
    text = base.mark_text(align="right", dx=-6, color="white", fontWeight="bold").encode(
        text=alt.Text("accuracy:Q", format=".1%")
    )
    return (base.mark_bar(color=MEASURED) + text).properties(height=height)
