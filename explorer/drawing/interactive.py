"""The drawing as a browser is given it: data, and the code that pans, zooms, searches and lights groups."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from explorer.drawing.folding import Folds
from explorer.drawing.highlight import Highlight, colours, highlights, palette, title
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Layout
from explorer.drawing.svg import STYLE, drawing_group
from explorer.drawing.whole import in_short, kept_whole
from explorer.values import LayerGraph, Node
from explorer.words import formats

_ASSETS = files("explorer.drawing").joinpath("assets")
SCRIPTS = (
    "dom",
    "camera",
    "expansion",
    "words",
    "selection",
    "heat",
    "put",
    "fill",
    "fills",
    "cards",
    "minimap",
    "finder",
    "gestures",
    "folds",
    "letters",
    "paths",
    "legend",
    "input",
    "graph",
)  # one module


def asset(name: str) -> str:
    """The text of one file beside this one's scripts."""
    return _ASSETS.joinpath(name).read_text("utf-8")


def script(*names: str) -> str:
    """JavaScript that stands in several files for reading, as one module; without names that of the drawing."""
    return "\n".join(asset(f"{name}.js") for name in names or SCRIPTS)


def style(*names: str) -> str:
    """The drawing's style, and that of what surrounds it."""
    return STYLE + "".join(asset(f"{name}.css") for name in names)


def drawing_data(graph: LayerGraph, fused: bool, folds: Folds | None = None) -> dict[str, Any]:
    """All that the browser needs, as JSON values; slow enough to be cached by the caller. Arguments as of `layout`."""
    drawing = layout(graph, fused, folds=folds)
    number = {node.id: i for i, node in enumerate(graph.nodes)}
    lit, whole = highlights(graph, drawing), kept_whole(graph, drawing)
    return {
        "svg": drawing_group(drawing, colours(graph, drawing), whole=whole, tags=palette(graph, drawing)),
        "width": drawing.width,
        "height": drawing.height,
        "nodes": [_node(node) for node in graph.nodes],
        "boxes": [
            [b.x, b.y, b.w, b.h, b.column, int(b.circle), [number[n] for n in b.nodes], b.copies, b.closed]
            for b in drawing.boxes
        ],
        "bands": [
            [b.x, b.y, b.w, b.h, b.column, b.scope, b.copies, b.unrolled, b.label_x] for b in drawing.bands
        ],
        "folds": folds is not None,
        "lines": _lines(drawing),
        "groups": {str(g.id): [title(g), *_highlight(lit[g.id], number)] for g in graph.groups},
        "whole": in_short(whole),
        "legend": list(palette(graph, drawing).items()),
    }


def _node(node: Node) -> list[Any]:
    """Name, label, type, facts for the tooltip, groups, and why it keeps all its channels."""
    facts = [
        ("channels", _channels(node)),
        ("weight", formats.shape(node.weight_shape) if node.weight_shape else ""),
        ("output", formats.shape(node.output_shape) if node.output_shape else ""),
        ("parameters", formats.count(node.params) if node.params else ""),
        ("MACs", formats.count(node.macs) if node.macs else ""),
    ]
    return [
        node.id,
        node.label,
        node.type,
        [fact for fact in facts if fact[1]],
        list(node.groups),
        node.stays,
    ]


def _channels(node: Node) -> str:
    if node.in_channels is None or node.out_channels is None:
        return ""
    same = node.in_channels == node.out_channels
    return f"{node.in_channels:,}" if same else f"{node.in_channels:,} in, {node.out_channels:,} out"


def _lines(drawing: Layout) -> list[list[Any]]:
    box = {b.id: i for i, b in enumerate(drawing.boxes)}
    return [
        [box[line.source], box[line.target], [[round(x, 1), round(y, 1), c] for x, y, c in line.points]]
        for line in drawing.lines
    ]


def _highlight(lit: Highlight, number: dict[str, int]) -> list[list[int]]:
    return [sorted(number[n] for n in lit.outputs), sorted(number[n] for n in lit.inputs), list(lit.lines)]
