"""What each group's pruning costs, laid over the drawing of the dependency graph as colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.drawing.heat import Scale, handed_on
from explorer.ui.parts.sensitivity_metrics import Metric, cost, shown_scale
from explorer.ui.shell import runs
from explorer.values import LayerGraph, NetworkSpec, Sensitivity

SWEEP = "sweep_run"  # the run that measures it, in the session and the link

RULE = (
    "Colour shows what is lost when the group that **produces** this box's outputs is pruned alone. Boxes stay plain "
    "where no channel can be removed, and where channels of several groups run side by side."
)


def sweep_of(spec: NetworkSpec) -> Sensitivity | None:
    """What this session has measured of a network; None while that is nothing."""
    done = runs.finished(SWEEP, Sensitivity)
    return done[1] if done and done[1].spec == spec else None


def heat_of(
    found: Sensitivity, graph: LayerGraph, metric: Metric, ratio: float | None = None
) -> dict[str, Any]:
    """The overlay as JSON values.

    Args:
        found: the sweep.
        graph: of the same network.
        metric: what is counted.
        ratio: one of the sweep's; None: the mean over all of them.
    """
    number = {node.id: place for place, node in enumerate(graph.nodes)}
    scale = shown_scale(metric)
    costs = {group.id: cost(found, group, metric, ratio) for group in found.groups}
    when = _when(found, ratio)
    shown = {node: group for node, group in handed_on(graph).items() if group in costs and node in number}
    return {
        "title": f"{metric.label}, {when}",
        "before": "alone: ",
        "nodes": {str(number[node]): group for node, group in shown.items()},
        "groups": {str(group): _figure(metric, scale, value, when) for group, value in costs.items()},
        "stops": [[stop / scale.top, colour] for stop, colour in scale.stops],
        "ticks": [metric.tick(stop) for stop, _ in scale.stops],
    }


def with_copies(heat: dict[str, Any], boxes: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The same for a drawing in which one box may stand for equal blocks: each has a group of its own, all are told.

    Args:
        heat: the overlay.
        boxes: of the drawing, as `drawing_data` makes them.
    """
    joined: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for box, (*_, nodes, copies, _closed) in enumerate(boxes):
        costs = list(dict.fromkeys(heat["nodes"][str(n)] for n in nodes if str(n) in heat["nodes"]))
        if copies > 1 and len(costs) == copies:
            figures = [heat["groups"][str(group)] for group in costs]
            shown[str(box)] = f"b{box}"
            colour, ink, words = figures[0]
            same = all(figure[0] == colour for figure in figures)
            joined[f"b{box}"] = [
                colour if same else "",
                ink if same else "",
                words if same else _apart(figures),
            ]
    return heat | {"groups": heat["groups"] | joined, "boxes": shown}


def _apart(figures: Sequence[Sequence[str]]) -> str:
    """Of blocks that differ nothing is averaged away: they are told one by one, and the box stays plain."""
    return "; ".join(figure[2].partition(",")[0] for figure in figures)


def _figure(metric: Metric, scale: Scale, value: float, when: str) -> list[str]:
    """Colour, colour of text on it, and words."""
    return [scale.colour(value), scale.ink(value), f"{metric.words(value)}, {when}"]


def _when(found: Sensitivity, ratio: float | None) -> str:
    return f"mean of {len(found.options.ratios)} ratios" if ratio is None else f"at ratio {ratio:g}"
