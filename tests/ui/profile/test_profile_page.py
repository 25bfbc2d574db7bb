"""The Profile page as Streamlit runs it, and in a real browser; what it draws was really measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

import explorer
from explorer.backends import BACKENDS, DEPGRAPH, NATIVE
from explorer.engine import calls
from explorer.measuring.timing import FEWEST
from explorer.process import island
from explorer.process.steps import finished
from explorer.studies.profile.growth import growth
from explorer.studies.profile.profile import profile
from explorer.ui.parts import charts
from explorer.ui.parts.evidence import evidence_table
from explorer.ui.profile import charts as profile_charts
from explorer.ui.profile import library_charts
from explorer.ui.profile.report import _clocks
from explorer.values import (
    ChannelOptions,
    ChannelScope,
    Evaluation,
    Growth,
    Interval,
    JobState,
    JobStatus,
    LibraryCost,
    NativeOptions,
    NetworkSpec,
    Profile,
    ProfileRequest,
    Progress,
    Refusal,
    SparseCost,
    StepCost,
    Timing,
    Variant,
    Weights,
    WeightScope,
)
from explorer.words import formats
from tests.helpers.pages import metric, open_app
from tests.helpers.paths import ROOT
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.large

SMALL = NetworkSpec("digits-cnn", Weights.TRAINED)
QUICK = ProfileRequest(ChannelOptions(), 0.5, NativeOptions(), 0.5, seconds=0.05)
PATIENCE = 120_000  # ms


@cache
def measured() -> Profile:
    """A profile of the smallest bundled network, with too few rounds to tell much."""
    return finished(profile(explorer.load("digits-cnn"), QUICK))


@cache
def measured_growth() -> Growth:
    """Of two networks and two libraries: SparseML takes a process, and seconds, for each."""
    with patch.object(island, "why_missing", lambda: "SparseML is not set up."):
        return finished(growth((SMALL, NetworkSpec("digits-vit", Weights.TRAINED)), QUICK))


def page_of(monkeypatch: pytest.MonkeyPatch, *jobs: JobStatus, **link: str) -> AppTest:
    """The page of a session whose runs stand so."""
    known = {status.id: status for status in jobs}
    monkeypatch.setattr(calls, "job", lambda job_id: known[job_id])
    app = open_app("profile", network="digits-cnn", **link)
    for status in jobs:
        app.session_state[status.id] = status.id
    return app.run()


def done(name: str, result: object) -> JobStatus:
    return JobStatus(name, JobState.DONE, Progress(1.0, ""), 60.0, result)


def starter(asked: list[tuple[NetworkSpec, ProfileRequest]]) -> Callable[[NetworkSpec, ProfileRequest], str]:
    """Stands in for what starts a run, and notes what it was asked for."""

    def start(spec: NetworkSpec, request: ProfileRequest) -> str:
        asked.append((spec, request))
        return "job"

    return start


def texts(app: AppTest) -> str:
    return "\n".join(shown.value for shown in (*app.markdown, *app.caption))


def test_the_page_asks_for_what_its_widgets_say(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[NetworkSpec, ProfileRequest]] = []
    waiting = JobStatus("job", JobState.RUNNING, Progress(0.5, "Timing every layer"), 3.0)
    monkeypatch.setattr(calls.profile, "start", starter(started))
    monkeypatch.setattr(calls, "job", lambda job_id: waiting)
    app = open_app("profile", network="digits-cnn")
    app.slider(key="profile_ratio_slider").set_value(0.7).run()
    app.slider(key="profile_amount_slider").set_value(0.3).run()
    app.segmented_control(key="profile_scope").set_value("global").run()
    app.segmented_control(key="profile_weights").set_value("global").run()
    next(button for button in app.button if button.label == "Profile").click().run()
    options, native = ChannelOptions(scope=ChannelScope.GLOBAL), NativeOptions(scope=WeightScope.GLOBAL)
    assert started == [(SMALL, ProfileRequest(options, 0.7, native, 0.3))]
    assert any(button.label == "Cancel" for button in app.button)


def test_sliders_start_where_they_stand_on_the_libraries_own_pages() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "profile.py"), default_timeout=120)
    app.session_state["ratio"] = 0.35
    app.session_state["native_amount"] = 1.0
    app.run()
    assert app.slider(key="profile_ratio_slider").value == 0.35
    assert app.slider(key="profile_amount_slider").value == 0.95


def test_a_ratio_from_the_link_is_taken_and_one_that_cannot_be_is_told() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "profile.py"), default_timeout=120)
    app.query_params["profile_ratio"] = "0.60"
    app.query_params["profile_amount"] = "7"
    app.run()
    assert app.slider(key="profile_ratio_slider").value == 0.6
    assert any(r"profile\_amount=7" in warning.value for warning in app.warning)


def test_the_report_shows_every_verdict_with_its_evidence_and_every_measured_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = measured()
    app = page_of(monkeypatch, done("profile_run", found))
    assert not app.exception
    assert not app.error
    shown = texts(app)
    for verdict in found.verdicts:
        assert formats.plain(verdict.claim) in shown
        assert evidence_table(verdict.evidence) in shown
    removed, dense = found.time_of(Variant.REMOVED), found.time_of(Variant.DENSE)
    assert removed
    assert dense
    assert metric(app, "Channels removed") == f"{removed.speedup.value:.2f}×"
    assert metric(app, "Dense, one input") == formats.duration(dense.time.median)
    assert metric(app, "Fewer MACs") == f"{dense.macs / removed.macs:.2f}×"


def test_a_network_without_data_says_why_accuracy_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = replace(measured(), accuracy=None, gradients=(), layouts=(), exported=(), notes=("No engine.",))
    app = page_of(monkeypatch, done("profile_run", found))
    assert not app.exception
    assert "Accuracy needs trained weights" in texts(app)
    assert "No engine." in texts(app)
    assert "**The same in ONNX Runtime**" not in texts(app)


def test_what_was_not_made_has_no_bar_and_no_place_among_the_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[str]] = []
    draw = charts.accuracies

    def noted(known: Sequence[tuple[str, Evaluation]], *size: int) -> object:
        drawn.append([name for name, _ in known])
        return draw(known, *size)

    monkeypatch.setattr(charts, "accuracies", noted)
    found = measured()
    assert found.accuracy
    networks = tuple(row for row in found.networks if row.variant not in (Variant.ZEROS, Variant.MASKED))
    refused = replace(found, accuracy=replace(found.accuracy, zeros=None), networks=networks)
    for shown in (found, refused):
        app = page_of(monkeypatch, done("profile_run", shown))
        assert not app.exception
        forms = f"The same network in {len(shown.networks)} forms"
        assert forms in [heading.value for heading in app.header]
    assert [name for name in drawn[0] if name not in drawn[1]] == ["zeros written"]


SPARSE = SparseCost(
    LibraryCost(
        "SparseML",
        "digits-cnn",
        1000,
        0,
        (
            StepCost("initialise", Timing(2e-3, 1e-3, 3e-3, 30)),
            StepCost("make masks", Timing(8e-3, 7e-3, 9e-3, 30)),
            StepCost("each step: masks", Timing(1e-3, 5e-4, 2e-3, 90)),
        ),
        Timing(10e-3, 8e-3, 12e-3, 30),
    ),
    3.4,
    Timing(20e-3, 19e-3, 21e-3, 90),
    Timing(21e-3, 20e-3, 22e-3, 90),
    64,
)


def sparse_growth(longer: Timing) -> LibraryCost:
    """SparseML's part in a growth, with what masks make a step longer."""
    initialise, masks, step = SPARSE.cost.steps
    imported = StepCost("import", Timing(3.4, 3.4, 3.4, 1))
    return replace(SPARSE.cost, steps=(imported, initialise, masks, replace(step, time=longer)))


def test_only_steps_that_may_take_no_time_have_a_layer_of_bounds() -> None:
    for low, layers in ((5e-4, 3), (-5e-4, 4)):
        chart = library_charts.growth([sparse_growth(Timing(1e-3, low, 2e-3, 90))], "SparseML", "parameters")
        assert len(chart.to_dict()["layer"]) == layers


def test_growth_tells_round_by_round_which_library_prunes_which_network() -> None:
    with patch.object(island, "why_missing", lambda: "SparseML is not set up."):
        told = list(growth((SMALL,), QUICK))
    assert all(SMALL.name in one.text for one in told)
    for library in (NATIVE, DEPGRAPH):
        shares = [one.fraction for one in told if one.text.startswith(BACKENDS[library].name)]
        assert len(set(shares)) >= FEWEST


def test_growth_is_drawn_for_all_libraries_and_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = (*measured_growth().costs, sparse_growth(Timing(1e-3, 5e-4, 2e-3, 90)))
    refused = Refusal("DepGraph", "odd", "It cannot be traced.")
    app = page_of(monkeypatch, done("growth_run", Growth(costs, (refused,))))
    assert not app.exception
    assert {"**PyTorch native**", "**DepGraph**", "**SparseML**"} <= {shown.value for shown in app.markdown}
    assert any(caption.value == "odd, DepGraph: It cannot be traced." for caption in app.caption)
    assert "**import** was measured once per network" in texts(app)
    assert "an upper bound" not in texts(app)
    assert "was left out" not in texts(app)


def test_a_step_that_may_take_no_time_is_drawn_as_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = (*measured_growth().costs, sparse_growth(Timing(1e-3, -5e-4, 2e-3, 90)))
    chart = library_charts.growth(costs, "SparseML", "parameters").to_dict()
    (rows,) = chart["datasets"].values()
    assert {row["step"]: row["at"] for row in rows} == {
        "import": 3400.0,
        "initialise": 2.0,
        "make masks": 8.0,
        "each step: masks": 2.0,
    }
    app = page_of(monkeypatch, done("growth_run", Growth(costs, ())))
    assert "▽ marks an upper bound: the interval of that difference reaches zero." in texts(app)


def test_without_sparseml_the_page_says_that_the_others_grow_and_that_it_was_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(island, "why_missing", lambda: "SparseML is not set up.")
    app = page_of(monkeypatch, done("growth_run", measured_growth()))
    assert "SparseML is not set up. The other two are measured without it." in texts(app)
    assert "SparseML starts afresh" not in texts(app)
    assert "SparseML was left out of this run: SparseML is not set up." in texts(app)
    assert "**SparseML**" not in texts(app)
    assert any(button.label == "Measure growth" for button in app.button)


def test_sparsemls_cost_is_told_with_its_spread_and_the_import_as_measured_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = page_of(monkeypatch, done("sparse_cost_run", SPARSE))
    assert not app.exception
    shown = texts(app)
    assert "**SparseML**: 10.0 ms (8.00 ms – 12.0 ms) to set up and mask" in shown
    assert "**Import**: 3.40 s, once per process (one measurement" in shown
    assert "**1.00 ms (500 µs – 2.00 ms) longer, 5.0 %**" in shown
    assert "not timed" not in shown


def test_a_difference_that_the_interval_does_not_allow_is_not_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *before, longer = SPARSE.cost.steps
    unclear = replace(longer, time=Timing(1e-3, -1e-4, 2e-3, 90))
    cost = replace(SPARSE.cost, steps=(*before, unclear))
    app = page_of(monkeypatch, done("sparse_cost_run", replace(SPARSE, cost=cost)))
    assert "no measurable difference" in texts(app)


def test_sparseml_is_timed_with_the_amount_of_native(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[NetworkSpec, ProfileRequest]] = []
    waiting = JobStatus("job", JobState.RUNNING, Progress(0.5, "Training"), 3.0)
    monkeypatch.setattr(island, "why_missing", lambda: "")
    monkeypatch.setattr(calls.recipe_cost, "start", starter(started))
    monkeypatch.setattr(calls, "job", lambda job_id: waiting)
    app = open_app("profile", network="digits-cnn")
    app.slider(key="profile_amount_slider").set_value(0.3).run()
    next(button for button in app.button if button.label == "Time SparseML").click().run()
    assert started == [(SMALL, ProfileRequest(ChannelOptions(), 0.5, NativeOptions(), 0.3))]
    assert any(button.label == "Cancel" for button in app.button)


def test_without_sparseml_the_page_says_so_and_offers_no_button(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(island, "why_missing", lambda: "SparseML is not set up.")
    app = page_of(monkeypatch)
    assert "SparseML is not set up." in texts(app)
    assert not any(button.label == "Time SparseML" for button in app.button)


def test_a_cancelled_run_names_the_button_that_starts_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = JobStatus(
        "profile_run", JobState.CANCELLED, Progress(0.2, ""), 3.0, error="The run was cancelled."
    )
    app = page_of(monkeypatch, ended)
    assert [info.value for info in app.info] == ["The run was cancelled. Profile starts it again."]


def test_the_sentence_says_no_more_than_the_intervals_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured()
    unclear, faster = Interval(1.2, 0.9, 1.5), Interval(2.0, 1.9, 2.1)
    for speedup, words in ((unclear, "no measurable speed-up"), (faster, "speed rose 2.00×")):
        networks = tuple(
            replace(row, speedup=speedup) if row.variant is Variant.REMOVED else row for row in found.networks
        )
        app = page_of(monkeypatch, done("profile_run", replace(found, networks=networks)))
        assert any(words in shown.value for shown in app.markdown)


def test_a_waterfall_ends_where_its_parts_add_up() -> None:
    dense, _ = measured().waterfalls
    bars = profile_charts.waterfall(dense, dense.blocks, 1.0).to_dict()["datasets"]
    (rows,) = bars.values()
    parts = sum(part.time.median for part in dense.blocks) + dense.between.median
    assert rows[-1]["end"] == pytest.approx(1e3 * parts)
    assert [row["part"] for row in rows[1:]] == [part.name for part in dense.blocks]
    assert all(row["from"] <= row["end"] <= row["to"] for row in rows)


def test_timers_are_blamed_only_for_a_difference_that_shows() -> None:
    dense, _ = measured().waterfalls
    plain = Timing(2e-3, 1e-3, 3e-3, 9)
    for hooked, told in (
        (Timing(5e-3, 4e-3, 6e-3, 9), "the timers cost the difference"),
        (Timing(1e-3, 1e-3, 2e-3, 9), "the timers' cost is within the noise"),  # quicker with them
    ):
        assert _clocks(replace(dense, hooked=hooked, plain=plain)).endswith(f"{told}.")


def test_growth_is_drawn_against_nodes_for_native_too() -> None:
    costs = measured_growth().costs
    nodes = {cost.network: cost.nodes for cost in costs if cost.nodes}
    chart = library_charts.growth(costs, "PyTorch native", "nodes of the graph").to_dict()
    (rows,) = chart["datasets"].values()
    assert {(row["network"], row["size"]) for row in rows} == set(nodes.items())


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.50 s"), (0.00083, "830 µs"), (0.0123, "12.3 ms"), (0.9999, "1.00 s")]
)
def test_durations_read_in_three_digits_and_a_unit(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


def test_a_stall_does_not_flatten_the_other_bars() -> None:
    point = measured().threads[0]
    stalled = replace(point, dense=Timing(1e-3, 0.9e-3, 5.0, 9), pruned=Timing(1e-3, 0.9e-3, 1.1e-3, 9))
    chart = profile_charts.settings((stalled,)).to_dict()
    assert chart["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 3.0]


@pytest.mark.browser
def test_a_profile_survives_another_page_and_a_reload_and_can_be_cancelled(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/profile?network=digits-cnn&profile_ratio=0.60")
    page.get_by_role("button", name="Profile", exact=True).click(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)
    expect(page).to_have_url(re.compile("runs="))
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_text("Profiling digits-cnn")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Profile", exact=True).click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("slider", name="DepGraph: pruning ratio")).to_have_value("0.6", timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    expect(page.get_by_text("The run was cancelled. Profile starts it again.")).to_be_visible(
        timeout=PATIENCE
    )
