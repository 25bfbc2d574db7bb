"""LayerGraph → one HTML file that opens offline: pyvis with our positions, its physics off."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise

from pyvis.network import Network

from explorer.drawing.highlight import colours, highlights, title
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Box, Layout, Line
from explorer.drawing.svg import LIGHT, text
from explorer.drawing.whole import MARK, in_short, kept_whole
from explorer.values import LayerGraph

_LINKED = re.compile(
    r"<(?:link|script)\b[^>]*\b(?:href|src)\s*=[^>]*>(?:\s*</script>)?|<center>\s*<h1></h1>\s*</center>",
    re.IGNORECASE,
)
_GREY = "#9aa7b4"
_THICK = 4  # pixels: the edge of a box that keeps all its channels
_OPTIONS = {"physics": {"enabled": False}, "interaction": {"hover": True, "dragNodes": False}}
_SCRIPT = """
<script>
const { bands, groups, plain, lit, dim } = DATA;
const hint = note.textContent;
let picked = null;
network.on("beforeDrawing", (canvas) => {
  for (const [label, labelX, x, y, w, h] of bands) {
    canvas.fillStyle = "BAND";
    canvas.fillRect(x, y, w, h);
    canvas.fillStyle = "INK";
    canvas.font = "bold 12px sans-serif";
    canvas.fillText(label, labelX, y + 16);
  }
});
network.on("click", ({ nodes: [id] }) => {
  const own = groups.filter((group) => group.boxes.includes(id));
  picked = own[own.indexOf(picked) + 1] ?? own[0] ?? null;
  const more = own.length > 1 ? "; click again for the next group of this box" : "";
  note.textContent = picked ? picked.title + more : hint;
  const colour = (id) => (picked ? (picked.boxes.includes(id) ? lit : dim) : plain[id]);
  nodes.update(Object.keys(plain).map((id) => ({ id, color: colour(id) })));
});
network.redraw();
</script>
"""


def standalone_html(graph: LayerGraph, heading: str = "Dependency graph") -> str:
    """A page with the whole graph: fixed positions, a click lights up the coupled group. Loads nothing."""
    drawing = layout(graph)
    network = Network(height="88vh", width="100%", directed=True, cdn_resources="in_line")
    plain, whole = _plain_colours(graph, drawing), kept_whole(graph, drawing)
    for box in drawing.boxes:
        _add_box(network, graph, box, plain[box.id], whole.get(box.id, ""))
    for number, line in enumerate(drawing.lines):
        if not line.dense:
            _add_line(network, line, number)
    network.set_options(json.dumps(_OPTIONS))
    page = _LINKED.sub("", network.generate_html(notebook=False))
    hint = f"{text(heading)}: click a box to light up everything that loses channels with it."
    note = f'<p id="note" style="font:15px {LIGHT["font"]};margin:12px">{hint}</p>'
    page = page.replace("<body>", f"<body>{note}{_legend(whole)}", 1)
    page = page.replace("</head>", f"<title>{text(heading)}</title></head>", 1)
    before, _, after = page.rpartition("</body>")
    return f"{before}{_script(graph, drawing, plain)}</body>{after}"


def _plain_colours(graph: LayerGraph, drawing: Layout) -> dict[str, dict[str, str]]:
    numbers = colours(graph, drawing)
    neutral = {"background": LIGHT["paper"], "border": _GREY}
    return {
        box.id: _tinted(LIGHT[f"c{numbers[box.id]}"]) if box.id in numbers else neutral
        for box in drawing.boxes
    }


def _tinted(colour: str) -> dict[str, str]:
    """The colour as a border around a light tint of itself."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    tint = "".join(f"{round(255 - (255 - part) * 0.22):02x}" for part in parts)
    return {"background": f"#{tint}", "border": colour}


def _legend(whole: Mapping[str, str]) -> str:
    """What a thick edge means, and how many boxes have one for which reason."""
    if not whole:
        return ""
    reasons = "".join(f"<li>{count} × {text(why)}</li>" for count, why in in_short(whole))
    mark = f'<span style="border:{_THICK}px solid {_GREY};border-radius:3px;padding:0 8px;margin-right:6px"></span>'
    return (
        f'<details id="whole" style="font:14px {LIGHT["font"]};margin:0 12px 10px"><summary>{mark}A thick edge: it '
        f"{MARK}. {len(whole)} boxes do; a pointer on one says why.</summary><ul>{reasons}</ul></details>"
    )


def _add_box(network: Network, graph: LayerGraph, box: Box, colour: dict[str, str], stays: str) -> None:
    node = graph.node(box.id)
    sizes = " × ".join(map(str, node.weight_shape or ()))
    network.add_node(
        box.id,
        label=f"{box.label}  {box.sublabel}".strip(),
        title="\n".join(part for part in (node.id, node.type, sizes, stays and f"{MARK}: {stays}") if part),
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


def _script(graph: LayerGraph, drawing: Layout, plain: dict[str, dict[str, str]]) -> str:
    """Bands behind the boxes, and what a click does."""
    box_of = {node: box.id for box in drawing.boxes for node in box.nodes}
    found = highlights(graph, drawing)
    members = {id: found[id].outputs | found[id].inputs for id in found}
    data = {
        "bands": [[band.label, band.label_x, band.x, band.y, band.w, band.h] for band in drawing.bands],
        "groups": [
            {"title": title(group), "boxes": sorted({box_of[node] for node in members[group.id]})}
            for group in graph.groups
        ],
        "plain": plain,
        "lit": _tinted(LIGHT["accent"]),
        "dim": {"background": LIGHT["paper"], "border": "#e3e8ee"},
    }
    # "<" never appears inside the script, so no name can end it
    written = json.dumps(data).replace("<", "\\u003c")
    return _SCRIPT.replace("BAND", LIGHT["band"]).replace("INK", LIGHT["ink"]).replace("DATA", written)
