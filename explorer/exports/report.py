"""What a run came to as one page of HTML: opens offline, prints on A4. A section that is folded is not printed."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from explorer.backends import backend_of
from explorer.exports.base import Told
from explorer.values import LayerPlan, Outcome, Report
from explorer.words import formats

STYLE = Path(__file__).with_name("report.css")
PACKAGES = ("torch", "torch-pruning", "torchvision", "numpy")
DASH = "–"


def html(told: Told) -> str:
    """The whole page; every figure in full, as it was counted and measured."""
    report, title = told.report, f"{told.network.name}, pruned with {backend_of(told.report.backend).library}"
    sections = [
        _section("What was asked", _asked(told)),
        _section("Before and after", _figures(report)),
        _section("Accuracy and time, measured", _measured(report)),
        _section("Layers", _layers(report.plan.layers)),
        _section("Notes", _notes(report)),
        _section("Made with", _table((), _made_with())),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(title)}</title>\n'
        f"<style>\n{STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{''.join(sections)}</body>\n</html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<details open>\n<summary>{escape(title)}</summary>\n{content}</details>\n" if content else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells as text; the first of each row names it."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'
        for name, *cells in rows
    )
    return f"<table>\n{f'<tr>{top}</tr>' if head else ''}{body}</table>\n"


def _asked(told: Told) -> str:
    plan = told.report.plan
    rows = [
        ("Network", f"{told.network.name}, {told.network.weights} weights"),
        ("Library", backend_of(told.report.backend).title),
        ("Ratio", f"{plan.ratio:g}"),
        ("Options", told.options),
        ("The library itself took", formats.duration(told.report.seconds)),
    ]
    return _table((), [row for row in rows if row[1]])


def _figures(report: Report) -> str:
    dense, pruned = report.dense, report.pruned
    rows = (
        ("Parameters", dense.params, pruned.params),
        ("Parameters that are not zero", dense.nonzero, pruned.nonzero),
        ("MACs", dense.macs, pruned.macs),
        ("Effective MACs", dense.effective_macs, pruned.effective_macs),
        ("Saved file, bytes", dense.file_bytes, pruned.file_bytes),
        ("Saved and compressed, bytes", dense.compressed_bytes, pruned.compressed_bytes),
        ("Peak memory of a forward pass, bytes", dense.peak_bytes, pruned.peak_bytes),
    )
    cells = [
        (name, f"{before:,}", f"{after:,}", formats.share(after, before)) for name, before, after in rows
    ]
    return _table(("", "dense", "pruned", "left"), cells)


def _measured(report: Report) -> str:
    rows = [("dense", *_of(report.dense)), ("pruned", *_of(report.pruned))]
    ratio = report.dense.time.median / report.pruned.time.median
    apart = report.pruned.time.high < report.dense.time.low or report.dense.time.high < report.pruned.time.low
    said = (
        f"The pruned network runs {ratio:.2f} times as fast as the dense one."
        if apart
        else "No difference in speed can be told: the 95 % intervals overlap."
    )
    head = ("", "right after", "re-calibrated", "fine-tuned", "forward pass, median (95 % interval)")
    judged = report.dense.pruned
    data = (
        f" Accuracy is the share of {judged.examples:,} test images that are classified rightly."
        if judged
        else ""
    )
    return f"{_table(head, rows)}<p>{escape(said + data)}</p>\n"


def _of(found: Outcome) -> tuple[str, ...]:
    steps = (found.pruned, found.recalibrated, found.fine_tuned)
    return (*(formats.accuracy(one.accuracy) if one else DASH for one in steps), formats.timing(found.time))


def _layers(layers: Sequence[LayerPlan]) -> str:
    """Output channels and non-zeros of every layer with weights, with a bar for the share that is left."""
    rows = "".join(_layer(row) for row in layers if row.params_before)
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("", "type", "channels", "not zero", "left of its parameters")
    )
    return f"<table>\n<tr>{head}</tr>\n{rows}</table>\n"


def _layer(row: LayerPlan) -> str:
    share = row.nonzero / row.params_before
    width = f"{row.width_before:,} → {row.width:,}" if row.width_before else DASH
    bar = f'<span class="bar"><span style="width: {100 * share:.1f}%"></span></span>'
    cells = (row.type, width, f"{row.nonzero:,}")
    return (
        f'<tr><th scope="row">{escape(row.name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}'
        f"<td>{bar} {formats.share(row.nonzero, row.params_before)}</td></tr>\n"
    )


def _notes(report: Report) -> str:
    same = "" if report.differences else "The library left what the plan said, to the last value."
    plan = report.plan
    found = [same, *report.differences, plan.estimate, *plan.warnings, plan.left_out]
    return f"<ul>\n{''.join(f'<li>{escape(one)}</li>' for one in found if one)}\n</ul>\n"


def _made_with() -> Iterator[Sequence[str]]:
    yield "Python", platform.python_version()
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
    yield "Machine", f"{platform.system()} {platform.machine()}"
