"""The charts that follow the slider: specs made once, data many times a second, nothing that jumps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from explorer.ui.parts.charts import AFTER, BEFORE, NAME_ENDS, NO_WIDTH, TEXT, TICKS
from explorer.values import LayerPlan

_NAMED = 32  # layers up to which each has a row with its name; more stand as columns without
_ROW, _AXIS = 14, 64  # pixels of such a row, and of the axis below all of them


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


def widths(layers: Sequence[LayerPlan], height: int = 240, titled: bool = True) -> Figure:
    """Output channels of every layer: what was there behind what is left; without titles where there is no room."""
    shown, left_out = _without_head(prunable(layers))
    data = pd.DataFrame(
        {
            "place": range(len(shown)),
            "layer": [row.name for row in shown],
            "type": [row.type for row in shown],
            "before": [row.width_before for row in shown],
            "after": [row.width for row in shown],
        }
    )
    widest = max((row.width_before for row in shown), default=1)
    return Figure(data, _widths(len(shown), widest, height, left_out if titled else None))


def _without_head(layers: list[LayerPlan]) -> tuple[list[LayerPlan], str]:
    """Leave out a classifier that is wider than all layers before it, and say so: it would flatten them."""
    before, last = layers[:-1], layers[-1:]
    if not before or last[0].width_before <= max(row.width_before for row in before):
        return layers, ""
    return before, f"not drawn: {last[0].name}, {last[0].width:,}"


@cache
def _widths(layers: int, widest: int, height: int, left_out: str | None) -> dict[str, Any]:
    """What is left out stands below the chart, where there is room for a long name; None: no titles at all."""
    scale = alt.Scale(domain=[0, widest], nice=False)
    tooltip = [alt.Tooltip(field) for field in ("layer:N", "type:N", "before:Q", "after:Q")]
    named = left_out is not None
    told = (
        lines("output channels", f"({left_out})" if left_out and layers <= _NAMED else "") if named else None
    )
    base = alt.Chart().encode(layer_axis(layers, named, left_out or ""), tooltip=tooltip)
    before = base.mark_bar(fill=BEFORE, fillOpacity=0.45, stroke=TEXT).encode(  # pale, its outline 3:1
        number_axis(layers, "before", told, scale, is_named=named)
    )
    after = base.mark_bar(color=AFTER).encode(number_axis(layers, "after", told, scale, is_named=named))
    return without_data(alt.LayerChart(layer=[before, after], height=layer_height(layers, height)))


def layer_axis(layers: int, is_named: bool = True, beside: str = "") -> alt.X | alt.Y:
    """The layers from input to output: rows with their names where all can be read, else columns without."""
    sort = alt.EncodingSortField("place", op="min")
    if is_named and layers <= _NAMED:
        axis = alt.Axis(labelExpr=NAME_ENDS, labelLimit=160, labelOverlap=False, labelFlush=False)
        return alt.Y("layer:N", sort=sort, title="layer, from input to output", axis=axis)
    told = lines(f"{layers} layers, from input to output", "(hover over a bar for its name)", beside)
    title = told if is_named else None
    return alt.X("layer:N", sort=sort, title=title, axis=alt.Axis(labels=False, ticks=False))


def lines(*parts: str) -> list[str]:
    """An axis' title in as many lines: beside one that does not fit, Vega draws the plot narrower, down to nothing."""
    return [part for part in parts if part]


def number_axis(
    layers: int,
    field: str,
    title: str | list[str] | None,
    scale: alt.Scale,
    axis: alt.Axis | None = None,
    is_named: bool = True,
) -> alt.X | alt.Y:
    """What the bars of `layer_axis` count: to the right where layers are rows, else upwards."""
    channel = alt.X if is_named and layers <= _NAMED else alt.Y
    return channel(f"{field}:Q", title=title, scale=scale, axis=axis or alt.Axis(tickCount=TICKS))


def layer_height(layers: int, least: int) -> int:
    """Pixels in which each layer's name can be read."""
    return max(least, _ROW * layers + _AXIS) if layers <= _NAMED else least


def without_data(chart: alt.LayerChart) -> dict[str, Any]:
    """The spec alone; Altair gives each layer an empty data set, which would show as a bar of its own."""
    spec: dict[str, Any] = chart.to_dict()
    spec.pop("datasets", None)
    for layer in spec["layer"]:
        layer.pop("data", None)
    return spec
