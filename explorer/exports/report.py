"""What a run came to as one page of HTML: opens offline, prints on A4. A section that is folded is not printed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape
from pathlib import Path

from explorer.backends import backend_of
from explorer.drawing.svg import svg
from explorer.exports.base import Told
from explorer.exports.report_chart import chart
from explorer.exports.report_figures import figures, layers, measured
from explorer.exports.report_parts import listed, table
from explorer.exports.report_rest import again, made_with, saved, why
from explorer.values import LayerPlan, Report
from explorer.values.errors import UnknownNameError
from explorer.words import formats

STYLE = Path(__file__).with_name("report.css")


def html(told: Told) -> str:
    """The whole page; every figure in full, as it was counted and measured."""
    title = f"{told.network.name}, pruned with {backend_of(told.report.backend).library}"
    sections = (
        _section(heading, make(told))
        for name, (heading, make) in SECTIONS.items()
        if name not in told.page.without
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(title)}</title>\n'
        f"<style>\n{STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{''.join(sections)}</body>\n</html>\n"
    )


def check_sections(names: Collection[str]) -> tuple[str, ...]:
    """Names of sections that are left out.

    Raises:
        UnknownNameError: for one that no section has.
    """
    for name in names:
        if name not in SECTIONS:
            raise UnknownNameError(f"A report has no section {name!r}. Known: {', '.join(SECTIONS)}.")
    return tuple(names)


def _section(title: str, content: str) -> str:
    return f"<details open>\n<summary>{escape(title)}</summary>\n{content}</details>\n" if content else ""


def _asked(told: Told) -> str:
    plan = told.report.plan
    rows = [
        ("Network", f"{told.network.name}, {told.network.weights} weights"),
        ("Library", backend_of(told.report.backend).title),
        ("Ratio", f"{plan.ratio:g}"),
        ("Options", told.options),
        ("The library itself took", formats.duration(told.report.seconds)),
    ]
    return table((), [row for row in rows if row[1]])


def _drawing(told: Told) -> str:
    """Every layer with its widths before and after; layers of one coupled group share a colour."""
    if told.graph is None:
        return ""
    rows = [row for row in told.report.plan.layers if row.params_before]
    removes = backend_of(told.report.backend).removes
    picture = svg(told.graph, beside={row.name: _left(row, removes) for row in rows})
    said = "output channels before → after" if removes else "share of its weights that is not zero"
    return (
        f'<div class="drawing">{picture}</div>\n'
        f"<p>Beside each layer: {said}. Neighbours of one colour lose the same channels.</p>\n"
    )


def _left(row: LayerPlan, removes: bool) -> str:
    if not removes:
        return formats.share(row.nonzero, row.params_before)
    if row.width != row.width_before:
        return f"{row.width_before:,}→{row.width:,}"
    return f"{row.width_before:,}" if row.width_before else ""


def _notes(told: Told) -> str:
    report: Report = told.report
    same = "" if report.differences else "The library left what the plan said, to the last value."
    plan = report.plan
    return listed([same, *report.differences, plan.estimate, *plan.warnings, plan.left_out])


SECTIONS: dict[str, tuple[str, Callable[[Told], str]]] = {
    "asked": ("What was asked", _asked),
    "drawing": ("The network, before and after", _drawing),
    "figures": ("What was counted", figures),
    "measured": ("Outcome and time, measured", measured),
    "chart": ("What it keeps at what cost", chart),
    "saved": ("What it saves", saved),
    "why": ("Why", why),
    "layers": ("Layers", layers),
    "notes": ("Notes", _notes),
    "again": ("Make it again", again),
    "environment": ("Made with", made_with),
}
