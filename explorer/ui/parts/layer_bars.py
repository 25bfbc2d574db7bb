"""Zeros in every layer as bars, which follow a slider in the browser."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.drawing.interactive import script
from explorer.ui.shell import assets
from explorer.values import LayerPlan

_HTML, _CSS = assets.text("layer_bars.html"), assets.text("layer_bars.css")
_JS = f"{script('dom', 'once', 'put')}\n{assets.text('layer_bars.js')}"
_NAMED = 32  # layers up to which each is a row with its name; more stand as columns without


def zeros_drawing(layers: Sequence[LayerPlan]) -> str:
    """The bars' key: those of other layers do not take what was said of these for their own."""
    return f"zeros {hash(tuple((row.name, row.params) for row in _masked(layers))):x}"


def zeros_left(layers: Sequence[LayerPlan]) -> list[int]:
    """What the bars are told of a plan: the non-zeros of each layer that they show."""
    return [row.nonzero for row in _masked(layers)]


def layer_zeros(layers: Sequence[LayerPlan], key: str, label: str, live: bool = False) -> None:
    """Draw the share of zeros in every layer that masks cover; in every layer, where the library does not say which.

    Args:
        layers: of a plan, or of a network as its library left it.
        key: the bars' own in the page.
        label: what they show, for a screen reader.
        live: whether the figures of a plan tell them what is left.
    """
    shown = _masked(layers)
    across, columns = "layers, from input to output", len(shown) > _NAMED
    data = {
        "name": zeros_drawing(layers) if live else "",
        "label": label,
        "columns": columns,
        "across": f"{len(shown)} {across} (hover over a bar for its name)" if columns else across,
        "layers": [{"name": row.name, "type": row.type, "values": row.params} for row in shown],
        "left": None if live else zeros_left(layers),
    }
    mount = st.components.v2.component("explorer_layer_bars", html=_HTML, css=_CSS, js=_JS)
    mount(key=key, data=data)


def _masked(layers: Sequence[LayerPlan]) -> list[LayerPlan]:
    return [row for row in layers if getattr(row, "maskable", row.params)]
