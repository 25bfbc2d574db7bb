"""The Sensitivity page as Streamlit runs it, and in a browser; the engine and its workers are real."""

from __future__ import annotations

from functools import cache

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from explorer import service
from explorer.schema import (
    BudgetKind,
    CostBudget,
    Criterion,
    Evaluation,
    GroupSensitivity,
    NetworkSpec,
    Sensitivity,
    SensitivityPoint,
    SweepOptions,
    Weights,
)
from explorer.ui import formats, sensitivity_charts
from explorer.ui.option_words import CRITERIA
from explorer.ui.sensitivity_panel import SweepRun
from explorer.ui.sensitivity_report import most_sensitive_first, spared_up_to
from tests.processes import until
from tests.running import RunningApp
from tests.test_browser import PATIENCE
from tests.test_pages import metric, open_app

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)


@cache
def run() -> str:
    """A finished sweep of this server."""
    job = service.start_sensitivity(CNN, SweepOptions())
    assert until(lambda: service.job(job).over, seconds=90)
    return job


def found() -> Sensitivity:
    result = service.job(run()).result
    assert isinstance(result, Sensitivity)
    return result


def opened(network: str = "digits-cnn") -> AppTest:
    return open_app("sensitivity", network=network, sweep_run=run())


def test_a_sweep_is_found_by_its_link_most_sensitive_group_first() -> None:
    table = opened().dataframe[0].value
    assert list(table["group"]) == [group.layer for group in most_sensitive_first(found())]
    assert list(table["mean"]) == sorted(table["mean"], reverse=True)
    assert table["mean"].max() > 20


def test_the_budget_is_solved_and_shown_beside_one_ratio_for_all() -> None:
    app = opened()
    app.slider(key="budget_slider").set_value(0.3).run()
    solution = service.solve(CNN, found(), CostBudget(BudgetKind.MACS, 0.3))
    assert solution.uniform
    shown = [one.value for one in app.metric if one.label == "Accuracy"]
    both = (solution.solved, solution.uniform)
    assert shown == [formats.accuracy(one.measured.accuracy) for one in both]
    assert solution.solved.expected_accuracy is not None
    assert metric(app, "Expected") == f"≈ {formats.accuracy(solution.solved.expected_accuracy)}"
    assert any("estimate" in badge.value for badge in app.markdown)
    assert any(formats.count(solution.solved.macs) in caption.value for caption in app.caption)


def test_what_was_not_measured_that_far_is_shown_without_a_number() -> None:
    def shown() -> None:
        from explorer.schema import Allocation, Evaluation
        from explorer.ui.sensitivity_budget import _expected

        _expected(Allocation((), 1.0, 1, 1, 1, None, None, Evaluation(0.5, 1.0, 10)))

    app = AppTest.from_function(shown).run()
    assert metric(app, "Expected") == "–"
    assert any("not measured that far" in badge.value for badge in app.markdown)


def test_milliseconds_are_marked_as_estimate_and_measured() -> None:
    app = opened()
    app.slider(key="budget_slider").set_value(0.9).run()
    app.segmented_control(key="budget_kind").set_value("latency").run()
    assert not app.exception
    assert any("≈" in caption.value and "ms, an estimate" in caption.value for caption in app.caption)
    assert any("; dense" in caption.value for caption in app.caption)


def test_a_budget_out_of_reach_is_refused_in_a_sentence() -> None:
    app = opened()
    app.slider(key="budget_slider").set_value(0.05).run()
    app.segmented_control(key="budget_kind").set_value("latency").run()
    assert app.error[0].value.endswith("Ask for more than that.")
    assert app.dataframe


def test_ratios_are_handed_to_the_pruning_page() -> None:
    app = opened()
    app.button(key="sweep_to_pruning").click().run()
    solved = service.solve(CNN, found(), CostBudget(BudgetKind.MACS, 0.5)).solved
    assert app.session_state["override"] == dict(solved.overrides)
    assert (app.session_state["ratio"], app.session_state["scope"]) == (0.0, "local")
    assert not app.exception


def test_options_that_were_set_before_change_nothing_of_the_ratios_handed_over() -> None:
    app = open_app(
        "depgraph_pruning",
        network="digits-cnn",
        round_to="8",
        max_ratio="0.5",
        steps="3",
        scope="global",
        keep="block1.conv",
        reduction="sum",
        normalizer="max",
        criterion="L1",
    )
    app.query_params["sweep_run"] = run()
    app.switch_page("pages/sensitivity.py").run()
    app.button(key="sweep_to_pruning").click().run()
    app.switch_page("pages/depgraph_pruning.py").run()
    assert not app.exception
    solved = service.solve(CNN, found(), CostBudget(BudgetKind.MACS, 0.5)).solved
    assert metric(app, "MACs") == formats.count(solved.macs)
    assert metric(app, "Parameters") == formats.count(solved.params)
    (told,) = [caption.value for caption in app.caption if caption.value.startswith("Also in force")]
    assert "own ratio" in told
    assert not any(
        word in told for word in ("round", "steps", "at most", "keeping", "reduction", "normaliser")
    )


def test_what_was_measured_on_another_network_says_so() -> None:
    app = opened("digits-vit")
    to_pruning = app.button(key="sweep_to_pruning")
    assert to_pruning.disabled
    assert to_pruning.help == "This was measured on digits-cnn. Pick that network to go on with it."


def test_without_labelled_images_the_page_says_why_it_cannot_measure() -> None:
    app = open_app("sensitivity", network="digits-cnn", weights="random")
    assert next(button for button in app.button if button.label == "Measure").disabled
    assert any("Accuracy is measured only with trained weights" in caption.value for caption in app.caption)


def test_every_criterion_that_suits_the_network_is_offered_by_its_name() -> None:
    shown = open_app("sensitivity", network="digits-cnn").segmented_control(key="sweep_criterion")
    assert shown.options == list(CRITERIA)
    without_norm = open_app("sensitivity", network="digits-vit", sweep_criterion="BN scale")
    assert "BN scale" not in without_norm.segmented_control(key="sweep_criterion").options
    assert any("BN scale cannot be used here" in warning.value for warning in without_norm.warning)


def test_a_seed_is_asked_for_random_only_and_told_with_the_run() -> None:
    app = open_app("sensitivity", network="digits-cnn")
    assert "sweep_seed" not in app.session_state
    app.segmented_control(key="sweep_criterion").set_value("random").run()
    app.number_input(key="sweep_seed").set_value(7).run()
    assert not app.exception
    assert SweepRun(CNN, SweepOptions(Criterion.RANDOM, seed=7)).options_text == "random, seed 7"
    assert SweepRun(CNN, SweepOptions(Criterion.BN_SCALE)).options_text == "BN scale"


def made(*losses: float) -> Sensitivity:
    """One group whose accuracy falls by these fractions at 0.1, 0.2 …"""
    points = tuple(SensitivityPoint((n + 1) / 10, n, 1 - lost, lost) for n, lost in enumerate(losses))
    dense = Evaluation(1.0, 0.0, 10)
    return Sensitivity(CNN, SweepOptions(), dense, (GroupSensitivity(1, "a", True, 9, points),), 0.0, "here")


@pytest.mark.parametrize(
    ("lost", "harmless"), [((0, 0.005, 0.5), 0.2), ((0.2, 0.0), 0.0), ((0, 0, 0), 0.3), ((0, 0.3, 0), 0.1)]
)
def test_a_group_is_spared_up_to_the_first_ratio_that_costs_a_point(
    lost: tuple[float, ...], harmless: float
) -> None:
    sensitivity = made(*lost)
    assert spared_up_to(sensitivity, sensitivity.groups[0]) == harmless


def test_the_heat_map_has_a_cell_for_every_group_and_ratio() -> None:
    sensitivity = made(0.0, 0.25)
    chart = sensitivity_charts.heat_map(sensitivity, sensitivity.groups)
    assert list(chart.data["lost"]) == [0.0, 0.25]


@pytest.mark.browser
def test_a_sweep_survives_page_switches_and_a_reload_and_hands_its_ratios_on(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/sensitivity?network=digits-cnn")
    page.get_by_role("button", name="Measure", exact=True).click(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_text("Measured the sensitivity of digits-cnn")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Sensitivity", exact=True).click()
    expect(page.get_by_role("heading", name="One group at a time")).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("button", name="Use these ratios")).to_be_enabled(timeout=PATIENCE)
    page.get_by_role("button", name="Use these ratios").click()
    page.get_by_role("link", name="They are set.").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="DepGraph pruning")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("slider", name="Pruning ratio")).to_have_value("0", timeout=PATIENCE)
    page.get_by_role("link", name="Sensitivity", exact=True).click()
    page.get_by_role("button", name="Measure", exact=True).click(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    expect(page.get_by_text("The run was cancelled.")).to_be_visible(timeout=PATIENCE)
