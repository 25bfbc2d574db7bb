"""A dependency graph as one HTML file, and as a picture."""

from __future__ import annotations

from explorer.drawing.svg import svg
from explorer.exports.base import Graph


def html(graph: Graph) -> str:
    """One file that opens in any browser, also offline."""
    from explorer.drawing.html import standalone_html  # pyvis takes a quarter of a second to import

    return standalone_html(graph.graph, f"Dependency graph of {graph.name}", graph.group)


def picture(graph: Graph) -> str:
    """An SVG with the selected group lit up."""
    return svg(graph.graph, graph.group)
