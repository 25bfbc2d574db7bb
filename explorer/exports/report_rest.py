"""Sections of a report on what follows from it: what it saves, why, how to make it again, and with what."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version

from explorer.exports.base import Told
from explorer.exports.report_parts import paragraph, table
from explorer.values import Evidence, Interval, Timing, Verdict
from explorer.values.page import Price
from explorer.words import formats

PACKAGES = ("torch", "torch-pruning", "torchvision", "numpy")
INPUTS = 1_000_000
HOUR = 3600.0
STATES = {True: "this is why", False: "ruled out", None: "can't tell"}


def saved(told: Told) -> str:
    """Time for a million inputs, and what it costs where an hour of the machine has a price."""
    dense, pruned = told.report.dense.time, told.report.pruned.time
    rows = [("Hours", *_hours(dense, pruned, None))]
    if told.page.price:
        rows.append((f"At {told.page.price} an hour", *_hours(dense, pruned, told.page.price)))
    apart = pruned.high < dense.low or dense.high < pruned.low
    said = (
        f"{INPUTS:,} inputs, one after another, on the machine that measured; reckoned from the times above."
    )
    if not apart:
        said += " Whether anything is saved cannot be told: the intervals overlap."
    return f"{table(('', 'dense', 'pruned', 'saved (95 % bounds)'), rows)}{paragraph(said)}"


def _hours(dense: Timing, pruned: Timing, price: Price | None) -> tuple[str, str, str]:
    each = INPUTS / HOUR * (price.amount if price else 1.0)
    less = Interval.of(dense).minus(Interval.of(pruned))
    low, value, high = (
        f"{round(each * one, 2) + 0.0:,.2f}" for one in (less.low, less.value, less.high)
    )  # no -0.00
    return f"{each * dense.median:,.2f}", f"{each * pruned.median:,.2f}", f"{value} ({low} – {high})"


def why(told: Told) -> str:
    """Verdicts with what they rest on; those that are ruled out in one line each."""
    return "".join(map(_verdict, sorted(told.page.verdicts, key=lambda one: one.holds is False)))


def _verdict(verdict: Verdict) -> str:
    state = f"{STATES[verdict.holds]}, {verdict.confidence}" if verdict.holds is not None else STATES[None]
    head = f"<p><strong>{escape(verdict.cause)}</strong> ({verdict.subject}; {escape(state)}): {escape(verdict.claim)}"
    if verdict.holds is False:
        return f"{head}</p>\n"
    rows = [(one.what, number(one), str(one.found)) for one in verdict.evidence]
    tried = f" {escape(verdict.counterfactual)}" if verdict.counterfactual else ""
    return f"{head}{tried}</p>\n{table((), rows) if rows else ''}"


def number(one: Evidence) -> str:
    """A number of the evidence in its unit, with its bounds where it has any."""
    found, value = one.number, formats.in_unit(one.number.value, one.unit)
    if found.low == found.high:
        return value
    return f"{value} ({formats.in_unit(found.low, one.unit)} – {formats.in_unit(found.high, one.unit)})"


def again(told: Told) -> str:
    """Links to the page, and commands."""
    items = "".join(f"<li>{_way(one)}</li>" for one in told.again)
    return f"<ul>{items}</ul>\n" if items else ""


def _way(text: str) -> str:
    is_link = text.startswith(("http://", "https://"))
    return f'<a href="{escape(text)}">{escape(text)}</a>' if is_link else f"<code>{escape(text)}</code>"


def made_with(told: Told) -> str:
    """Versions, machine, threads and seeds."""
    return table((), _installed() if told.environment is None else _told(told.environment))


def _told(environment: Mapping[str, object]) -> Iterator[Sequence[str]]:
    for name, value in environment.items():
        if isinstance(value, Mapping):
            prefix = "Seed of " if name == "seeds" else ""
            yield from ((f"{prefix}{inner}", str(one)) for inner, one in value.items())
        elif value:
            yield name.capitalize(), str(value)


def _installed() -> Iterator[Sequence[str]]:
    yield "Python", platform.python_version()
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
    yield "Machine", f"{platform.system()} {platform.machine()}"
