"""The network's drawing with what a plan leaves of it: laid out once, its boxes filled as far as they keep channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from explorer.drawing.folding import Folds
from explorer.drawing.interactive import asset, script, style
from explorer.drawing.layout import layout
from explorer.drawing.svg import drawing_group
from explorer.drawing.whole import kept_whole
from explorer.drawing.widths_left import BoxWidth, Filled, counted_boxes, dense_widths, widths_left
from explorer.ui.parts.graph_cache import graph_of
from explorer.values import ChannelPlan, LayerGraph, NetworkSpec, Outcome, Report
from explorer.words import formats

_LEFT = "network_left"  # the drawing's key in the page
_LIVE = (600.0, 440.0)  # pixels of where it is seen, about: on a large screen higher, on a small one narrower
_HALF = (490.0, 420.0)  # of each of two side by side
_LEGIBLE = 0.6  # zoom at which names can be read; below it equal blocks are drawn as one, the largest closed
SCRIPTS = ("once", "put", "fill", "widths", "widths_left")  # one module
PAIR = ("once", "put", "fill", "widths", "camera", "gestures", "before_after")  # the same for two drawings


@dataclass(frozen=True)
class Drawn:
    """What stays while the slider moves."""

    data: dict[str, Any]  # for the browser
    boxes: tuple[BoxWidth, ...]


def drawing_left(spec: NetworkSpec) -> str:
    """The key of a network's drawing, or a new one would take what was said of the last network for its own."""
    return f"{_LEFT} {spec.key}"


def boxes_left(spec: NetworkSpec, plan: ChannelPlan) -> list[Filled]:
    """What the drawing is told of a plan."""
    return widths_left(_live(spec, plan).boxes, plan)


def network_left(spec: NetworkSpec, plan: ChannelPlan) -> None:
    """Draw the network; who shows the plan's figures tells it what is left of each box."""
    mount = st.components.v2.component(
        "explorer_widths_left",
        html=asset("widths_left.html"),
        css=style("widths_left"),
        js=script(*SCRIPTS),
    )
    mount(key=_LEFT, data=_live(spec, plan).data | {"name": drawing_left(spec)})


def _live(spec: NetworkSpec, plan: ChannelPlan) -> Drawn:
    return _drawn(spec.key, _LIVE, graph_of(spec.key, spec), plan)


def before_and_after(spec: NetworkSpec, report: Report) -> None:
    """Draw the network as it was and as the library left it; what moves one drawing moves the other."""
    plan = report.plan
    if not isinstance(plan, ChannelPlan):
        return
    drawn, kept = _drawn(spec.key, _HALF, graph_of(spec.key, spec), plan), _widths(report.pruned)
    dense = [(*one[:4], False) for one in widths_left(drawn.boxes, plan, dense_widths(plan))]
    sides = [
        (_caption("Before", report.dense), dense),
        (_caption("After", report.pruned), widths_left(drawn.boxes, plan, kept)),
    ]
    mount = st.components.v2.component(
        "explorer_before_after",
        html=asset("before_after.html"),
        css=style("widths_left", "before_after"),
        js=script(*PAIR),
    )
    mount(key="before_after", data=drawn.data | {"sides": sides})


def _widths(found: Outcome) -> dict[str, int]:
    """Output channels of every layer, as counted on the network."""
    return {layer.name: layer.width for layer in found.layers}


def _caption(when: str, found: Outcome) -> str:
    return f"{when}: {formats.count(found.params)} parameters, {formats.count(found.macs)} MACs"


@st.cache_resource(max_entries=12, show_spinner=False)
def _drawn(key: str, canvas: tuple[float, float], _graph: LayerGraph, _plan: ChannelPlan) -> Drawn:
    """Laid out once for a network and a size; frozen, so every session may hold the same one."""
    drawing = layout(_graph, canvas=canvas)
    if min(canvas[0] / drawing.width, canvas[1] / drawing.height) < _LEGIBLE:
        drawing = layout(_graph, canvas=canvas, folds=Folds())
    data = {
        "svg": drawing_group(drawing, {}, whole=kept_whole(_graph, drawing)),
        "width": drawing.width,
        "height": drawing.height,
    }
    return Drawn(data, counted_boxes(_graph, drawing, _plan))
