"""A report is one page that needs nothing beside it, and every figure on it is the value behind it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html import unescape

import pytest

import explorer
from explorer.exports import Told, export
from explorer.exports.again import command
from explorer.exports.report import check_sections, html
from explorer.exports.report_chart import points_of
from explorer.process.steps import finished
from explorer.studies.apply import apply_and_measure
from explorer.values import (
    Cause,
    ChannelOptions,
    Confidence,
    Evaluation,
    Evidence,
    Interval,
    Report,
    Subject,
    Timing,
    Unit,
    Verdict,
    Yardstick,
)
from explorer.values.errors import UnknownNameError
from explorer.values.page import Page, Price
from explorer.words import formats
from tests.helpers.kept import JUDGED, run


@cache
def told() -> Told:
    net = explorer.load("digits-mobilenet")
    planner = explorer.planner(net, round_to=4)
    return Told(net.spec, finished(apply_and_measure(planner, 0.5)), "L2, local, round to 4")


def page(report: Report | None = None) -> str:
    written = export(replace(told(), report=report) if report else told(), "report_html")
    assert isinstance(written, str)
    return written


def rows(html: str) -> dict[str, list[str]]:
    """Cells of every table by the name of their row."""
    cells = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>")
    found = (cells.findall(row) for row in re.findall(r"<tr>(.*?)</tr>", html))
    return {
        unescape(name).strip(): [
            re.sub("<.*?>", "", unescape(cell)).replace("\N{NO-BREAK SPACE}", " ").strip() for cell in rest
        ]
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
        *(
            f"{formats.accuracy(one.accuracy)} ({formats.interval(one)})"
            for one in (report.pruned.pruned, report.pruned.recalibrated)
        ),
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


def test_it_claims_no_interval_where_there_is_none() -> None:
    report = told().report
    assert "with 95 % intervals." in page(report)
    exact = Evaluation(0.4, 0.4, 1, Yardstick("mse", "metric", "mse", "better by mse", is_share=False), 0.0)
    alone = [replace(one, pruned=exact, recalibrated=None) for one in (report.dense, report.pruned)]
    assert "The values are mse." in page(replace(report, dense=alone[0], pruned=alone[1]))


def test_it_needs_nothing_beside_it_and_escapes_what_it_is_told() -> None:
    report = replace(told().report, differences=("<script>alert(1)</script>",))
    text = page(report)
    assert not re.search(r"https?://|src=|@import|url\(|<script", text)
    assert "&lt;script&gt;alert(1)" in text


def test_it_reckons_what_is_saved_from_the_measured_times() -> None:
    report = told().report
    dense, pruned = Timing(0.010, 0.009, 0.011, 6), Timing(0.004, 0.003, 0.005, 6)
    timed = replace(
        report, dense=replace(report.dense, time=dense), pruned=replace(report.pruned, time=pruned)
    )
    priced = replace(told(), report=timed, page=Page(price=Price(3.6, "EUR")))
    found = rows(html(priced))
    # A million inputs of 10 ms take 10,000 s; of the 95 % intervals 9 - 5 ms and 11 - 3 ms are the least and the most.
    assert found["Hours"] == ["2.78", "1.11", "1.67 (1.11 – 2.22)"]
    assert found["At 3.60 EUR an hour"] == ["10.00", "4.00", "6.00 (4.00 – 8.00)"]
    same = replace(timed, pruned=replace(timed.pruned, time=dense))
    assert "Whether anything is saved cannot be told" in html(replace(priced, report=same))
    near = Timing(0.010, 0.009999, 0.010001, 6)  # 2 µs apart at most: half a thousandth of an hour
    same = replace(timed, dense=replace(timed.dense, time=near), pruned=replace(timed.pruned, time=near))
    assert rows(html(replace(priced, report=same)))["Hours"] == ["2.78", "2.78", "0.00 (0.00 – 0.00)"]


def test_its_chart_stands_at_the_measured_values() -> None:
    report = told().report
    share = report.pruned.effective_macs / report.dense.effective_macs
    points = {point.name: point for point in points_of(report)}
    assert [*points] == ["dense", "right after", "re-calibrated"]
    assert points["dense"].found == report.dense.pruned
    assert points["right after"].share == share
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', page())
    assert [float(x) for x, _ in circles] == [
        pytest.approx(70 + 550 * part, abs=0.06) for part in (1, share, share)
    ]
    ordered = sorted(points.values(), key=lambda point: point.found.value)
    heights = {point.name: float(y) for point, (_, y) in zip(points.values(), circles, strict=True)}
    assert [heights[one.name] for one in ordered] == sorted(heights.values(), reverse=True)


def test_other_runs_of_the_network_stand_beside_it_by_number() -> None:
    report = told().report
    quarter = report.dense.effective_macs // 4
    other = run("a", network=told().network, effective_macs=quarter)
    others = (
        run("b"),
        replace(other, pruned=JUDGED.run.dense),
        other,
    )  # of another network, judged otherwise
    text = html(replace(told(), page=Page(others=others)))
    (circle,) = re.findall(r'<circle class="other" cx="([\d.]+)"', text)
    assert float(circle) == pytest.approx(70 + 550 * quarter / report.dense.effective_macs, abs=0.06)
    assert rows(text)["1"] == ["DepGraph, 0.50, L2, local", "75.0 %", "25.0 %"]
    assert "Hollow" not in page()


def test_it_draws_the_network_with_the_widths_before_and_after() -> None:
    net = explorer.load("digits-mobilenet")
    text = html(replace(told(), graph=explorer.dependency_graph(net)))
    widths = {
        row.name: (row.width_before, row.width) for row in told().report.plan.layers if row.params_before
    }
    drawn = re.findall(r'class="widths"[^>]*>(\d+)→(\d+)<', text)
    assert len(drawn) > 4
    assert {(int(before), int(after)) for before, after in drawn} <= set(widths.values())


def test_verdicts_stand_in_it_with_what_they_rest_on() -> None:
    evidence = (Evidence("speed-up", Interval(1.25, 1.1, 1.5), Unit.TIMES),)
    found = Verdict(
        *(Cause.OVERHEAD, Subject.SPEED, True, "It is <launch> overhead.", evidence, "", Confidence.SURE)
    )
    text = html(replace(told(), page=Page(verdicts=(found,))))
    assert (
        "<strong>launch overhead</strong> (speed; this is why, sure): It is &lt;launch&gt; overhead." in text
    )
    assert rows(text)["speed-up"] == ["1.25× (1.10× – 1.50×)", "measured"]
    assert ">Why<" not in page()


def test_sections_can_be_left_out_and_it_leads_back() -> None:
    again = (
        "https://host/native?ratio=0.5&x=<",
        command(told().network, "depgraph", ChannelOptions(round_to=4), 0.5),
    )
    text = html(replace(told(), again=again, page=Page(check_sections(["layers", "chart"]))))
    assert ">Layers<" not in text
    assert "<svg" not in text
    assert '<a href="https://host/native?ratio=0.5&amp;x=&lt;">' in text
    expected = (
        "pruning-explorer prune --model digits-mobilenet --weights trained --backend depgraph --ratio 0.5"
    )
    assert f"<code>{expected} --round-to 4</code>" in text
    with pytest.raises(UnknownNameError, match="A report has no section 'nope'. Known: asked, drawing"):
        check_sections(["nope"])
