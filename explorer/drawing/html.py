"""LayerGraph → one HTML file that opens offline: pyvis with our positions, its physics off."""

from __future__ import annotations

import json
import re

from pyvis.network import Network

from explorer.drawing.highlight import colours, highlights, title
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Box, Layout
from explorer.drawing.svg import LIGHT, text
from explorer.schema import LayerGraph

_LINKED = re.compile(
    r"<(?:link|script)\b[^>]*\b(?:href|src)\s*=[^>]*>(?:\s*</script>)?|<center>\s*<h1></h1>\s*</center>",
    re.IGNORECASE,
)
_PICK = """
<script>
const groups = GROUPS, hint = note.textContent;
const plain = new Map(nodes.get().map((box) => [box.id, box.color]));
let lit = null;
network.on("click", ({ nodes: [id] }) => {
  const own = groups.filter((group) => group.boxes.includes(id));
  lit = own[own.indexOf(lit) + 1] ?? own[0] ?? null;
  note.textContent = lit ? lit.title + (own.length > 1 ? "; click again for the next group of this box" : "") : hint;
  const colour = (id) => (lit ? (lit.boxes.includes(id) ? "ACCENT" : "DIM") : plain.get(id));
  nodes.update(nodes.getIds().map((id) => ({ id, color: colour(id) })));
});
</script>
"""


def standalone_html(graph: LayerGraph, heading: str = "Dependency graph") -> str:
    """A page with the whole graph: fixed positions, a click lights up the coupled group. Loads nothing."""
    drawing = layout(graph)
    network = Network(height="88vh", width="100%", directed=True, cdn_resources="in_line")
    numbers = colours(graph, drawing)
    for box in drawing.boxes:
        _add(network, graph, box, LIGHT[f"c{numbers[box.id]}"] if box.id in numbers else "#e3e8ee")
    for line in drawing.lines:
        if not line.dense:
            network.add_edge(line.source, line.target, color="#9aa7b4", dashes=line.dashed, smooth=False)
    network.set_options(
        json.dumps(
            {"physics": {"enabled": False}, "interaction": {"hover": True, "navigationButtons": False}}
        )
    )
    page = _LINKED.sub("", network.generate_html(notebook=False))
    hint = f"{text(heading)}: click a box to light up everything that loses channels with it."
    note = f'<p id="note" style="font:15px {LIGHT["font"]};margin:12px">{hint}</p>'
    page = page.replace("<body>", f"<body>{note}", 1).replace(
        "</head>", f"<title>{text(heading)}</title></head>", 1
    )
    before, _, after = page.rpartition("</body>")
    return before + _script(graph, drawing) + "</body>" + after


def _add(network: Network, graph: LayerGraph, box: Box, colour: str) -> None:
    node = graph.node(box.id)
    sizes = " × ".join(map(str, node.weight_shape or ()))
    network.add_node(
        box.id,
        label=box.label if not box.sublabel else f"{box.label}\n{box.sublabel}",
        title="\n".join(part for part in (node.id, node.type, sizes) if part),
        x=box.x + box.w / 2,
        y=box.y + box.h / 2,
        color=colour,
        shape="box" if not box.circle else "circle",
        font={"size": 11},
        physics=False,
    )


def _script(graph: LayerGraph, drawing: Layout) -> str:
    """Membership of boxes in groups, and what a click does with it."""
    box_of = {node: box.id for box in drawing.boxes for node in box.nodes}
    lit = highlights(graph, drawing)
    groups = [
        {
            "title": title(group),
            "boxes": sorted({box_of[node] for node in lit[group.id].outputs | lit[group.id].inputs}),
        }
        for group in graph.groups
    ]
    # "<" never appears inside the script, so no name can end it
    data = json.dumps(groups).replace("<", "\\u003c")
    return _PICK.replace("DIM", "#f1f3f5").replace("ACCENT", LIGHT["accent"]).replace("GROUPS", data)
