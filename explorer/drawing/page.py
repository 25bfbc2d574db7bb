"""LayerGraph → one HTML file with the app's own drawing and code; it works offline, in light and dark."""

from __future__ import annotations

import json
from typing import Any

from explorer.drawing.folding import AT_FIRST, Folds
from explorer.drawing.interactive import asset, drawing_data, script, style
from explorer.drawing.svg import DARK, LIGHT, find_group, text
from explorer.values import LayerGraph

_OURS = {  # what the app's theme calls them: as the drawing's own colours are called
    "text-color": "ink",
    "background-color": "paper",
    "secondary-background-color": "band",
    "primary-color": "accent",
    "font": "font",
}


def page_html(
    graph: LayerGraph,
    heading: str = "Dependency graph",
    selected_group: int | None = None,
    folds: Folds | None = AT_FIRST,
) -> str:
    """A page with the whole graph: pan, zoom, search, and a click lights up the coupled group. Loads nothing.

    Args:
        graph: what is drawn.
        heading: its title.
        selected_group: which group is lit at first; None: none.
        folds: what is drawn as one; None: every layer is a box of its own.

    Raises:
        UnknownNameError: no group has that id.
    """
    if selected_group is not None:
        find_group(graph, selected_group)
    written = {"DRAWINGS": _drawings(graph, folds), "GROUP": selected_group}
    # "<" never appears inside the script, so no name can end it
    data = "".join(
        f"const {name} = {json.dumps(value)};\n".replace("<", "\\u003c") for name, value in written.items()
    )
    code = script().replace("export default function mount", "function mount", 1)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(heading)}</title><style>{_theme()}{style('graph', 'standalone')}</style></head>"
        f'<body><header><h1>{text(heading)}</h1><button id="whole" type="button"></button></header>'
        f"<main>{asset('graph.html')}</main>"
        f'<script type="module">\n{data}{code}\n{asset("standalone.js")}</script></body></html>\n'
    )


def _drawings(graph: LayerGraph, folds: Folds | None) -> list[dict[str, Any]]:
    """As it is seen in the app, and where that folds something, the same without."""
    shown = drawing_data(graph, folds is not None, folds)
    whole = [drawing_data(graph, True)] if folds else []
    others = [one for one in whole if len(one["boxes"]) != len(shown["boxes"])]
    return [one | {"name": "page"} for one in (shown, *others)]


def _theme() -> str:
    """The app's colours, by what the reader's system prefers."""
    light, dark = (
        ";".join(f"--st-{name}:{theme[ours]}" for name, ours in _OURS.items()) for theme in (LIGHT, DARK)
    )
    return f":root{{color-scheme:light dark;{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
