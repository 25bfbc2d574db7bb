"""LayerGraph → positions of everything that is drawn. Fixed, no physics, a fraction of a second."""

from __future__ import annotations

from explorer.drawing.columns import fold
from explorer.drawing.folding import Folds, folded
from explorer.drawing.fuse import UnitGraph, unit_graph
from explorer.drawing.plot import Plot
from explorer.drawing.routes import Board, Route, Router, Way
from explorer.drawing.shapes import Layout
from explorer.values import LayerGraph, NodeKind

_MANY = 30  # concat lines that go round other boxes; more of them are drawn for the selection only


def layout(
    graph: LayerGraph,
    fused: bool = True,
    canvas: tuple[float, float] = (740.0, 520.0),
    folds: Folds | None = None,
) -> Layout:
    """Positions for a graph.

    Args:
        graph: any graph; a loop is drawn with its last line running backwards.
        fused: draw convolution, norm and activation as one box.
        canvas: width and height of where it will be seen; decides the number of columns.
        folds: draw as one what can be, with these changes; None: draw everything.
    """
    units = unit_graph(graph, fused)
    if not units.units:
        return Layout((), (), (), *canvas)
    if folds is not None:
        units = folded(units, graph, canvas, folds)
    columns, places = fold(units, canvas)
    router = Router(places, {i for i, unit in enumerate(units.units) if unit.is_circle})
    routes = {edge: router.route(*edge) for edge in units.edges}
    dense = _dense(units, routes)
    board = Board()
    for (source, target), route in routes.items():
        if (source, target) not in dense:
            board.reserve(source, route, places[source], places[target])
    return Plot(units, columns, places, board).drawn(routes, dense)


def _dense(units: UnitGraph, routes: dict[tuple[int, int], Route]) -> set[tuple[int, int]]:
    """Lines of a densely concatenated network that would hide everything else."""
    into_concat = {
        edge
        for edge, route in routes.items()
        if units.units[edge[1]].head.kind is NodeKind.CONCAT
        and edge[1] > edge[0] + 1
        and route.way is not Way.STRAIGHT
    }
    return into_concat if len(into_concat) > _MANY else set()
