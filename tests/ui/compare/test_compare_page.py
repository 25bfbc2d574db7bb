"""The Compare and Reproduce pages as Streamlit runs them; the engine is real."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace

import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from explorer.backends import BACKENDS
from explorer.backends.contenders import DEFAULTS, compared, describe, options_of, words_of
from explorer.engine import calls
from explorer.exports import comparison as compare_rows
from explorer.exports.runs import table as runs_table
from explorer.ui.compare import pareto
from explorer.ui.compare.answers import overview
from explorer.ui.compare.run import CompareRun
from explorer.ui.parts import chart_labels
from explorer.ui.parts.compared_runs import decoded, encoded
from explorer.ui.reproduce.run import ReproduceRun, tally
from explorer.ui.shell import jobs
from explorer.ui.shell.history_rows import rows_of
from explorer.values import (
    Budget,
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    Confidence,
    Evaluation,
    FineTune,
    JobState,
    JobStatus,
    LayerOutcome,
    Outcome,
    PlanCosts,
    Progress,
    StepTimes,
    Timing,
)
from explorer.values.answers import Answer, Goal
from explorer.values.comparing import CompareRequest, Comparison, Contender, CurvePoint, Finished
from explorer.values.reproducing import Experiment, Reproduced, Reproduction
from explorer.why.goals import answers
from explorer.words.published import README, published
from tests.helpers.pages import RESNET, open_app
from tests.helpers.paths import ROOT
from tests.helpers.present import present
from tests.helpers.running import RunningApp

GLOBAL = Contender("depgraph", ChannelOptions(ChannelCriterion.L1, ChannelScope.GLOBAL, 8), 0.25)
EVERY = (
    *DEFAULTS,
    GLOBAL,
    *(
        Contender(first.library, options_of(first.library, texts), 0.25)
        for first in DEFAULTS
        for place, option in enumerate(compared(first.library))
        for choice in option.choices
        if (texts := [*words_of(first)[:place], choice.word, *words_of(first)[place + 1 :]])
    ),
)


def opened_alone(page: str) -> AppTest:
    """The page's file run by itself: AppTest loses clicks on buttons without a callback behind `switch_page`."""
    alone = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    alone.query_params["network"] = RESNET.name
    alone.run()
    assert not alone.exception
    return alone


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


# --- what is picked ----------------------------------------------------------------------------------------


def test_runs_survive_their_link() -> None:
    assert [decoded(text) for text in encoded(EVERY).split("~")] == list(EVERY)
    assert all(options_of(run.library, words_of(run)) == run.options for run in EVERY)


@pytest.mark.parametrize("text", ["", "nope.l2", "depgraph.l2.local.1.10000", "depgraph.l2.nowhere.1.5000"])
def test_a_link_that_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"nope|nowhere|10000|^'' is not|not enough values"):
        decoded(text)


def test_a_description_leaves_out_what_is_usual() -> None:
    assert describe(replace(GLOBAL, options=ChannelOptions())) == "DepGraph · L2 · local · 0.25"
    assert describe(GLOBAL) == "DepGraph · L1 · global · round to 8 · 0.25"


def test_every_library_starts_with_its_default() -> None:
    assert [run.library for run in DEFAULTS] == list(BACKENDS)


@pytest.mark.large
def test_the_page_shows_what_the_plans_leave_at_a_budget() -> None:
    app = open_app("compare")
    app.segmented_control(key="compare_budget").set_value("non-zeros").run()
    app.slider(key="compare_keep_slider").set_value(0.3).run()
    solutions = calls.solutions(RESNET, DEFAULTS, Budget.NONZERO, 0.3)
    plans = app.dataframe[0].value
    assert list(plans["non-zeros"]) == [present(solution.costs).nonzero for solution in solutions]
    assert list(plans["ratio"]) == [solution.contender.ratio for solution in solutions]


def test_runs_are_compared_at_one_budget_that_every_library_can_meet_unless_asked_otherwise() -> None:
    app = open_app("compare", network="digits-cnn")
    assert app.segmented_control(key="compare_budget").value == "effective MACs"
    plans = app.dataframe[0].value
    assert len(plans) == len(DEFAULTS)
    assert list(plans["effective MACs"]) == pytest.approx(
        [calls.summary(replace(RESNET, name="digits-cnn")).macs / 2] * len(DEFAULTS), rel=0.05
    )


def test_a_link_to_runs_without_a_budget_is_to_each_ones_own_ratio() -> None:
    app = open_app("compare", network="digits-cnn", compare="depgraph.l1.local.1.3000")
    assert app.segmented_control(key="compare_budget").value == "each its own ratio"
    assert list(app.dataframe[0].value["ratio"]) == [0.3]
    shared = open_app(
        "compare", network="digits-cnn", compare="depgraph.l1.local.1.3000", compare_keep="0.50"
    )
    assert shared.segmented_control(key="compare_budget").value == "effective MACs"


def test_a_budget_and_its_share_come_from_the_link_even_by_the_name_it_had() -> None:
    app = open_app("compare", compare_budget="file size", compare_keep="0.80")
    assert app.segmented_control(key="compare_budget").value == "tensors"
    assert app.slider(key="compare_keep_slider").value == 0.8


def test_a_library_that_cannot_meet_the_budget_is_left_out_in_a_sentence() -> None:
    app = open_app("compare")
    app.segmented_control(key="compare_budget").set_value("MACs").run()
    left_out = [warning.value[:18] for warning in app.warning]
    assert left_out == ["**A is left out.**", "**C is left out.**"]
    assert "removes nothing" in app.warning[0].value


def test_a_run_that_the_network_cannot_have_is_not_offered() -> None:
    app = open_app("compare", network="digits-vit")
    app.segmented_control(key="compare_library").set_value("DepGraph").run()
    assert "BN scale" not in app.selectbox(key="compare_depgraph_criterion").options


def test_runs_are_added_removed_and_reset() -> None:
    app = open_app("compare")
    app.segmented_control(key="compare_library").set_value("DepGraph").run()
    app.selectbox(key="compare_depgraph_scope").set_value("global").run()
    app.number_input(key="compare_ratio").set_value(0.25).run()
    press(app, "Add")
    added = Contender("depgraph", ChannelOptions(scope=ChannelScope.GLOBAL), 0.25)
    assert app.session_state["compare"] == (*DEFAULTS, added)
    app.button(key="compare_remove_0").click().run()
    assert app.session_state["compare"] == (*DEFAULTS[1:], added)
    press(app, "Reset to each library's defaults")
    assert app.session_state["compare"] == DEFAULTS


def test_picked_runs_come_back_into_the_link_that_a_switch_of_pages_emptied() -> None:
    app = open_app("compare")
    app.session_state["compare"] = (GLOBAL,)
    app.query_params.clear()
    app.run()
    assert app.query_params["compare"] == encoded([GLOBAL])


def test_a_run_in_a_link_that_nobody_can_read_is_told() -> None:
    app = open_app("compare")
    del app.session_state["compare"]
    app.query_params["compare"] = f"{encoded([GLOBAL])}~rubbish"
    app.run()
    assert app.session_state["compare"] == (GLOBAL,)
    assert "“rubbish”" in app.warning[0].value


# --- what comes of it ----------------------------------------------------------------------------------------


def outcome(nonzero: int, accuracy: float, seconds: float, steps: StepTimes | None) -> Outcome:
    layers = (LayerOutcome("conv", "Conv2d", 8, 100, nonzero, 1000, 10 * nonzero, 10 * nonzero),)
    judged = Evaluation(accuracy, 1.0, 450)
    timing = Timing(seconds, 0.9 * seconds, 1.1 * seconds, 9)
    return Outcome(layers, judged, None, None, timing, 4000, 450, 500, 400, steps)


def comparison() -> Comparison:
    dense = outcome(100, 0.9, 1.0, None)
    run = outcome(25, 0.8, 0.5, StepTimes(None, None, 0.2))
    curve = (CurvePoint(0.0, PlanCosts(100, 100, 1000, 1000, 400), 0.9, False),)
    refused = Finished(GLOBAL, True, None, problem="No channel is left.")
    return Comparison(
        CompareRequest(RESNET, (*DEFAULTS[:1], GLOBAL)),
        dense,
        (Finished(DEFAULTS[0], False, run, curve), refused),
        1,
    )


def test_runs_keep_their_letters_when_one_is_left_out() -> None:
    found = comparison()
    gap = replace(found, request=replace(found.request, letters="BC"))
    assert [entry.letter for entry in compare_rows.entries(gap)] == ["dense", "B"]


def test_derived_figures_are_those_of_the_field() -> None:
    dense, run = comparison().dense, comparison().runs[0].outcome
    assert run
    assert compare_rows.size_row(dense, run)["compression ratio"] == 100 / 25
    work = compare_rows.work_row(dense, run)
    assert work["theoretical speed-up"] == 1000 / 250
    assert work["measured speed-up"] == 1.0 / 0.5
    assert (work["speed-up, low"], work["speed-up, high"]) == pytest.approx((0.9 / 0.55, 1.1 / 0.45))
    assert compare_rows.accuracy_row(dense, run)["Δ accuracy"] == pytest.approx(-0.1)
    assert compare_rows.accuracy_row(dense, dense)["Δ accuracy"] is None


def test_the_front_holds_what_no_other_beats() -> None:
    points = [(1.0, 0.9), (0.5, 0.9), (0.2, 0.5), (0.3, 0.4), (0.5, 0.8)]
    assert pareto.front(points) == [1, 2]


def test_two_runs_at_the_same_point_are_both_on_the_front() -> None:
    assert pareto.front([(0.5, 0.9), (0.5, 0.9)]) == [0, 1]


def test_a_comparison_is_a_row_for_each_run_with_a_result() -> None:
    found = comparison()
    first_outcome = present(found.runs[0].outcome)
    trained = replace(first_outcome, fine_tuned=Evaluation(0.85, 1.0, 450))
    request = replace(
        found.request, contenders=(GLOBAL, *found.request.contenders), fine_tune=FineTune(epochs=3)
    )
    both = replace(found, request=request, runs=(Finished(GLOBAL, True, trained), *found.runs))
    first, second = rows_of("job", CompareRun(request), both)
    assert (first.id, second.id) == ("jobA", "jobB")
    assert (first.library, second.library) == ("DepGraph", "PyTorch native")
    assert first.options == "L1, global, round to 8, 3 epochs, compared as A"
    assert second.options == "unstructured, L1, compared as B"
    assert (first.amount, second.amount) == (0.25, 0.5)
    assert (second.params, second.params_before, second.nonzero) == (100, 100, 25)
    assert (second.macs_before, second.effective_macs, second.file_bytes) == (1000, 10 * 25, 500)
    judged = [present(found) for found in (second.dense, second.pruned, first.fine_tuned)]
    assert [found.accuracy for found in judged] == [0.9, 0.8, 0.85]
    assert (second.latency, second.latency_before) == (first_outcome.time, found.dense.time)
    assert (second.seconds, second.plan_is_library) == (0.2, True)
    listed = runs_table([first, second])
    assert list(listed["run"]) == [2, 1]
    assert list(pd.read_csv(io.StringIO(listed.to_csv(index=False)))["run"]) == [2, 1]


def test_a_comparison_enters_the_runs_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    finished_job(monkeypatch, comparison())
    jobs.keep("job", CompareRun(comparison().request), "compare_run")
    app = open_app("depgraph_pruning", runs="job")
    (table,) = [table.value for table in app.dataframe if "library" in table.value.columns]
    assert list(table["options"]) == ["unstructured, L1, compared as A"]
    assert [kept.id for kept in app.session_state["project_held"].runs] == ["jobA"]


@pytest.mark.parametrize("estimate", [True, False])
def test_what_was_only_estimated_is_not_said_to_be_the_plan(estimate: bool) -> None:
    run = comparison().runs[0]
    point = replace(run.curve[0], estimate=estimate)
    assert replace(run, curve=(point,)).plan_is_library is not estimate


def test_each_library_calls_its_options_as_on_its_own_page() -> None:
    compare = open_app("compare")
    for library, name in (("native", "native_criterion"), ("depgraph", "criterion")):
        page = "pytorch_native" if library == "native" else "depgraph_pruning"
        own = open_app(page, native_pattern="structured").segmented_control(key=name).options
        compare.segmented_control(key="compare_library").set_value(BACKENDS[library].name).run()
        if library == "native":
            compare.selectbox(key="compare_native_pattern").set_value("structured").run()
        assert compare.selectbox(key=f"compare_{library}_criterion").options == own


def test_what_does_not_go_together_is_not_offered() -> None:
    app = open_app("compare")
    assert "compare_native_axis" not in [box.key for box in app.selectbox]
    assert app.selectbox(key="compare_native_criterion").options == ["L1", "random"]
    app.selectbox(key="compare_native_pattern").set_value("structured").run()
    assert app.selectbox(key="compare_native_scope").options == ["layer"]
    assert app.selectbox(key="compare_native_axis").options == ["out", "in"]
    app.segmented_control(key="compare_library").set_value("SparseML").run()
    app.selectbox(key="compare_sparseml_modifier").set_value("Structured").run()
    assert app.selectbox(key="compare_sparseml_mask_type").options == ["filter", "channel"]
    press(app, "Add")
    assert describe(app.session_state["compare"][-1]) == "SparseML · Structured · filter · 0.5"


def test_labels_of_runs_that_lie_close_together_do_not_overlap() -> None:
    points = [(500.0, 40.0), *((240.0 + 6 * n, 100.0 + 5 * (n % 2)) for n in range(6))]
    texts = ["dense", *"ABCDEF"]
    picked = chart_labels.sides(points, texts, width=530.0)
    boxes = [
        chart_labels._box(point, text, chart_labels.SIDES[side])
        for point, text, side in zip(points, texts, picked, strict=True)
    ]
    pairs = itertools.combinations(boxes, 2)
    assert not any(chart_labels._shared(one, other) for one, other in pairs)
    assert picked[:2] == [0, 0]
    assert len(set(picked)) > 2


@pytest.mark.parametrize("x", [0.0, 100.0])
def test_no_label_is_cut_off_by_the_edge_of_its_chart(x: float) -> None:
    (picked,) = chart_labels.sides([(x, 50.0)], ["C"], width=100.0)
    left, _, right, _ = chart_labels._box((x, 50.0), "C", chart_labels.SIDES[picked])
    assert 0 <= left < right <= 100


def test_results_of_other_settings_are_said_to_be_older(monkeypatch: pytest.MonkeyPatch) -> None:
    finished_job(monkeypatch, comparison())
    jobs.keep("job", CompareRun(comparison().request), "compare_run")
    app = open_app("compare", runs="job")
    told = next(caption.value for caption in app.caption if "Older settings" in caption.value)
    assert "The results below are of digits-resnet" in told
    assert told.endswith("Compare again to update them.")


def test_what_was_reproduced_is_told_and_leaves_no_slider_in_the_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finished_job(monkeypatch, Reproduction(()))
    jobs.keep("job", ReproduceRun((Experiment.FILES,)), "reproduce_run")
    app = open_app("reproduce", runs="job")
    assert any("The results below are of File sizes" in caption.value for caption in app.caption)
    assert {name for name in app.query_params if name.startswith("reproduce")} == set()


def finished_job(monkeypatch: pytest.MonkeyPatch, result: object, rows: tuple[Reproduced, ...] = ()) -> None:
    state = JobState.DONE if result else JobState.RUNNING
    status = JobStatus("job", state, Progress(0.5, "Working", rows=rows), 1.0, result)
    monkeypatch.setattr(calls, "job", lambda job_id: status)


def test_a_comparison_found_by_its_link_is_drawn_with_tables_and_a_download(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finished_job(monkeypatch, comparison())
    app = open_app("compare", compare_run="job")
    app.session_state["compare_run"] = "job"
    app.run()
    tables = {tuple(table.value.columns): table.value for table in app.dataframe}
    (sizes,) = [table for columns, table in tables.items() if "peak memory" in columns]
    assert list(sizes["run"]) == ["dense", f"A · {BACKENDS['native'].name}"]
    assert list(sizes["compression ratio"]) == ["1.00×", "4.00×"]
    (work,) = [table for columns, table in tables.items() if "measured speed-up" in columns]
    assert list(work["measured speed-up"]) == ["–", "2.00× (1.64–2.44)"]
    assert any("**B has no result.** No channel is left." in error.value for error in app.error)
    assert not app.exception


def test_every_goal_has_its_answer_and_the_one_in_focus_its_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    found = comparison()
    finished_job(monkeypatch, replace(found, answers=answers(found)))
    app = open_app("compare", compare_run="job")
    app.session_state["compare_run"] = "job"
    app.selectbox(key="compare_goal").set_value(Goal.FILE).run()
    table = next(table.value for table in app.table if Goal.FILE in table.value.index)
    native = f"A · {BACKENDS['native'].name}"
    assert table.loc[Goal.SPEED, "use"] == native
    assert table.loc[Goal.FILE, "use"] == "none"
    assert table.loc[Goal.SPEED, "accuracy with it"] == "80.0\N{NO-BREAK SPACE}%"
    assert any(f"Why not {native}?** It stores all 100 parameters" in text.value for text in app.markdown)


def test_what_a_link_names_wrongly_of_the_report_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = comparison()
    finished_job(monkeypatch, replace(found, answers=answers(found)))
    wrong = ("compare_goal", "compare_cost", "compare_curve", "compare_layers")
    app = open_app("compare", compare_run="job", **dict.fromkeys(wrong, "peace"))
    assert [warning.value.count("“peace”, which does not exist") for warning in app.warning] == [1] * 4
    assert not app.exception


def test_runs_that_serve_a_goal_alike_have_their_accuracies_named() -> None:
    run = outcome(25, 0.8, 0.5, None)
    other = replace(run, pruned=Evaluation(0.7, 1.0, 450))
    outcomes = {"dense": run, "A": run, "B": other}
    best = [Answer(Goal.FILE, best, "", (), (), Confidence.SURE) for best in (("A", "B"), ("A",))]
    table = overview(tuple(best), {"A": "A", "B": "B"}, outcomes)
    several, one = [text.replace("\N{NO-BREAK SPACE}", " ") for text in table["accuracy with it"]]
    assert (several, one) == ("A 80.0 %, B 70.0 %", "80.0 %")


@pytest.mark.parametrize("judged", [True, False])
def test_runs_that_keep_unlike_shares_are_told_of_with_accuracies_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch, judged: bool
) -> None:
    found = comparison()
    dense, little = found.dense, found.runs[0].outcome
    assert little
    if not judged:
        dense, little = replace(dense, pruned=None), replace(little, pruned=None)
    much = replace(little, layers=(replace(little.layers[0], nonzero=50),))
    runs = tuple(replace(found.runs[0], outcome=one) for one in (little, much))
    both = replace(found, dense=dense, runs=runs)
    finished_job(monkeypatch, replace(both, answers=answers(both)))
    app = open_app("compare", compare_run="job")
    (told,) = [text.value for text in app.caption if "keep different amounts" in text.value]
    assert "(A 25 %, B 50 %)" in told


def test_what_is_compared_is_what_is_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[CompareRequest] = []

    def start(request: CompareRequest) -> str:
        started.append(request)
        return "job"

    monkeypatch.setattr(calls.compare, "start", start)
    app = opened_alone("compare")
    app.segmented_control(key="compare_budget").set_value("each its own ratio").run()
    app.number_input(key="compare_epochs").set_value(3).run()
    finished_job(monkeypatch, comparison())
    press(app, "Prune with the libraries and measure")
    (request,) = started
    assert (request.spec, request.contenders) == (RESNET, DEFAULTS)
    assert request.fine_tune
    assert request.fine_tune.epochs == 3


@pytest.mark.parametrize("done", [True, False])
def test_rows_of_a_reproduction_are_shown_live_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    first, second = published((Experiment.FILES,))[:2]
    rows = (Reproduced(first, first.expected), Reproduced(second, second.expected + 1))
    monkeypatch.setattr(calls.reproduce, "start", lambda experiments: "job")
    app = opened_alone("reproduce")
    finished_job(monkeypatch, Reproduction(rows) if done else None, rows)
    press(app, f"Reproduce {len(published())} numbers")
    (table,) = [table.value for table in app.dataframe if "expected" in table.value.columns]
    assert list(table["result"]) == ["✓ pass", "✗ fail"]
    assert list(table["difference"]) == ["0", "+1.00"]
    assert any("1 of 2 numbers counted with named tools" in error.value for error in app.error) == done


def test_published_numbers_and_the_explorers_own_counts_are_two_tallies() -> None:
    numbers = published((Experiment.RESNET18, Experiment.FILES))
    theirs = [number for number in numbers if number.source == README]
    rows = [Reproduced(number, number.expected) for number in numbers]
    ours = len(numbers) - len(theirs)
    assert tally(rows) == (
        f"{len(theirs)} of {len(theirs)} published numbers, {ours} of {ours} numbers counted with named tools"
    )


@pytest.mark.browser
def test_a_comparison_runs_survives_a_reload_and_a_switch_of_pages(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/compare?network=digits-cnn&compare=depgraph.l2.global.1.5000")
    page.get_by_role("button", name="Prune with the libraries").click(timeout=90_000)
    page.get_by_role("link", name="Reproduce").click()
    expect(page.get_by_role("heading", name="Reproduce")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("Plan = library")).to_be_visible(timeout=120_000)
    page.reload()
    expect(page.get_by_text("Plan = library")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Results match the current settings")).to_be_visible(timeout=60_000)
