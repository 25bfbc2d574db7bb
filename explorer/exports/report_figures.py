"""Sections of a report that hold what was counted and measured."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from explorer.exports.base import Told
from explorer.exports.report_parts import paragraph, table
from explorer.values import Evaluation, LayerPlan, Outcome
from explorer.words import formats

DASH = "–"


def figures(told: Told) -> str:
    """Counts before and after."""
    dense, pruned = told.report.dense, told.report.pruned
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
    return table(("", "dense", "pruned", "left"), cells)


def measured(told: Told) -> str:
    """How well both do at each step, and how long they take."""
    report = told.report
    rows = [("dense", *_of(report.dense)), ("pruned", *_of(report.pruned))]
    ratio = report.dense.time.median / report.pruned.time.median
    apart = report.pruned.time.high < report.dense.time.low or report.dense.time.high < report.pruned.time.low
    said = (
        f"The pruned network runs {ratio:.2f} times as fast as the dense one."
        if apart
        else "No difference in speed can be told: the 95 % intervals overlap."
    )
    head = ("", "right after", "re-calibrated", "fine-tuned", "forward pass, median (95 % interval)")
    return f"{table(head, rows)}{paragraph(said + _by([*_steps(report.dense), *_steps(report.pruned)]))}"


def _of(found: Outcome) -> tuple[str, ...]:
    return (*(_judged(one) if one else DASH for one in _steps(found)), formats.timing(found.time))


def _steps(found: Outcome) -> tuple[Evaluation | None, ...]:
    return found.pruned, found.recalibrated, found.fine_tuned


def _judged(found: Evaluation) -> str:
    """A value with its 95 % interval."""
    bounds = formats.interval(found)
    value = formats.unbroken(formats.judged(found.value, found.by))
    return f"{value} ({formats.unbroken(bounds)})" if bounds else value


def _by(steps: Sequence[Evaluation | None]) -> str:
    """What the values are, and on how many examples."""
    taken = [one for one in steps if one]
    if not taken:
        return ""
    found = taken[0]
    on = f" on {found.examples:,} {found.by.examples}" if found.by.examples else ""
    note = f" {found.by.note}" if found.by.note else ""
    spread = ", with 95 % intervals" if any(map(formats.interval, taken)) else ""
    return f" The values are {found.by.name}{on}{spread}.{note}"


def layers(told: Told) -> str:
    """Output channels and non-zeros of every layer with weights, with a bar for the share that is left."""
    rows = "".join(_layer(row) for row in told.report.plan.layers if row.params_before)
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
