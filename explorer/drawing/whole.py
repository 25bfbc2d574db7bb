"""Which boxes keep all their output channels, and why: marked by a thick edge, told on hover and in the legend."""

from __future__ import annotations

import re
from collections.abc import Mapping

from explorer.drawing.shapes import Layout
from explorer.values import Axis, LayerGraph

MARK = "keeps all its channels"
_NAME = re.compile(r"'[^']*'")


def kept_whole(graph: LayerGraph, drawing: Layout) -> dict[str, str]:
    """Box id → why none of its output channels may go; boxes that may lose some are absent."""
    stays = {node.id: node.stays for node in graph.nodes}
    free = {
        member.node
        for group in graph.groups
        if group.prunable
        for member in group.members
        if member.width and member.axis is Axis.OUT and not stays[member.node]
    }
    reasons = {box.id: [stays[node] for node in box.nodes if stays[node]] for box in drawing.boxes}
    return {
        box.id: reasons[box.id][0] for box in drawing.boxes if reasons[box.id] and free.isdisjoint(box.nodes)
    }


def in_short(whole: Mapping[str, str]) -> list[tuple[int, str]]:
    """How many boxes have which reason, most first; reasons that differ in names only are one, without the names."""
    alike: dict[str, list[str]] = {}
    for why in whole.values():
        alike.setdefault(_NAME.sub("'…'", why), []).append(why)
    told = [(len(same), same[0] if len(set(same)) == 1 else masked) for masked, same in alike.items()]
    return sorted(told, key=lambda one: -one[0])
