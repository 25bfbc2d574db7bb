"""Layout → SVG: the one renderer, for the page and for the exported file."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import replace
from importlib.resources import files
from xml.sax.saxutils import escape

from explorer.drawing.highlight import Highlight, colours, highlights, palette, title
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Band, Box, Layout, Line
from explorer.drawing.whole import MARK, kept_whole
from explorer.values import Group, LayerGraph
from explorer.values.errors import UnknownNameError

STYLE = files("explorer.drawing").joinpath("drawing.css").read_text("utf-8")
LIGHT = {
    "font": "'Source Sans 3', 'Source Sans Pro', 'Segoe UI', Helvetica, Arial, sans-serif",
    "ink": "#1d2733", "paper": "#ffffff", "band": "#f3f6f9", "accent": "#1b6a9c",
    "c0": "#3b82c4", "c1": "#c47615", "c2": "#38916a", "c3": "#8a63c7",
    "c4": "#a97f22", "c5": "#2f93a5", "c6": "#c0608f", "c7": "#7a8b3c",
}  # fmt: skip
DARK = LIGHT | {"ink": "#e8edf2", "paper": "#11161c", "band": "#1b232c", "accent": "#4fa6dc"}
_RADIUS = 5.0  # of a line's corners
_TIP = 5.0  # length of an arrow's tip
_CHARACTER = 6.3  # width of one character of a box's name, about
_EDGE = 5  # width of the edge of a box that keeps all its channels
_FOOT = 26.0  # room for what it means
_NARROW = 5.8  # of a band's label
_HANDLES = 34.0  # room for what opens and closes a band
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VARIABLE = re.compile(r"var\(--(\w+)\)")


def svg(
    graph: LayerGraph,
    selected_group: int | None = None,
    fused: bool = True,
    beside: Mapping[str, str] | None = None,
) -> str:
    """A standalone SVG file of the whole graph, light, with one group lit up if it is named.

    Args:
        beside: what stands beside the names of layers instead of their widths, by node id.

    Raises:
        UnknownNameError: no group has that id.
    """
    drawing = layout(graph, fused)
    if beside is not None:
        drawing = replace(drawing, boxes=tuple(_relabelled(box, beside) for box in drawing.boxes))
    group = find_group(graph, selected_group) if selected_group is not None else None
    lit = highlights(graph, drawing)[group.id] if group else None
    whole = kept_whole(graph, drawing)
    head, foot = 34 if group else 0, _FOOT if whole else 0
    height = drawing.height + head + foot
    caption = f'<text x="14" y="22" font-size="14">{text(title(group))}</text>' if group else ""
    inner = drawing_group(drawing, colours(graph, drawing), lit, whole, palette(graph, drawing))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-head} {drawing.width:.0f} {height:.0f}" '
        f'width="{drawing.width:.0f}" height="{height:.0f}"><style>{_written_out(STYLE)}</style>'
        f'<rect y="{-head}" width="100%" height="100%" fill="{LIGHT["paper"]}"/>'
        f'<g class="graph" transform="translate(0 {-head})">{caption}</g>{inner}'
        f"{_key(drawing.height + 4) if whole else ''}</svg>"
    )


def _relabelled(box: Box, beside: Mapping[str, str]) -> Box:
    return replace(box, sublabel=next((beside[node] for node in box.nodes if node in beside), ""))


def find_group(graph: LayerGraph, group_id: int) -> Group:
    """The group of that id.

    Raises:
        UnknownNameError: no group has that id.
    """
    for group in graph.groups:
        if group.id == group_id:
            return group
    known = f"0 to {max(g.id for g in graph.groups)}" if graph.groups else "none, this network has no groups"
    raise UnknownNameError(f"Unknown group {group_id!r}. Known groups: {known}. Pick one from the list.")


def drawing_group(
    drawing: Layout,
    numbers: Mapping[str, int],
    lit: Highlight | None = None,
    whole: Container[str] = (),
    tags: Mapping[int, int] | None = None,
) -> str:
    """The ``<g class="graph">`` of bands, lines, titles over both, and boxes; ``data-`` numbers join it to other data.

    Args:
        drawing: positions.
        numbers: of colours, by box.
        lit: what of it is lit.
        whole: boxes that keep all their channels.
        tags: group id → number of its colour: boxes of that colour say which group it is.
    """
    group_of = {number: group for group, number in (tags or {}).items()}
    on = set(lit.lines) if lit else set()
    parts = [
        *(_band(i, band) for i, band in enumerate(drawing.bands)),
        *(_line(i, line, i in on) for i, line in enumerate(drawing.lines)),
        *(_title(i, band) for i, band in enumerate(drawing.bands) if band.label),
        *(
            _box(i, box, numbers.get(box.id), lit, box.id in whole, group_of.get(numbers.get(box.id, -1)))
            for i, box in enumerate(drawing.boxes)
        ),
    ]
    return f'<g class="graph{" picked" if lit else ""}">{"".join(parts)}</g>'


def text(value: str) -> str:
    """Escaped for element content and attributes; characters that XML forbids become �."""
    return escape(_NOT_XML.sub("�", value), {'"': "&quot;"})


def _written_out(style: str) -> str:
    """Variables replaced by the light colours: not every SVG viewer knows variables."""
    return _VARIABLE.sub(lambda found: LIGHT[found[1]], style)


def _band(number: int, band: Band) -> str:
    rect = f'<rect x="{band.x:.1f}" y="{band.y:.1f}" width="{band.w:.1f}" height="{band.h:.1f}" rx="7"/>'
    return f'<g class="band" data-band="{number}">{rect}</g>'


def _title(number: int, band: Band) -> str:
    """A band's label; its outline in the band's colour interrupts the lines that run below it."""
    at = f'x="{band.label_x + 1:.1f}" y="{band.y + 16:.1f}"'
    cut = _cut(band.label, (band.x + band.w - band.label_x - _HANDLES) / _NARROW)
    return f'<g class="title" data-title="{number}"><text {at}>{text(cut)}</text></g>'


def _line(number: int, line: Line, lit: bool) -> str:
    states = {"shortcut": line.shortcut, "dense": line.dense, "lit": lit}
    names = ["line", *(name for name, holds in states.items() if holds)]
    points = [(x, y) for x, y, _ in line.points]
    return (
        f'<g class="{" ".join(names)}" data-line="{number}"><path class="run" d="{run(points)}"/>'
        f'<path class="tip" d="{tip(points)}"/></g>'
    )


def run(points: list[tuple[float, float]]) -> str:
    """A path along the points with rounded corners."""
    corners = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    parts = [f"M{_xy(corners[0])}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        parts.append(f"L{_xy(_towards(corner, before))}Q{_xy(corner)} {_xy(_towards(corner, after))}")
    return "".join([*parts, f"L{_xy(corners[-1])}"])


def tip(points: list[tuple[float, float]]) -> str:
    """The arrow's head at the last point."""
    (x0, y0), (x, y) = points[-2:]
    length = max(abs(x - x0) + abs(y - y0), 1e-9)
    dx, dy = (x - x0) / length * _TIP, (y - y0) / length * _TIP
    one, other = (x - dx - dy * 0.6, y - dy - dx * 0.6), (x - dx + dy * 0.6, y - dy + dx * 0.6)
    return f"M{_xy((x, y))}L{_xy(one)}L{_xy(other)}Z"


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    step = min(_RADIUS, length / 2) / length
    return corner[0] + dx * step, corner[1] + dy * step


def _xy(point: tuple[float, float]) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _key(y: float) -> str:
    """What a thick edge means."""
    return (
        f'<g class="graph"><g class="box"><rect class="edge" x="14" y="{y:.1f}" width="{_EDGE}" height="14"/>'
        f'<text class="name" x="26" y="{y + 11:.1f}">{MARK}</text></g></g>'
    )


def _box(
    number: int, box: Box, colour: int | None, lit: Highlight | None, whole: bool, group: int | None
) -> str:
    names = ["box", *([f"own c{colour}"] if colour is not None else []), *_states(box, lit)]
    names += [name for name, holds in (("whole", whole), ("shut", box.closed)) if holds]
    edge = (
        f'<rect class="edge" x="{box.x:.1f}" y="{box.y:.1f}" width="{_EDGE}" height="{box.h:.1f}" rx="2"/>'
        if whole
        else ""
    )
    middle, radius = box.y + box.h / 2, box.h / 2 if box.circle else 5
    rect = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.w:.1f}" height="{box.h:.1f}" rx="{radius:.1f}"'
    behind = f'<rect class="behind" {rect} transform="translate(3 -3)"/>' if box.copies > 1 else ""
    words = (
        f'<text class="symbol" x="{box.x + box.w / 2:.1f}" y="{middle + 5:.1f}">{text(box.label)}</text>'
        if box.circle
        else f'<text class="name" x="{box.x + 9:.1f}" y="{middle + 4:.1f}">{text(_shortened(box))}</text> '
        f'<text class="widths" x="{box.x + box.w - 9:.1f}" y="{middle + 4:.1f}">{text(box.sublabel)}</text>'
    )
    return (
        f'<g class="{" ".join(names)}" data-box="{number}">{behind}<rect class="shape" {rect}/>'
        f'<rect class="tint" {rect}/>{edge}{words}{_tag(box, group)}</g>'
    )


def _tag(box: Box, group: int | None) -> str:
    """The number of the group whose colour it has, on its upper edge: colours alone are not told apart by all."""
    if group is None or box.circle:
        return ""
    width = 6 + 7 * len(str(group))
    x, y = box.x + box.w - width - 6, box.y - 6
    return (
        f'<g class="tag"><rect x="{x:.1f}" y="{y:.1f}" width="{width}" height="13" rx="4"/>'
        f'<text x="{x + width / 2:.1f}" y="{y + 10:.1f}">{group}</text></g>'
    )


def _states(box: Box, lit: Highlight | None) -> list[str]:
    if lit is None:
        return []
    return [name for name, nodes in (("out", lit.outputs), ("in", lit.inputs)) if nodes & set(box.nodes)]


def _shortened(box: Box) -> str:
    """The end of a name says most: cut the beginning off where it does not fit."""
    return _cut(box.label, (box.w - 24 - 5.4 * len(box.sublabel)) / _CHARACTER)


def _cut(label: str, characters: float) -> str:
    room = max(int(characters), 2)
    return label if len(label) <= room else "…" + label[1 - room :]
