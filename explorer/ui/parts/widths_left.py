"""The network's drawing beside a plan: laid out once, its boxes filled as far as they keep their channels."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import streamlit as st

from explorer.drawing.layout import layout
from explorer.drawing.svg import STYLE, drawing_group
from explorer.drawing.whole import kept_whole
from explorer.drawing.widths_left import BoxWidth, counted_boxes, widths_left
from explorer.ui.parts import graph_component
from explorer.ui.parts.graph_cache import graph_of
from explorer.values import ChannelPlan, LayerGraph, NetworkSpec

_ASSETS = files("explorer.ui").joinpath("assets")
_CANVAS = (
    600.0,
    440.0,
)  # pixels of where it is seen, about: on a large screen higher, on a small one narrower


@dataclass(frozen=True)
class Drawn:
    """What stays while the slider moves."""

    data: dict[str, Any]  # for the browser
    boxes: tuple[BoxWidth, ...]


def network_left(spec: NetworkSpec, plan: ChannelPlan, name: str) -> None:
    """Draw the network with what the plan leaves of each box; `name` is that of the drawing."""
    drawing = f"{name} {spec.key}"  # or a new one would take what was said of the last network for its own
    drawn = _drawn(drawing, graph_of(spec.key, spec), plan)
    mount = st.components.v2.component(
        "explorer_widths_left",
        html=_ASSETS.joinpath("widths_left.html").read_text("utf-8"),
        css=STYLE + _ASSETS.joinpath("widths_left.css").read_text("utf-8"),
        js=_ASSETS.joinpath("widths_left.js").read_text("utf-8"),
    )
    mount(key=name, data=drawn.data)
    graph_component.say(drawing, {"widths": widths_left(drawn.boxes, plan)})


@st.cache_resource(max_entries=6, show_spinner=False)
def _drawn(name: str, _graph: LayerGraph, _plan: ChannelPlan) -> Drawn:
    """Laid out once for a network; frozen, so every session may hold the same one."""
    drawing = layout(_graph, canvas=_CANVAS)
    data = {
        "name": name,
        "svg": drawing_group(drawing, {}, whole=kept_whole(_graph, drawing)),
        "width": drawing.width,
        "height": drawing.height,
        "names": [box.id for box in drawing.boxes],
    }
    return Drawn(data, counted_boxes(_graph, drawing, _plan))
