"""A dependency graph as one HTML file, and as a picture."""

from __future__ import annotations

from explorer.drawing.page import page_html
from explorer.drawing.svg import svg
from explorer.exports.base import Graph


def html(graph: Graph) -> str:
    """The app's own drawing in one file that opens in any browser, also offline."""
    return page_html(graph.graph, _heading(graph), graph.group, graph.folds)


def pyvis(graph: Graph) -> str:
    """The same as a canvas of pyvis."""
    from explorer.drawing.pyvis_page import pyvis_html  # pyvis takes a quarter of a second to import

    return pyvis_html(graph.graph, _heading(graph), graph.group)


def picture(graph: Graph) -> str:
    """An SVG with the selected group lit up."""
    return svg(graph.graph, graph.group)


def _heading(graph: Graph) -> str:
    return f"Dependency graph of {graph.name}"
