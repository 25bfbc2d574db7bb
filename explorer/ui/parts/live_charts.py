"""The charts that follow the slider: specs made once, data many times a second, nothing that jumps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from explorer.ui.parts.charts import AFTER, BEFORE, LOST, NAME_ENDS, NO_WIDTH, TEXT
from explorer.values import GroupChange, LayerPlan

_NAMED = 45  # layers up to which each bar has room for its name


def prunable(layers: Iterable[LayerPlan]) -> list[LayerPlan]:
    """The layers that have a width of their own, in the network's order."""
    return [row for row in layers if not row.type.startswith(NO_WIDTH)]


@dataclass(frozen=True)
class Figure:
    """A chart that is redrawn many times a second: its spec is made once, its data each time."""

    data: pd.DataFrame
    spec: dict[str, Any]


def draw(figure: Figure, key: str, alt: str) -> None:
    """Draw a chart in place of the one that had this key."""
    st.vega_lite_chart(figure.data, figure.spec, key=key, alt=alt)


def widths(layers: Sequence[LayerPlan], height: int = 300, titled: bool = True) -> Figure:
    """Output channels of every layer: what was there behind what is left; without titles where there is no room."""
    shown = prunable(layers)
    data = pd.DataFrame(
        {
            "layer": [row.name for row in shown],
            "type": [row.type for row in shown],
            "before": [row.width_before for row in shown],
            "after": [row.width for row in shown],
        }
    )
    widest = max((row.width_before for row in shown), default=1)
    return Figure(data, _widths(len(shown), widest, height, titled))


@cache
def _widths(layers: int, widest: int, height: int, titled: bool) -> dict[str, Any]:
    named = titled and layers <= _NAMED
    axis = alt.Axis(
        labels=named, ticks=named, labelAngle=-50, labelExpr=NAME_ENDS, labelLimit=160, labelOverlap=False
    )
    title = (
        None
        if named or not titled
        else f"{layers} layers, from input to output (point at a bar for its name)"
    )
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
        y=alt.Y("before:Q", scale=scale, title="output channels" if titled else None)
    )
    after = base.mark_bar(color=AFTER).encode(y=alt.Y("after:Q", scale=scale))
    return without_data(alt.LayerChart(layer=[before, after], height=height))


def without_data(chart: alt.LayerChart) -> dict[str, Any]:
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
        y=alt.Y(
            "group:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelExpr=NAME_ENDS, labelLimit=160, labelOverlap=False),
        ),
        tooltip=[alt.Tooltip("group:N"), alt.Tooltip("channels:N"), alt.Tooltip("lost:Q", format=".0%")],
    )
    bars = base.mark_bar(color=LOST).encode(
        x=alt.X(
            "lost:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1.45], nice=False),
            axis=alt.Axis(format="%", values=[0, 0.5, 1]),
        )
    )
    text = base.mark_text(align="right", color=TEXT).encode(x=alt.value("width"), text="channels:N")
    return without_data(alt.LayerChart(layer=[bars, text], height=34 * most))
