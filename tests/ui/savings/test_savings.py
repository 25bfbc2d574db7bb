"""What a run saved: one sentence that says no more than its intervals, and sums of what a person typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from explorer.backends import BACKENDS, DEPGRAPH
from explorer.engine import calls
from explorer.ui.pruning.run import PruningRun
from explorer.ui.savings.headline import evidence, headline
from explorer.ui.savings.money import Given, lines, told_saved
from explorer.ui.savings.runs import Saving
from explorer.ui.shell import jobs
from explorer.values import (
    ChannelOptions,
    Evaluation,
    Interval,
    JobState,
    JobStatus,
    LayerOutcome,
    Outcome,
    Progress,
    Report,
    Timing,
)
from tests.helpers.pages import RESNET, metric
from tests.helpers.paths import ROOT
from tests.helpers.plans import channel_plan


def outcome(params: int, right: float, low: float, high: float) -> Outcome:
    """A network of one layer, with a forward pass of `low` to `high` milliseconds."""
    layer = LayerOutcome("fc", "Linear", 10, params, params, 10 * params, 10 * params, 10 * params)
    time = Timing((low + high) / 2000, low / 1000, high / 1000, 9)
    size = 4 * params
    return Outcome((layer,), Evaluation(right, 0.1, 1000), None, None, time, 1, size, size, size)


DENSE = outcome(1000, 0.98, 1.9, 2.1)
RUN = PruningRun(RESNET, "depgraph", ChannelOptions(), 0.5)


@pytest.mark.parametrize(
    ("pruned", "told"),
    [
        (
            outcome(250, 0.98, 0.9, 1.1),
            "Accuracy as before, 25 % of the file size, 2.00× as fast on this machine.",
        ),
        (
            outcome(500, 0.60, 1.9, 2.0),
            "Accuracy 38.0 points below dense, 50 % of the file size, as fast as before",
        ),
        (
            outcome(1000, 0.98, 1.0, 3.0),
            "Accuracy as before, the same file size, speed too close to call (0.63–2.10×)",
        ),
        (
            outcome(1000, 0.999, 3.9, 4.1),
            "Accuracy 1.9 points above dense, the same file size, 2.00× as slow",
        ),
    ],
)
def test_the_sentence_says_what_the_intervals_allow(pruned: Outcome, told: str) -> None:
    assert headline(Saving("", "this machine", DENSE, pruned)).startswith(told)


def test_the_evidence_holds_every_number_of_the_sentence_with_its_interval() -> None:
    found = {
        one.what: one.number
        for one in evidence(Saving("", "this machine", DENSE, outcome(250, 0.98, 0.8, 1.2)))
    }
    assert found["saved file, pruned"] == Interval.exactly(1000)
    dense = found["one forward pass, dense"]
    assert (dense.value, dense.low, dense.high) == pytest.approx((0.002, 0.0019, 0.0021))
    speed_up = found["speed-up"]
    assert (speed_up.low, speed_up.high) == pytest.approx((1.9 / 1.2, 2.1 / 0.8))
    assert found["accuracy, dense"].low < 0.98 < found["accuracy, dense"].high


def test_hours_money_and_energy_are_products_of_what_was_measured_and_typed() -> None:
    dense, pruned = Interval(2.0, 1.8, 2.2), Interval(1.0, 0.9, 1.1)
    hours, price, energy = lines(dense, pruned, Given(7200, 3, 500))
    assert (hours.dense.value, hours.pruned.value, hours.saved.value) == (4, 2, 2)  # 7200 · 2 s = 4 h
    assert (price.saved.value, energy.saved.value) == (6, 1)  # 2 h at 3, and 0.5 kW
    assert (hours.saved.low, hours.saved.high) == pytest.approx((2 * 0.7, 2 * 1.3))


def test_without_requests_nothing_is_reckoned_and_overlapping_times_save_nothing() -> None:
    time = Interval(1.0, 0.9, 1.1)
    assert lines(time, time, Given(None, 3, 500)) == []
    (line,) = lines(time, time, Given(1000, None, None))
    assert told_saved(line) == "none within the intervals"


def opened(**link: str) -> AppTest:
    """The page's file run alone, with runs in its link."""
    alone = AppTest.from_file(str(ROOT / "pages" / "savings.py"), default_timeout=60)
    for name, value in link.items():
        alone.query_params[name] = value
    return alone.run()


def finished(report: Report) -> JobStatus:
    return JobStatus("done", JobState.DONE, Progress(1, ""), 1.0, report)


def test_the_page_tells_the_run_that_was_trained_on_and_nothing_without_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = opened()
    assert "every figure here is measured on a run" in app.info[0].value
    applied = Report("depgraph", channel_plan(RESNET, ChannelOptions(), 0.5), DENSE, DENSE, (), 1.0)
    pruned = outcome(250, 0.1, 0.9, 1.1)
    trained = replace(applied, pruned=replace(pruned, fine_tuned=Evaluation(0.979, 0.1, 1000)))
    reports = {"trained": finished(trained), "applied": finished(applied)}
    monkeypatch.setattr(calls, "job", reports.__getitem__)
    monkeypatch.setattr(calls, "is_earlier", "applied".__eq__)
    for name in reports:
        jobs.keep(name, RUN, BACKENDS[DEPGRAPH].run)
    app = opened(runs="trained.applied")
    assert "Accuracy as before, 25 % of the file size, 2.00× as fast on this machine." in heads(app)
    assert metric(app, "Saved file") == "1.00 kB"
    assert app.main.caption[-1].value.startswith("Enter how many requests a month")
    told = "The link asks for savings_requests=-5; expected a number from 0 to 1e+15. It stays empty."
    assert opened(runs="trained.applied", savings_requests="-5").warning[0].value.replace("\\", "") == told
    app.number_input(key="savings_requests").set_value(3_600_000.0)
    app.number_input(key="savings_price").set_value(2.0).run()
    table = app.table[0].value
    assert str(table.loc["price", "dense"]).replace("\xa0", " ") == "4 (3.8 to 4.2)"  # 2 h at 2
    app.selectbox(key="savings_run").select_index(1).run()
    nothing = "Accuracy as before, the same file size, as fast as before on the machine that ran it."
    assert nothing in heads(app)


def heads(app: AppTest) -> list[str]:
    return [head.value for head in app.header]
