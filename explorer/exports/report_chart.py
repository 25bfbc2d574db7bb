"""Value against cost as a small SVG: every step of a run with its 95 % interval, and what else is known beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from operator import itemgetter

from explorer.exports.base import Told
from explorer.exports.report_parts import paragraph, table
from explorer.exports.runs import amount_told
from explorer.values import AppliedRun, Evaluation, Report
from explorer.words import formats

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 620, 14, 214
_NEAR = 14  # pixels between two labels
_BESIDE = 24  # and between two numbers side by side


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
    others = tuple(others_of(told))
    text += (
        " Filled: this run. Hollow: other runs of this network, each after its last step." if others else ""
    )
    return f"{_svg(points, [point for _, point in others])}{paragraph(text)}{_listed(others)}"


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


def others_of(told: Told) -> Iterator[tuple[AppliedRun, Point]]:
    """Other runs of this network that were judged alike, each after its last step, with numbers for names."""
    dense, network = told.report.dense, replace(told.network, version=0)
    known = (run for run in told.page.others if replace(run.network, version=0) == network)
    alike = (
        (run, run.final) for run in known if run.final and dense.pruned and run.final.by == dense.pruned.by
    )
    for number, (run, found) in enumerate(alike, 1):
        yield run, Point(str(number), run.effective_macs / dense.effective_macs, found)


def _listed(others: Sequence[tuple[AppliedRun, Point]]) -> str:
    rows = [
        (
            point.name,
            ", ".join(filter(None, (run.library, amount_told(run), run.options))),
            formats.judged(point.found.value, point.found.by),
            f"{100 * point.share:.1f} %",
        )
        for run, point in others
    ]
    return table(("", "other run", "", "effective MACs left"), rows) if rows else ""


def _svg(points: Sequence[Point], others: Sequence[Point]) -> str:
    bounds = [point.found.interval for point in (*points, *others)]
    low, high = min(one.low for one in bounds), max(one.high for one in bounds)
    room = (high - low) * 0.06 or 0.01
    low, high = low - room, high + room
    labels = _spread([_y(point.found.value, low, high) for point in points])
    marks = "".join(_other(point, at) for point, *at in _numbered(others, low, high))
    marks += "".join(_mark(point, low, high, label) for point, label in zip(points, labels, strict=True))
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


def _other(point: Point, at: Sequence[float]) -> str:
    """A hollow circle with its number on the left."""
    x, y, label = at
    circle = f'<circle class="other" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return f'{circle}<text class="tick" x="{x - 8:.1f}" y="{label + 4:.1f}" text-anchor="end">{point.name}</text>'


def _numbered(
    others: Sequence[Point], low: float, high: float
) -> Iterator[tuple[Point, float, float, float]]:
    """Each with its place and the height of its number, which is below those of its neighbours."""
    placed = list[tuple[float, float]]()
    for point in sorted(others, key=lambda one: -one.found.value):
        x, y = _x(point.share), _y(point.found.value, low, high)
        label = max([y, *(above + _NEAR for at, above in placed if abs(at - x) < _BESIDE)])
        placed.append((x, label))
        yield point, x, y, label


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
