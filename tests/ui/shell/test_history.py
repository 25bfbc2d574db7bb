"""What a session keeps of its runs, and the panel that fine-tunes; the engine is real, only the drawing is not."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from explorer import engine
from explorer.engine import calls
from explorer.exports import export
from explorer.exports.project import read
from explorer.exports.runs import table as runs_table
from explorer.process.jobs import JobBoard
from explorer.process.keeping import Keeping
from explorer.ui.parts import training_charts
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.training_report import steps
from explorer.ui.runs.again import asked_again
from explorer.ui.shell import jobs
from explorer.ui.shell.history_rows import kept_of, rows_of
from explorer.values import (
    AppliedRun,
    ChannelOptions,
    ChannelScope,
    FineTune,
    JobState,
    JobStatus,
    NativeOptions,
    NetworkSpec,
    Progress,
    Reduction,
    Report,
    TrainingPoint,
    Weights,
)
from explorer.values.errors import BusyError
from explorer.values.project import Project
from explorer.words import formats
from tests.helpers.pages import PAGES, open_app
from tests.helpers.paths import ROOT
from tests.helpers.present import present
from tests.helpers.processes import until

pytestmark = pytest.mark.large

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)
PRUNED = PruningRun(CNN, "depgraph", ChannelOptions(), 0.6)
EPOCH = FineTune(epochs=1)
TRAINED = replace(PRUNED, settings=EPOCH)
MASKED = PruningRun(CNN, "native", NativeOptions(), 0.5)
KNOWN = {"run": PRUNED, "fine_tune_run": TRAINED, "native_run": MASKED}


@pytest.fixture(scope="module")
def done() -> dict[str, str]:
    """A finished run of each kind, by its name in a session: jobs of this process's server."""
    started = {
        "run": calls.apply.start(*PRUNED.asked),
        "fine_tune_run": calls.fine_tune.start(*TRAINED.asked, EPOCH),
        "native_run": calls.apply.start(*MASKED.asked),
    }
    # Of all at once: one that nobody asks about is stopped
    assert until(lambda: {calls.job(job_id).over for job_id in started.values()} == {True}, seconds=150)
    return started


@pytest.fixture(autouse=True)
def kept(done: dict[str, str]) -> None:
    """The server knows what they were started with; AppTest forgets it."""
    for name, job_id in done.items():
        jobs.keep(job_id, KNOWN[name], name)


@pytest.fixture
def session(done: dict[str, str]) -> Iterator[AppTest]:
    """A session that started those runs."""
    app = open_app("depgraph_pruning", network=CNN.name)
    for name, job_id in done.items():
        app.session_state[name] = job_id
    app.session_state["runs"] = list(done.values())
    yield app.run()
    assert not app.exception


def listed(app: AppTest) -> pd.DataFrame:
    """The table of runs on screen."""
    return next(table.value for table in app.dataframe if "library" in table.value.columns)


def rows(done: dict[str, str]) -> list[AppliedRun]:
    """What the history should hold of those runs."""
    made = [rows_of(job_id, KNOWN[name], calls.job(job_id).result) for name, job_id in done.items()]
    return [row for of_one in made for row in of_one]


def test_a_run_of_each_kind_becomes_a_row_of_what_it_measured(done: dict[str, str]) -> None:
    applied, trained, masked = rows(done)
    plan = calls.plan(*PRUNED.asked)
    zeros = calls.plan(*MASKED.asked)
    assert (applied.params, applied.macs) == (trained.params, trained.macs) == (plan.params, plan.macs)
    assert (applied.nonzero, applied.effective_macs) == (plan.params, plan.macs)
    assert (masked.params, masked.macs) == (plan.params_before, plan.macs_before)
    assert (masked.nonzero, masked.effective_macs) == (zeros.nonzero, zeros.effective_macs)
    assert {row.nonzero_before for row in (applied, trained, masked)} == {sum(zeros.dense.nonzero)}
    assert {row.effective_macs_before for row in (applied, trained, masked)} == {
        sum(zeros.dense.effective_macs)
    }
    assert applied.dense == trained.dense == masked.dense
    assert (applied.pruned, applied.recalibrated) == (trained.pruned, trained.recalibrated)
    assert applied.fine_tuned is masked.fine_tuned is None
    assert trained.fine_tuned is not None
    live = calls.live_accuracy(*MASKED.asked)
    assert live is not None
    assert masked.pruned == live.right_after  # its sample is all of the digits' test images
    assert masked.recalibrated is not None
    for row in (applied, trained, masked):
        assert row.latency is not None
        assert row.latency_before is not None
    assert all(row.plan_is_library for row in (applied, trained, masked))
    assert rows_of("download", PRUNED, None) == ()


def test_options_are_told_in_words() -> None:
    options = ChannelOptions(
        scope=ChannelScope.GLOBAL,
        round_to=8,
        reduction=Reduction.MAX,
        max_ratio=0.9,
        steps=3,
        overrides=(("fc", 0.1),),
    )
    assert PruningRun(CNN, "depgraph", options, 0.5).options_text == (
        "L2, global, group reduction max, round to 8, at most 90 % of each group, in 3 steps, own ratios fc 0.10"
    )
    assert TRAINED.options_text == "L2, local, 1 epoch at 0.002"
    assert MASKED.options_text == "unstructured, L1"


def test_the_table_lists_every_run_once_the_newest_first(session: AppTest, done: dict[str, str]) -> None:
    for _ in range(2):
        table = listed(session.run())
        assert list(table["run"]) == [3, 2, 1]
        assert list(table["library"]) == ["PyTorch native", "DepGraph", "DepGraph"]
    assert list(table["parameters"]) == [row.params for row in reversed(rows(done))]
    assert [kept.run for kept in session.session_state["project_held"].runs] == rows(done)


def test_what_was_fine_tuned_goes_on_from_what_was_applied_and_all_of_it_fits_into_a_project_file(
    session: AppTest, done: dict[str, str]
) -> None:
    held = session.session_state["project_held"]
    assert [kept.parent for kept in held.runs] == ["", done["run"], ""]
    assert read(export(held, "project_json")) == held
    for kept, run in zip(held.runs, KNOWN.values(), strict=True):
        assert asked_again(kept) == run


def test_a_run_that_was_started_with_anothers_settings_goes_on_from_that(done: dict[str, str]) -> None:
    jobs.keep(done["native_run"], MASKED, "native_run", parent=done["run"])
    app = open_app("runs", network=CNN.name, runs=".".join(done.values()))
    parents = {kept.id: kept.parent for kept in app.session_state["project_held"].runs}
    assert [parents[done[name]] for name in ("run", "fine_tune_run", "native_run")] == [
        "",
        done["run"],
        done["run"],
    ]


def test_a_projects_runs_say_nothing_of_this_machine(done: dict[str, str]) -> None:
    mine = replace(PRUNED, spec=replace(CNN, version=7, upload="/home/me/net.safetensors"))
    found = kept_of("id", mine, calls.job(done["run"]).result)
    assert [kept.run.network for kept in found] == [CNN]


def test_the_table_survives_a_page_switch_and_stands_on_both_pages(session: AppTest) -> None:
    before = listed(session)
    session.switch_page("pages/network.py").run()
    assert not [table for table in session.dataframe if "library" in table.value.columns]
    session.switch_page("pages/pytorch_native.py").run()
    pd.testing.assert_frame_equal(listed(session), before)


def test_a_run_that_ends_while_another_page_is_open_is_kept(session: AppTest, done: dict[str, str]) -> None:
    session.session_state["project_held"], session.session_state["runs_taken"] = Project(), set()
    session.switch_page("pages/network.py").run()
    assert [kept.id for kept in session.session_state["project_held"].runs] == list(done.values())


def test_a_link_brings_back_what_the_server_still_knows(session: AppTest, done: dict[str, str]) -> None:
    table = listed(opened_alone(runs=f"{done['native_run']}.nobody-knows.{done['run']}"))
    assert list(table["library"]) == ["DepGraph", "PyTorch native"]


def test_after_a_restart_links_find_runs_and_reports_as_they_were(
    session: AppTest, done: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listed(session)
    restarted = JobBoard(keeping=Keeping())
    monkeypatch.setattr(engine, "_board", lambda: restarted)
    app = open_app("depgraph_pruning", network=CNN.name, runs=".".join(done.values()))
    assert restarted.is_earlier(done["run"])
    pd.testing.assert_frame_equal(listed(app), before)
    assert any("After fine-tuning, the pruned network reaches" in text.value for text in app.markdown)
    assert not app.warning


def test_what_was_measured_of_code_that_an_earlier_server_read_is_not_taken_for_this_code() -> None:
    script = "from explorer import engine; print(engine.version())"
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(other.stdout) != engine.version()


def link_of(app: AppTest) -> dict[str, str]:
    """What the link says of runs; AppTest gives a text or a list of one."""
    return {
        name: "".join(app.query_params[name]) for name in ("runs", *jobs.KINDS) if name in app.query_params
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_the_runs_in_its_link(session: AppTest, done: dict[str, str], page: str) -> None:
    session.query_params.pop("runs", None)  # as the browser does when another page is opened
    session.switch_page(f"pages/{page}.py").run()
    assert link_of(session) == {"runs": ".".join(done.values())}


def test_a_reload_of_any_page_finds_the_runs_and_says_where_their_reports_are(done: dict[str, str]) -> None:
    app = open_app("profile", network=CNN.name, runs=".".join(done.values()))
    assert {name: app.session_state[name] for name in done} == done
    told = [caption.value for caption in app.sidebar.caption if "the report is on" in caption.value]
    assert [line.rpartition("report is on ")[2] for line in told] == [
        "PyTorch native",
        "DepGraph pruning",
        "DepGraph pruning",
    ]
    app.switch_page("pages/depgraph_pruning.py").run()
    assert list(listed(app)["run"]) == [3, 2, 1]
    assert any("After fine-tuning, the pruned network reaches" in text.value for text in app.markdown)


def test_of_two_runs_of_a_kind_the_younger_is_found(done: dict[str, str]) -> None:
    older, younger = done["run"], calls.apply.start(CNN, "depgraph", PRUNED.options, 0.1)
    jobs.keep(younger, replace(PRUNED, amount=0.1), "run")
    app = open_app("network", network=CNN.name, runs=f"{older}.{younger}")
    assert app.session_state["run"] == younger
    assert until(lambda: calls.job(younger).over, seconds=60)


def test_a_run_is_asked_about_though_a_younger_one_took_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def job(job_id: str) -> JobStatus:
        asked.append(job_id)
        return JobStatus(job_id, JobState.RUNNING, Progress(0.5, f"{job_id} at work"), 1.0)

    monkeypatch.setattr(calls, "job", job)
    for job_id in ("older", "younger"):
        jobs.keep(job_id, PRUNED, "run")
    app = AppTest.from_string("from explorer.ui.shell import job_watch\njob_watch.keep_alive()")
    app.session_state["runs"] = ["older", "younger"]
    app.session_state["run"] = "younger"
    app.run()
    assert asked == ["younger", "older"]
    assert [line.value.rpartition(" · ")[2] for line in app.caption] == ["younger at work", "older at work"]


def test_the_live_sliders_value_goes_along_when_the_link_is_written(session: AppTest) -> None:
    session.session_state["ratio"] = 0.3  # as the browser knows it, and this link does not
    session.query_params.pop("runs", None)
    assert "".join(session.run().query_params["ratio"]) == "0.30"


def test_the_link_is_written_only_when_something_changed(
    session: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[dict[str, str]] = []
    monkeypatch.setattr(QueryParams, "_send_query_param_msg", lambda link: written.append(link.to_dict()))
    session.run()
    assert written == []
    session.query_params.pop("runs")
    session.run()
    assert len(written) == 1


@pytest.mark.parametrize(
    ("unknown", "told"),
    [
        ("nobody-knows", "a run “nobody-knows” that this server does not know: it is no longer kept, or it"),
        ("who.what", "2 runs that this server does not know: they are no longer kept, or"),
    ],
)
def test_runs_in_a_link_that_the_server_does_not_know_are_told_once(
    done: dict[str, str], unknown: str, told: str
) -> None:
    alone = opened_alone(runs=f"{unknown}.{done['run']}")
    assert [warning.value for warning in alone.warning] == [
        f"The link names {told} broke off when the server ended. The rest of the link was kept."
    ]
    assert link_of(alone) == {"runs": done["run"]}
    app = open_app("network", runs=unknown)
    assert app.warning
    assert not app.switch_page("pages/profile.py").run().warning


def test_a_run_that_takes_an_older_ones_place_takes_its_name_off_the_link(
    done: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls.apply, "start", lambda *asked: done["native_run"])  # any that is over
    app = opened_alone(run=done["run"])
    assert link_of(app) == {"run": done["run"]}
    next(button for button in app.button if button.label == "Apply with Torch-Pruning").click().run()
    assert link_of(app) == {"runs": done["native_run"]}


def test_a_run_that_cannot_start_says_why_and_leaves_the_last_one(
    done: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*asked: object) -> str:
        raise BusyError("This server has its hands full. Wait.")

    monkeypatch.setattr(calls.apply, "start", refuse)
    app = opened_alone(run=done["run"])
    next(button for button in app.button if button.label == "Apply with Torch-Pruning").click().run()
    assert [box.value for box in app.error] == ["This server has its hands full. Wait."]
    assert app.session_state["run"] == done["run"]


def test_clear_empties_the_table_and_leaves_the_reports(session: AppTest, done: dict[str, str]) -> None:
    next(button for button in session.button if button.label == "Clear").click().run()
    assert not [table for table in session.dataframe if "library" in table.value.columns]
    assert any("No runs yet" in caption.value for caption in session.caption)
    assert any(metric.label == "Output shape" for metric in session.metric)
    assert session.session_state["runs"] == []
    assert link_of(session) == done


def test_so_many_runs_are_named_in_the_link_and_the_project_keeps_the_rest(
    session: AppTest, done: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST", 2)
    session.session_state["runs"] = session.session_state["runs"][-2:]
    assert list(listed(session.run())["library"]) == ["PyTorch native", "DepGraph", "DepGraph"]
    alone = opened_alone(project="".join(session.query_params["project"]))
    assert list(listed(alone)["library"]) == ["PyTorch native", "DepGraph", "DepGraph"]


def test_the_download_holds_what_the_table_shows(done: dict[str, str]) -> None:
    table = runs_table(rows(done))
    read = pd.read_csv(io.StringIO(table.to_csv(index=False)), dtype={"amount": str})
    pd.testing.assert_frame_equal(read, table, check_dtype=False)


def opened_alone(**link: str) -> AppTest:
    """The page's file run by itself: AppTest loses clicks on buttons without a callback behind `switch_page`."""
    alone = AppTest.from_file(str(ROOT / "pages" / "depgraph_pruning.py"), default_timeout=120)
    for name, text in {"network": CNN.name, **link}.items():
        alone.query_params[name] = text
    return alone.run()


def test_fine_tune_appears_after_apply_and_starts_what_was_applied(
    done: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def start(*args: object) -> str:
        asked.append(args)
        return done["fine_tune_run"]

    monkeypatch.setattr(calls.fine_tune, "start", start)
    assert "Fine-tune" not in [button.label for button in opened_alone().button]
    app = opened_alone(run=done["run"], ratio="0.10")  # the slider moved on; what was applied counts
    app.number_input(key="epochs").set_value(3)
    app.number_input(key="learning_rate").set_value(0.01)
    next(button for button in app.button if button.label == "Fine-tune").click().run()
    assert asked == [(CNN, "depgraph", PRUNED.options, 0.6, FineTune(3, 0.01))]
    assert app.session_state["fine_tune_run"] == done["fine_tune_run"]
    assert any(text.value == "**Accuracy, step by step**" for text in app.markdown)


def test_the_report_names_every_step_of_the_classic_curve(session: AppTest, done: dict[str, str]) -> None:
    report = calls.job(done["fine_tune_run"]).result
    assert isinstance(report, Report)
    names = ["dense", "right after", "re-calibrated", "fine-tuned"]
    assert [name for name, _ in steps(report)] == names
    right = f"{100 * present(report.pruned.fine_tuned).accuracy:.1f} %"
    assert any(
        f"After fine-tuning, the pruned network reaches **{right}** accuracy" in text.value
        for text in session.markdown
    )
    drawn = training_charts.stages(steps(report)).to_dict()
    shown = [row["accuracy"] for row in drawn["datasets"][drawn["layer"][1]["data"]["name"]]]
    assert shown == [found.accuracy for _, found in steps(report)]


@pytest.mark.parametrize(
    "state, told",
    [
        (JobState.CANCELLED, "The run was cancelled. Fine-tune starts it again."),
        (JobState.FAILED, "The run's process was killed."),
    ],
)
def test_a_run_that_breaks_off_leaves_its_curve_and_says_why(
    session: AppTest, done: dict[str, str], monkeypatch: pytest.MonkeyPatch, state: JobState, told: str
) -> None:
    curve = (TrainingPoint(0.0, 2.0, 0.2), TrainingPoint(0.5, 1.0, None))
    error = told.removesuffix(" Fine-tune starts it again.")
    ended = JobStatus(done["fine_tune_run"], state, Progress(0.5, "Epoch 1 of 1", curve), 3.0, None, error)
    real = calls.job
    monkeypatch.setattr(calls, "job", lambda job_id: ended if job_id == ended.id else real(job_id))
    session.run()
    boxes = session.info if state is JobState.CANCELLED else session.error
    assert [box.value for box in boxes] == [told]
    assert any("after 0.50 of 1 epochs" in caption.value for caption in session.caption)
    assert any(text.value == "**Training loss**" for text in session.markdown)


@pytest.mark.parametrize("link", [{"epochs": "0"}, {"epochs": "many"}, {"learning_rate": "7"}])
def test_a_setting_out_of_bounds_in_a_link_is_told(done: dict[str, str], link: dict[str, str]) -> None:
    ((name, text),) = link.items()
    told = formats.plain(f"The link asks for {name}={text}; expected a number from")
    assert [box.value.startswith(told) for box in opened_alone(run=done["run"], **link).warning] == [True]
    assert [box.value.startswith(told) for box in opened_alone(**link).warning] == [
        True
    ]  # before there are fields


def test_curves_start_at_zero_and_end_with_the_planned_epochs() -> None:
    points = (
        TrainingPoint(0, 2.5, 0.43),
        TrainingPoint(0.5, 1.2, None, 0.1),
        TrainingPoint(1, 0.9, 0.8, 0.3),
    )
    loss = training_charts.loss(points, 4)
    assert list(loss.data["value"]) == [1.2, 0.9]  # what was measured before training is no training loss
    assert domains(loss.spec) == ([0, 4], [0.0, 1.5])
    accuracy = training_charts.accuracy(points, 4)
    assert list(accuracy.data["value"]) == [0.43, 0.8]
    assert domains(accuracy.spec) == ([0, 4], [0.2, 1.0])


def domains(spec: dict[str, Any]) -> tuple[list[float], list[float]]:
    encoding = spec["layer"][0]["encoding"]
    return encoding["x"]["scale"]["domain"], encoding["y"]["scale"]["domain"]


def test_a_chart_of_nothing_yet_has_its_axes() -> None:
    assert domains(training_charts.loss((), 3).spec) == ([0, 3], [0.0, 1.0])
    assert domains(training_charts.accuracy((), 3).spec) == ([0, 3], [0.0, 1.0])
