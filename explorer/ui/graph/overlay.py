"""One number laid over the drawing as colours: which to show, and what the browser needs for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from explorer.drawing.folding import Folds
from explorer.drawing.heat import Scale
from explorer.ui.graph import numbers
from explorer.ui.graph.channels_left import channels_left
from explorer.ui.graph.numbers import Numbers, Source
from explorer.ui.parts.heat import RULE, heat_of, sweep_of, with_copies
from explorer.ui.parts.sensitivity_metrics import metrics_of
from explorer.ui.parts.widgets import failures, measured_badge
from explorer.ui.shell import state
from explorer.values import LayerGraph, NetworkSpec
from explorer.words.glossary import explain

_KEY = "graph_colours"
LINK = "colours"
_GROUPS, _LEFT, _SENSITIVITY, _TIME = "groups", "channels left", "sensitivity", "time, measured"
_SOURCES: Mapping[str, Source] = {
    "parameters": numbers.parameters,
    "MACs": numbers.macs,
    _TIME: numbers.times,
    "importance": numbers.weak_channels,
    "sparsity": numbers.sparsity,
}
_ELSEWHERE = (
    "Time and sensitivity can be chosen once Profile and Sensitivity have measured them in this session."
)


def _offered(spec: NetworkSpec, graph: LayerGraph) -> list[str]:
    """What can be chosen; what has not been measured cannot."""
    measured = [_SENSITIVITY] if sweep_of(spec) else []
    known = (name for name in _SOURCES if name != _TIME or numbers.times(spec, graph))
    return [_GROUPS, _LEFT, *known, *measured]


def follow(spec: NetworkSpec, graph: LayerGraph) -> None:
    """Take the choice from the link at first; what cannot be chosen gives way to the groups."""
    offered, wanted = _offered(spec, graph), st.session_state.get(_KEY)
    if wanted is None:
        state.check_link(LINK, offered, "colours")
        wanted = st.query_params.get(LINK)
    st.session_state[_KEY] = wanted if wanted in offered else _GROUPS


def choose(spec: NetworkSpec, graph: LayerGraph) -> None:
    """Draw the menu, and keep the choice in the link."""
    st.selectbox(
        "Colour by", _offered(spec, graph), key=_KEY, persist_state="session", label_visibility="collapsed",
        format_func=lambda name: f"Colour by {name}", width=230, on_change=state.forget, args=[LINK],
        help=f"{explain('channels left')} {_ELSEWHERE} {explain(_SENSITIVITY)} {RULE}",
    )  # fmt: skip
    chosen = st.session_state[_KEY]
    if chosen == _GROUPS:
        st.query_params.pop(LINK, None)
    elif st.query_params.get(LINK) != chosen:
        st.query_params[LINK] = chosen


def left(spec: NetworkSpec, graph: LayerGraph, folds: Folds | None) -> dict[str, Any] | None:
    """How full each box is by the plan of the DepGraph page; None where that was not chosen."""
    with failures("channels_left", spec):
        return channels_left(spec, graph, folds) if st.session_state.get(_KEY) == _LEFT else None
    return None


def chosen(spec: NetworkSpec, graph: LayerGraph) -> Numbers | None:
    """The numbers by node; None for colours by group, and for sensitivity, which belongs to groups."""
    source = _SOURCES.get(st.session_state.get(_KEY, _GROUPS))
    with failures("graph_numbers", spec):
        return source(spec, graph) if source else None
    return None


def overlay(spec: NetworkSpec, graph: LayerGraph, data: Mapping[str, Any], found: Numbers | None) -> Any:
    """What is told to the drawing; None for the colours of the groups."""
    swept = sweep_of(spec)
    if st.session_state.get(_KEY) == _SENSITIVITY and swept:
        metric = metrics_of(swept)[0]
        return with_copies(heat_of(swept, graph, metric), data["boxes"])
    return laid_over(found, graph, data["boxes"], st.context.theme.type == "dark") if found else None


def badge(found: Numbers | None) -> None:
    """Mark a measurement as one."""
    if found and found.measured:
        measured_badge(found.measured)


def laid_over(
    found: Numbers, graph: LayerGraph, boxes: Sequence[Sequence[Any]], on_dark: bool
) -> dict[str, Any]:
    """Colours and words by box, and by node for the rows of a box that was opened.

    Args:
        found: the numbers.
        graph: whose nodes they belong to.
        boxes: of the drawing, as `drawing_data` makes them.
        on_dark: whether the page is dark.
    """
    values = {place: found.of[node.id] for place, node in enumerate(graph.nodes) if node.id in found.of}
    drawn = {box: each for box, one in enumerate(boxes) if (each := _by_copy(found, values, one))}
    scale = Scale(max((max(each) for each in drawn.values()), default=0.0) or 1.0, on_dark)
    figures = {f"n{place}": _figure(found, scale, [value]) for place, value in values.items()}
    figures |= {f"b{box}": _figure(found, scale, each) for box, each in drawn.items()}
    return {
        "title": f"{found.title}, measured" if found.measured else found.title,
        "before": "",
        "nodes": {str(place): f"n{place}" for place in values},
        "boxes": {str(box): f"b{box}" for box in drawn},
        "groups": figures,
        "stops": [[stop / scale.top, colour] for stop, colour in scale.stops],
        "ticks": ["0", "", "", found.words(scale.top).partition(",")[0]],
    }


def _by_copy(found: Numbers, values: Mapping[int, float], box: Sequence[Any]) -> list[float]:
    """The number of each of the equal blocks that a box is drawn for."""
    nodes, copies = box[6], box[7]
    each = len(nodes) // copies
    parts = ([values[n] for n in nodes[i * each : (i + 1) * each] if n in values] for i in range(copies))
    return [sum(part) if found.adds_up else max(part) for part in parts if part]


def _figure(found: Numbers, scale: Scale, each: Sequence[float]) -> list[str]:
    """Colour, colour of text on it, and words; of several the largest shows."""
    low, high = min(each), max(each)
    several = f" (largest of {len(each)} blocks; the smallest: {found.words(low)})" if high > low else ""
    alike = f" in each of {len(each)}" if high == low and len(each) > 1 else ""
    return [scale.colour(high), scale.ink(high), f"{found.words(high)}{alike}{several}"]
