"""Value against cost as a small SVG: every step of a run, with its 95 % interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from operator import itemgetter

from explorer.exports.base import Told
from explorer.exports.report_parts import paragraph
from explorer.values import Evaluation, Report
from explorer.words import formats

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 620, 14, 214
_NEAR = 14  # pixels between two labels


@dataclass(frozen=True)
class Point:
    """One network at one step."""

    name: str
    share: float  # of the dense network's effective MACs
    found: Evaluation


def chart(told: Told) -> str:
    """Dense and pruned; nothing where nobody judged them."""
    points = tuple(points_of(told.report))
    if len(points) < 2:
        return ""
    by = points[0].found.by
    text = f"{by.title} against effective MACs, as a share of the dense network's; lines are 95 % intervals."
    return f"{_svg(points)}{paragraph(text)}"


def points_of(report: Report) -> Iterator[Point]:
    """Every step that was judged."""
    dense, pruned = report.dense, report.pruned
    share = pruned.effective_macs / dense.effective_macs if dense.effective_macs else 1.0
    if dense.pruned:
        yield Point("dense", 1.0, dense.pruned)
    steps = {
        "right after": pruned.pruned,
        "re-calibrated": pruned.recalibrated,
        "fine-tuned": pruned.fine_tuned,
    }
    yield from (Point(name, share, found) for name, found in steps.items() if found)


def _svg(points: Sequence[Point]) -> str:
    bounds = [point.found.interval for point in points]
    low, high = min(one.low for one in bounds), max(one.high for one in bounds)
    room = (high - low) * 0.06 or 0.01
    low, high = low - room, high + room
    labels = _spread([_y(point.found.value, low, high) for point in points])
    marks = "".join(_mark(point, low, high, label) for point, label in zip(points, labels, strict=True))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Value against cost">'
        f"{''.join(_axes(points[0].found, low + room, high - room, (low, high)))}{marks}</svg>\n"
    )


def _axes(found: Evaluation, bottom: float, top: float, span: tuple[float, float]) -> Iterator[str]:
    yield f'<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
    for percent in (0, 25, 50, 75, 100):
        at = _x(percent / 100)
        yield f'<text class="tick" x="{at:.0f}" y="{BOTTOM + 18}" text-anchor="middle">{percent} %</text>'
    middle = f'x="{(LEFT + RIGHT) / 2:.0f}" y="{BOTTOM + 38}" text-anchor="middle"'
    yield f'<text class="tick" {middle}>effective MACs left</text>'
    for value in (bottom, (bottom + top) / 2, top):
        words = formats.judged(value, found.by)
        place = f'x="{LEFT - 8}" y="{_y(value, *span) + 4:.1f}" text-anchor="end"'
        yield f'<text class="tick" {place}>{words}</text>'


def _mark(point: Point, low: float, high: float, label: float) -> str:
    bounds, x = point.found.interval, _x(point.share)
    y, value = _y(point.found.value, low, high), formats.judged(point.found.value, point.found.by)
    line = f'<path class="interval" d="M{x:.1f} {_y(bounds.low, low, high):.1f}V{_y(bounds.high, low, high):.1f}"/>'
    side, anchor = (-10, "end") if x > (LEFT + RIGHT) / 2 else (10, "start")
    text = f'<text x="{x + side:.1f}" y="{label + 4:.1f}" text-anchor="{anchor}">{escape(point.name)} {value}</text>'
    return f'{line}<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>{text}'


def _x(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * min(share, 1.0)


def _y(value: float, low: float, high: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)


def _spread(heights: Sequence[float]) -> list[float]:
    """Places of labels: each a line away from the one above it, and none below the axis."""
    placed = dict[int, float]()
    last = -float("inf")
    for number, height in sorted(enumerate(heights), key=itemgetter(1)):
        placed[number] = last = max(height, last + _NEAR)
    over = max(0.0, last - (BOTTOM - 4))
    return [placed[number] - over for number in range(len(heights))]
