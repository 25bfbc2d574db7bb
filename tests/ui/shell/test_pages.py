"""Each page as Streamlit runs it, without a browser: the engine is real, only the drawing is not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from explorer.backends import BACKENDS, NATIVE
from explorer.engine import calls
from explorer.process import island
from explorer.ui.shell import frame
from explorer.values import ChannelOptions, ChannelScope, JobState, JobStatus, NetworkSpec, Progress, Weights
from explorer.values.errors import BusyError, DownloadError, EngineError
from explorer.words import formats, glossary
from tests.helpers.pages import PAGES, RESNET, metric, open_app
from tests.helpers.paths import ROOT
from tests.helpers.plans import channel_plan
from tests.helpers.present import present


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_an_error(page: str) -> None:
    app = open_app(page)
    assert app.title
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_file_that_runs_alone_draws_the_frame_itself(page: str) -> None:
    alone = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120).run()
    assert not alone.exception
    assert alone.selectbox(key="network").value == "mnist-resnet"


def test_a_title_leads_to_its_page_and_a_further_librarys_to_the_one_that_they_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frame, "BACKENDS", {**BACKENDS, "toy": replace(BACKENDS[NATIVE], page="Toy")})
    assert frame.page_of("Compare") == "compare"
    assert frame.page_of("DepGraph pruning") == "depgraph_pruning"
    assert frame.page_of("Toy") == "library?library=toy"


def test_the_network_page_shows_the_totals_of_the_summary() -> None:
    summary = calls.summary(RESNET)
    app = open_app()
    assert metric(app, "Parameters") == formats.count(summary.params)
    assert metric(app, "MACs") == formats.count(summary.macs)
    assert summary.evaluation
    assert metric(app, "Accuracy") == formats.accuracy(summary.evaluation.accuracy)


def test_the_network_page_says_what_each_training_means_for_pruning() -> None:
    plain, lasso = calls.trainings(RESNET)
    (table,) = (text.value for text in open_app().markdown if "| network | trained |" in text.value)
    for one, how in ((plain, "as most people train"), (lasso, "to be pruned")):
        steps = (one.found.dense, one.found.right_after, one.found.headline)
        shown = " | ".join(formats.accuracy(step.accuracy) for step in map(present, steps))
        assert f"| {one.name} | {how} | {shown} |" in table


def test_searching_layers_keeps_those_whose_name_or_type_matches() -> None:
    app = open_app()
    app.text_input(key="layer_search").set_value("batchnorm").run()
    layers = next(table.value for table in app.dataframe if "output shape" in table.value.columns)
    norms = [row.name for row in calls.summary(RESNET).layers if row.type == "BatchNorm2d"]
    assert list(layers["name"]) == norms


def test_a_search_without_a_match_says_so() -> None:
    app = open_app()
    app.text_input(key="layer_search").set_value("no such layer").run()
    assert "no such layer" in app.info[0].value


def test_the_pruning_page_shows_the_plan_of_its_options() -> None:
    app = open_app("depgraph_pruning")
    app.session_state["ratio"] = 0.3
    app.segmented_control(key="scope").set_value("global").run()
    plan = channel_plan(RESNET, ChannelOptions(scope=ChannelScope.GLOBAL), 0.3)
    assert metric(app, "Parameters") == formats.count(plan.params)
    assert metric(app, "MACs") == formats.count(plan.macs)


def test_a_low_accuracy_right_after_is_explained_where_the_network_has_batchnorm() -> None:
    told = {
        name: any(
            "Re-calibration" in caption.value and "BatchNorm" in caption.value for caption in opened.caption
        )
        for name in ("digits-resnet", "digits-vit")
        for opened in [open_app("depgraph_pruning", network=name)]
    }
    assert told == {"digits-resnet": True, "digits-vit": False}


def test_a_layer_to_keep_goes_into_the_plan() -> None:
    app = open_app("depgraph_pruning")
    app.multiselect(key="keep").set_value(["stage3.block0.conv1"]).run()
    plan = channel_plan(RESNET, ChannelOptions(keep=("stage3.block0.conv1",)), 0.3)
    assert metric(app, "Parameters") == formats.count(plan.params)


def test_layers_to_keep_go_with_their_network() -> None:
    app = open_app("depgraph_pruning", keep="stem.conv")
    assert app.multiselect(key="keep").value == ["stem.conv"]
    app.selectbox(key="network").set_value("digits-vit").run()
    assert app.multiselect(key="keep").value == []
    assert "keep" not in app.query_params
    assert not app.warning
    assert any(
        "Layers to keep: dropped stem.conv" in info.value and "stem.conv" in info.value for info in app.info
    )


def test_accuracy_that_did_not_change_is_neither_better_nor_worse() -> None:
    app = open_app("depgraph_pruning", ratio="0")
    accuracy = next(shown for shown in app.metric if shown.label == "Right after")
    assert accuracy.delta == "as before pruning"


@pytest.mark.parametrize("page", ["depgraph_pruning", "pytorch_native", "sparseml"])
def test_a_change_of_accuracy_is_told_in_points(page: str) -> None:
    app = open_app(page, network="digits-cnn", ratio="0.9", native_amount="0.9", sparse_final_sparsity="0.95")
    dense = calls.summary(NetworkSpec("digits-cnn", Weights.TRAINED)).evaluation
    assert dense
    accuracy = next(shown for shown in app.metric if shown.label == "Re-calibrated")
    assert accuracy.delta.endswith(" points")
    told = " ".join(caption.value for caption in app.caption)
    assert f"dense {formats.unbroken(formats.accuracy(dense.accuracy))}; 95 % intervals stand below" in told


def test_an_unknown_network_in_a_link_is_named_with_what_comes_close() -> None:
    app = open_app(network="resnet51")
    assert "“resnet51”" in app.warning[0].value
    assert "resnet50" in app.warning[0].value
    assert app.selectbox(key="network").value == "mnist-resnet"


def test_a_name_that_ends_in_a_colour_is_shown_whole() -> None:
    assert formats.plain("./net.py:small") == r"./net.py\:small"  # else Streamlit shows ./net.py
    assert formats.plain("./net.py:build") == "./net.py:build"


def test_a_link_cannot_put_markup_or_a_flood_of_text_on_the_page() -> None:
    app = open_app(network="![x](http://example.org/x.png) :red[hi] $x$ " + "a" * 5000)
    shown = app.warning[0].value
    assert r"!\[x\](http://example.org/x.png) \:red\[hi\] \$x\$" in shown
    assert len(shown) < 400


def test_picking_a_network_takes_the_notice_away() -> None:
    app = open_app(network="resnet51")
    app.selectbox(key="network").set_value("digits-cnn").run()
    assert not app.warning


@pytest.mark.parametrize("ratio", ["1.5", "-0.1", "half", "nan"])
def test_a_ratio_out_of_bounds_in_a_link_is_told_and_replaced(ratio: str) -> None:
    alone = AppTest.from_file(str(ROOT / "pages" / "depgraph_pruning.py"), default_timeout=120)
    alone.query_params["ratio"] = ratio
    alone.run()
    assert any(f"ratio={ratio}" in warning.value for warning in alone.warning)
    assert alone.session_state["ratio"] == 0.3


def test_random_weights_carry_a_label_that_says_what_means_something() -> None:
    app = open_app(network="digits-cnn", weights="random")
    label = next(shown.value for shown in app.markdown if "badge[random weights]" in shown.value)
    assert "groups" in label
    assert "accuracy are not" in label


def test_a_download_that_failed_says_why_and_leaves_both_ways_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(spec: NetworkSpec) -> NoReturn:
        raise DownloadError("The weights are not on this machine.")

    failed = JobStatus("job", JobState.FAILED, Progress(None, ""), 1.0, error="The server cannot be reached.")
    monkeypatch.setattr(calls, "summary", missing)
    monkeypatch.setattr(calls.download, "start", lambda spec: "job")
    monkeypatch.setattr(calls, "job", lambda job_id: failed)
    app = open_app(network="alexnet")
    assert app.info[0].value == "The weights are not on this machine."
    next(button for button in app.button if button.label == "Download").click().run()
    assert app.error[0].value == "The server cannot be reached."
    buttons = {button.label: button for button in app.button}
    assert "Download" in buttons
    buttons["Use random weights"].click().run()
    assert app.radio(key="weights").value == "random"


@pytest.mark.parametrize("button", ["Profile", "Time SparseML", "Measure growth"])
def test_a_run_too_many_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, button: str) -> None:
    def refuse(*asked: object) -> NoReturn:
        raise BusyError("So many runs are waiting. Wait until one has ended.")

    for long_run in (calls.profile, calls.recipe_cost, calls.growth):
        monkeypatch.setattr(long_run, "start", refuse)
    monkeypatch.setattr(island, "why_missing", lambda: "")
    app = open_app("profile", network="digits-cnn")
    next(shown for shown in app.button if shown.label == button).click().run()
    assert [error.value for error in app.error] == ["So many runs are waiting. Wait until one has ended."]
    assert not app.exception


def test_a_download_too_many_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: object) -> NoReturn:
        raise BusyError("So many runs are waiting. Wait until one has ended.")

    def missing(spec: NetworkSpec) -> NoReturn:
        raise DownloadError("The weights are not on this machine.")

    monkeypatch.setattr(calls, "summary", missing)
    monkeypatch.setattr(calls.download, "start", refuse)
    app = open_app(network="alexnet")
    next(shown for shown in app.button if shown.label == "Download").click().run()
    assert app.error[0].value.startswith("So many runs are waiting.")
    assert "Download" in [shown.label for shown in app.button]


def test_an_engine_that_died_costs_one_sentence_and_a_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def died(spec: NetworkSpec) -> NoReturn:
        raise EngineError("The engine process was killed. It has been restarted; try again.")

    with monkeypatch.context() as patch:
        patch.setattr(calls, "summary", died)
        app = open_app("depgraph_pruning")
        assert [error.value for error in app.error] == [
            "The engine process was killed. It has been restarted; try again."
        ]
        assert app.title[0].value == "DepGraph pruning"
    next(button for button in app.button if button.label == "Try again").click().run()
    assert not app.error
    assert metric(app, "Parameters") == formats.count(channel_plan(RESNET, ChannelOptions(), 0.3).params)


def test_a_share_reads_as_percent_or_as_a_power_of_ten_and_nothing_as_zero() -> None:
    assert [formats.small_share(share) for share in (0.0, 3.3e-7, 0.25)] == ["0 %", "3.3e-07", "25 %"]


def test_every_term_that_a_page_asks_for_is_there() -> None:
    asked = {
        term
        for file in ROOT.glob("explorer/**/*.py")
        for term in re.findall(r'explain\("([^"]+)"\)', file.read_text())
    }
    assert len(asked) > 50
    assert asked <= glossary.TERMS.keys()


def test_every_term_is_explained_in_one_sentence() -> None:
    for term, sentence in glossary.TERMS.items():
        assert sentence.endswith("."), term
        assert sentence.count(". ") == 0, term


@pytest.mark.parametrize(
    ("number", "text"),
    [(999, "999"), (1_000, "1.00 k"), (25_557_032, "25.6 M"), (999_960, "1.00 M"), (4_089_184_256, "4.09 G")],
)
def test_counts_read_in_three_digits_and_a_unit(number: int, text: str) -> None:
    assert formats.count(number) == text
