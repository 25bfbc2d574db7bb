"""LayerGraph → one HTML file that opens offline: pyvis with our positions, its physics off."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise
from typing import Any

from pyvis.network import Network

from explorer.drawing.highlight import colours, highlights, title
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Box, Layout, Line
from explorer.drawing.svg import DARK, LIGHT, find_group, text
from explorer.drawing.whole import MARK, in_short, kept_whole
from explorer.values import LayerGraph

_LINKED = re.compile(
    r"<(?:link|script)\b[^>]*\b(?:href|src)\s*=[^>]*>(?:\s*</script>)?|<center>\s*<h1></h1>\s*</center>",
    re.IGNORECASE,
)
_GREY = "#9aa7b4"
_THICK = 4  # pixels: the edge of a box that keeps all its channels
_OPTIONS = {"physics": {"enabled": False}, "interaction": {"hover": True, "dragNodes": False}}
_THEMES = {"light": LIGHT, "dark": DARK}
_FILES = files("explorer.drawing")
_KEY = (
    '<p id="key"><span class="key out"></span>loses output channels<span class="key in"></span>loses input channels'
    '<span class="key skip"></span>identity shortcut</p>'
)


def pyvis_html(
    graph: LayerGraph, heading: str = "Dependency graph", selected_group: int | None = None
) -> str:
    """A page with the whole graph: fixed positions, a click lights up the coupled group. Loads nothing.

    Args:
        graph: what is drawn.
        heading: its title.
        selected_group: which group is lit at first; None: none.

    Raises:
        UnknownNameError: no group has that id.
    """
    if selected_group is not None:
        find_group(graph, selected_group)
    drawing = layout(graph)
    network = Network(height="88vh", width="100%", directed=True, cdn_resources="in_line")
    plain, whole = _plain_colours(graph, drawing, LIGHT), kept_whole(graph, drawing)
    for box in drawing.boxes:
        _add_box(network, graph, box, plain[box.id], whole.get(box.id, ""))
    for number, line in enumerate(drawing.lines):
        if not line.dense:
            _add_line(network, line, number)
    network.set_options(json.dumps(_OPTIONS))
    page = _LINKED.sub("", network.generate_html(notebook=False))
    hint = f"{text(heading)}: click a box to light up everything that loses channels with it."
    page = page.replace("<body>", f'<body><p id="note" role="status">{hint}</p>{_KEY}{_legend(whole)}', 1)
    page = page.replace("<html>", '<!DOCTYPE html>\n<html lang="en">', 1)
    page = page.replace("</head>", f"<title>{text(heading)}</title><style>{_style()}</style></head>", 1)
    before, _, after = page.rpartition("</body>")
    return f"{before}{_script(graph, drawing, selected_group)}</body>{after}"


def _plain_colours(graph: LayerGraph, drawing: Layout, theme: Mapping[str, str]) -> dict[str, dict[str, str]]:
    numbers = colours(graph, drawing)
    neutral = {"background": theme["paper"], "border": _GREY}
    return {
        box.id: _tinted(theme[f"c{numbers[box.id]}"], theme) if box.id in numbers else neutral
        for box in drawing.boxes
    }


def _tinted(colour: str, theme: Mapping[str, str]) -> dict[str, str]:
    """The colour as a border around a tint of itself on the theme's paper."""
    pairs = ((int(colour[i : i + 2], 16), int(theme["paper"][i : i + 2], 16)) for i in (1, 3, 5))
    tint = "".join(f"{round(paper + (part - paper) * 0.25):02x}" for part, paper in pairs)
    return {"background": f"#{tint}", "border": colour}


def _look(graph: LayerGraph, drawing: Layout, theme: Mapping[str, str]) -> dict[str, Any]:
    """Colours of the page in one theme, by the state of a box."""
    paper, accent = theme["paper"], theme["accent"]
    states = {
        "out": _tinted(accent, theme),
        "in": {"background": paper, "border": accent},
        "dim": {"background": paper, "border": theme["band"]},
    }
    faint = {"faint": _GREY, "line": _GREY, "plain": _plain_colours(graph, drawing, theme), "states": states}
    return {"ink": theme["ink"], "band": theme["band"]} | faint


def _legend(whole: Mapping[str, str]) -> str:
    """What a thick edge means, and how many boxes have one for which reason."""
    if not whole:
        return ""
    reasons = "".join(f"<li>{count} × {text(why)}</li>" for count, why in in_short(whole))
    count = "1 box does" if len(whole) == 1 else f"{len(whole)} boxes do"
    return (
        f'<details id="whole"><summary><span class="key whole"></span>A thick edge: it '
        f"{MARK}. {count}; a pointer on one says why.</summary><ul>{reasons}</ul></details>"
    )


def _add_box(network: Network, graph: LayerGraph, box: Box, colour: dict[str, str], stays: str) -> None:
    node = graph.node(box.id)
    sizes = " × ".join(map(str, node.weight_shape or ()))
    groups = f"in groups {', '.join(map(str, node.groups))}" if node.groups else ""
    network.add_node(
        box.id,
        label=f"{box.label}  {box.sublabel}".strip(),
        title="\n".join(
            part for part in (node.id, node.type, sizes, groups, stays and f"{MARK}: {stays}") if part
        ),
        borderWidth=_THICK if stays else 1,
        x=box.x + box.w / 2,
        y=box.y + box.h / 2,
        color=colour,
        shape="circle" if box.circle else "box",
        font={"size": 11, "color": LIGHT["ink"]},
        widthConstraint=12 if box.circle else {"minimum": box.w - 10, "maximum": box.w - 10},
        physics=False,
    )


def _add_line(network: Network, line: Line, number: int) -> None:
    """One edge for each straight part, over invisible nodes at the corners."""
    corners = [f"corner {number}.{i}" for i in range(1, len(line.points) - 1)]
    for corner, (x, y, _) in zip(corners, line.points[1:-1], strict=True):
        network.add_node(corner, label=" ", shape="dot", size=0, x=x, y=y, physics=False)
    stops = [line.source, *corners, line.target]
    for i, (start, end) in enumerate(pairwise(stops), 2):
        arrows = {"to": {"enabled": i == len(stops), "scaleFactor": 0.4}}
        network.add_edge(
            start, end, color=_GREY, width=3 if line.shortcut else 1, smooth=False, arrows=arrows
        )


def _script(graph: LayerGraph, drawing: Layout, selected: int | None) -> str:
    """Bands behind the boxes, and what a click does."""
    box_of = {node: box.id for box in drawing.boxes for node in box.nodes}
    found = highlights(graph, drawing)
    data = {
        "bands": [[band.label, band.label_x, band.x, band.y, band.w, band.h] for band in drawing.bands],
        "groups": [
            {
                "id": group.id,
                "title": title(group),
                "out": sorted({box_of[node] for node in found[group.id].outputs}),
                "in": sorted({box_of[node] for node in found[group.id].inputs}),
            }
            for group in graph.groups
        ],
        "themes": {name: _look(graph, drawing, theme) for name, theme in _THEMES.items()},
        "selected": selected,
    }
    # "<" never appears inside the script, so no name can end it
    written = json.dumps(data).replace("<", "\\u003c")
    script = _FILES.joinpath("pyvis_page.js").read_text("utf-8")
    return f"<script>{script.replace('= DATA', f'= {written}')}</script>"


def _style() -> str:
    """The page's own colours, by what the reader's system prefers, and how they are used."""
    light, dark = (
        ";".join(f"--{name}:{value}" for name, value in (theme | {"line": _GREY}).items())
        for theme in _THEMES.values()
    )
    own = _FILES.joinpath("pyvis_page.css").read_text("utf-8")
    root = f":root{{color-scheme:light dark;{light}}}"
    return f"{root}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}{own}"
