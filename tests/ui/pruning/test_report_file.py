"""A report is one page that needs nothing beside it, and every figure on it is the value behind it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html import unescape

import explorer
from explorer.exports import Told, export
from explorer.process.steps import finished
from explorer.studies.apply import apply_and_measure
from explorer.values import Report
from explorer.words import formats


@cache
def told() -> Told:
    net = explorer.load("digits-mobilenet")
    planner = explorer.planner(net, round_to=4)
    return Told(net.spec, finished(apply_and_measure(planner, "depgraph", 0.5)), "L2, local, round to 4")


def page(report: Report | None = None) -> str:
    written = export(replace(told(), report=report) if report else told(), "report_html")
    assert isinstance(written, str)
    return written


def rows(html: str) -> dict[str, list[str]]:
    """Cells of every table by the name of their row."""
    cells = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>")
    found = (cells.findall(row) for row in re.findall(r"<tr>(.*?)</tr>", html))
    return {
        unescape(name): [re.sub("<.*?>", "", unescape(cell)).strip() for cell in rest]
        for name, *rest in found
    }


def test_every_figure_is_the_value_behind_it() -> None:
    found, report = rows(page()), told().report
    for name, attribute in {
        "Parameters": "params",
        "Parameters that are not zero": "nonzero",
        "MACs": "macs",
        "Effective MACs": "effective_macs",
        "Saved file, bytes": "file_bytes",
        "Saved and compressed, bytes": "compressed_bytes",
        "Peak memory of a forward pass, bytes": "peak_bytes",
    }.items():
        before, after = getattr(report.dense, attribute), getattr(report.pruned, attribute)
        assert found[name] == [f"{before:,}", f"{after:,}", formats.share(after, before)]
    assert report.pruned.pruned is not None
    assert report.pruned.recalibrated is not None
    assert found["pruned"] == [
        formats.accuracy(report.pruned.pruned.accuracy),
        formats.accuracy(report.pruned.recalibrated.accuracy),
        "–",
        formats.timing(report.pruned.time),
    ]
    for layer in (row for row in report.plan.layers if row.params_before):
        assert found[layer.name][1:3] == [f"{layer.width_before:,} → {layer.width:,}", f"{layer.nonzero:,}"]


def test_it_says_of_speed_what_the_intervals_allow() -> None:
    report = told().report
    dense, pruned = report.dense, report.pruned
    faster = replace(
        dense.time, median=dense.time.low / 4, low=dense.time.low / 4.1, high=dense.time.low / 3.9
    )
    clear = page(replace(report, pruned=replace(pruned, time=faster)))
    assert f"runs {dense.time.median / faster.median:.2f} times as fast as the dense one" in clear
    assert "No difference in speed can be told" in page(
        replace(report, pruned=replace(pruned, time=dense.time))
    )


def test_it_needs_nothing_beside_it_and_escapes_what_it_is_told() -> None:
    report = replace(told().report, differences=("<script>alert(1)</script>",))
    text = page(report)
    assert not re.search(r"https?://|src=|@import|url\(|<script", text)
    assert "&lt;script&gt;alert(1)" in text
