"""The Sensitivity page as Streamlit runs it, and in a browser; the engine and its workers are real."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from explorer.drawing.heat import Scale
from explorer.engine import calls
from explorer.ui.parts.sensitivity_metrics import metrics_of, spared_up_to
from explorer.ui.sensitivity import charts
from explorer.ui.sensitivity import network as sensitivity_network
from explorer.ui.sensitivity.panel import SweepRun
from explorer.ui.sensitivity.report import most_sensitive_first
from explorer.ui.shell import jobs
from explorer.values import (
    BudgetKind,
    ChannelCriterion,
    CostBudget,
    Evaluation,
    GroupSensitivity,
    NetworkSpec,
    Sensitivity,
    SensitivityPoint,
    SweepOptions,
    Weights,
)
from explorer.words import formats
from tests.helpers.browsing import PATIENCE
from tests.helpers.drawings import box, camera, classes, colour_by
from tests.helpers.pages import metric, open_app
from tests.helpers.processes import until
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.large

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)


@cache
def run() -> str:
    """A finished sweep of this server."""
    job = calls.sensitivity.start(CNN, SweepOptions())
    assert until(lambda: calls.job(job).over, seconds=90)
    return job


def found() -> Sensitivity:
    result = calls.job(run()).result
    assert isinstance(result, Sensitivity)
    return result


def opened(network: str = "digits-cnn") -> AppTest:
    return open_app("sensitivity", network=network, sweep_run=run())


def test_a_sweep_is_found_by_its_link_most_sensitive_group_first() -> None:
    table = opened().dataframe[0].value
    assert list(table["group"]) == [group.layer for group in most_sensitive_first(found())]
    assert list(table["mean"]) == sorted(table["mean"], reverse=True)
    assert table["mean"].max() > 20


def test_a_group_that_is_picked_in_the_table_is_told_with_its_cost() -> None:
    app = opened()
    assert any("Click a box, or a row below" in text.value for text in app.markdown)
    row = 1
    app.session_state[sensitivity_network.TABLE] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    group = most_sensitive_first(found())[row]
    app.session_state["sweep_group"] = (
        group.id
    )  # as the table's callback sets it, which AppTest does not call
    app.run()
    lost = ACCURACY.words(found().mean_drop(group))
    assert told_of(app, group) == f"pruned alone, on average: {lost}"
    app.segmented_control(key="sweep_ratio").set_value("0.9").run()
    assert (
        told_of(app, group) == f"pruned alone, at ratio 0.9: {ACCURACY.words(found().drop(group.points[-1]))}"
    )
    app.segmented_control(key="sweep_metric").set_value("loss added").run()
    assert (
        told_of(app, group) == f"pruned alone, at ratio 0.9: {LOSS.words(LOSS.of(found(), group.points[-1]))}"
    )


def told_of(app: AppTest, group: GroupSensitivity) -> str:
    """What the line about the picked group says of its cost."""
    (line,) = [text.value for text in app.markdown if text.value.startswith(f"**{group.layer}**")]
    return str(line).split(" · ")[-1].rpartition(", harm")[0]


def test_a_group_that_stays_whole_says_why_it_was_not_measured() -> None:
    whole = next(group for group in calls.graph(CNN).groups if not group.prunable)
    app = opened()
    app.session_state["sweep_group"] = whole.id
    app.run()
    assert any(text.value.endswith(formats.plain(whole.kept_because)) for text in app.markdown)


def test_the_graph_page_offers_the_colours_of_the_network_that_was_measured() -> None:
    jobs.keep(run(), SweepRun(CNN, SweepOptions()), "sweep_run")
    measured = open_app("dependency_graph", network="digits-cnn", sweep_run=run())
    assert "Colour by sensitivity" in measured.selectbox(key="graph_colours").options
    other = open_app("dependency_graph", network="digits-vit", sweep_run=run())
    assert "Colour by sensitivity" not in other.selectbox(key="graph_colours").options


def test_a_metric_or_ratio_in_a_link_that_does_not_exist_is_told() -> None:
    app = open_app(
        "sensitivity", network="digits-cnn", sweep_run=run(), sweep_metric="beauty", sweep_ratio="7"
    )
    told = [warning.value for warning in app.warning]
    assert len(told) == 2
    assert "“beauty”, which does not exist" in told[0]
    assert "“7”, which does not exist" in told[1]


def test_the_budget_is_solved_and_shown_beside_one_ratio_for_all() -> None:
    app = opened()
    app.slider(key="budget_slider").set_value(0.3).run()
    solution = calls.solve(CNN, found(), CostBudget(BudgetKind.MACS, 0.3))
    assert solution.uniform
    shown = [one.value for one in app.metric if one.label == "Accuracy"]
    both = (solution.solved, solution.uniform)
    assert shown == [formats.accuracy(one.measured.accuracy) for one in both]
    assert solution.solved.expected_value is not None
    assert metric(app, "Expected") == f"≈ {formats.accuracy(solution.solved.expected_value)}"
    assert any("estimate" in badge.value for badge in app.markdown)
    assert any(formats.count(solution.solved.macs) in caption.value for caption in app.caption)


@pytest.mark.parametrize("budget", ["0.01", "0.99", "half"])
@pytest.mark.parametrize("measured", [True, False])
def test_a_budget_out_of_bounds_in_a_link_is_told_and_replaced(budget: str, measured: bool) -> None:
    jobs.keep(run(), SweepRun(CNN, SweepOptions()), "sweep_run")
    app = open_app("network", network="digits-cnn", **({"runs": run()} if measured else {}))
    app.query_params["budget"] = budget
    app.switch_page("pages/sensitivity.py").run()
    (told,) = [box.value for box in app.warning]
    assert told == formats.plain(
        f"The link asks for budget={budget}; expected a fraction from 0.05 to 0.95. Showing 0.5."
    )
    assert app.session_state["budget"] == 0.5


def test_what_was_not_measured_that_far_is_shown_without_a_number() -> None:
    def shown() -> None:
        from explorer.ui.sensitivity.budget import _expected
        from explorer.values import Allocation, Evaluation

        _expected(Allocation((), 1.0, 1, 1, 1, None, None, Evaluation(0.5, 1.0, 10)))

    app = AppTest.from_function(shown).run()
    assert metric(app, "Expected") == "–"
    assert any("outside the measured range" in badge.value for badge in app.markdown)


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
    solved = calls.solve(CNN, found(), CostBudget(BudgetKind.MACS, 0.5)).solved
    assert app.session_state["override"] == dict(solved.overrides)
    assert (app.session_state["ratio"], app.session_state["scope"]) == (0.0, "local")
    assert not app.exception


def test_a_sweep_by_chance_hands_on_its_seed_and_prunes_the_same_channels_there() -> None:
    options = SweepOptions(ChannelCriterion.RANDOM, (0.3, 0.6, 0.9), seed=7)
    job = calls.sensitivity.start(CNN, options)
    assert until(lambda: calls.job(job).over, seconds=90)
    result = calls.job(job).result
    assert isinstance(result, Sensitivity)
    app = open_app("sensitivity", network="digits-cnn", sweep_run=job)
    app.button(key="sweep_to_pruning").click().run()
    app.switch_page("pages/depgraph_pruning.py").run()
    assert not app.exception
    assert app.segmented_control(key="criterion").value == "random"
    assert app.number_input(key="seed").value == 7
    solved = calls.solve(CNN, result, CostBudget(BudgetKind.MACS, 0.5)).solved
    assert metric(app, "MACs") == formats.count(solved.macs)
    assert metric(app, "Right after") == formats.accuracy(solved.measured.accuracy)


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
    solved = calls.solve(CNN, found(), CostBudget(BudgetKind.MACS, 0.5)).solved
    assert metric(app, "MACs") == formats.count(solved.macs)
    assert metric(app, "Parameters") == formats.count(solved.params)
    (told,) = [caption.value for caption in app.caption if caption.value.startswith("Also set")]
    assert "own ratio" in told
    assert not any(
        word in told for word in ("round", "steps", "at most", "keeping", "reduction", "normaliser")
    )


def test_what_was_measured_on_another_network_says_so() -> None:
    app = opened("digits-vit")
    to_pruning = app.button(key="sweep_to_pruning")
    assert to_pruning.disabled
    assert to_pruning.help == "Measured on digits-cnn. Pick that network to continue."


def test_without_labelled_images_the_page_says_why_it_cannot_measure() -> None:
    app = open_app("sensitivity", network="digits-cnn", weights="random")
    assert next(button for button in app.button if button.label == "Measure").disabled
    assert any("Accuracy needs trained weights" in caption.value for caption in app.caption)


def test_every_criterion_that_suits_the_network_is_offered_by_its_name() -> None:
    shown = open_app("sensitivity", network="digits-cnn").segmented_control(key="sweep_criterion")
    assert shown.options == ["L2", *(one.label for one in ChannelCriterion if one is not ChannelCriterion.L2)]
    without_norm = open_app("sensitivity", network="digits-vit", sweep_criterion="BN scale")
    assert "BN scale" not in without_norm.segmented_control(key="sweep_criterion").options
    assert any("BN scale is unavailable here" in warning.value for warning in without_norm.warning)


def test_a_seed_is_asked_for_random_only_and_told_with_the_run() -> None:
    app = open_app("sensitivity", network="digits-cnn")
    assert "sweep_seed" not in app.session_state
    app.segmented_control(key="sweep_criterion").set_value("random").run()
    app.number_input(key="sweep_seed").set_value(7).run()
    assert not app.exception
    assert SweepRun(CNN, SweepOptions(ChannelCriterion.RANDOM, seed=7)).options_text == "random, seed 7"
    assert SweepRun(CNN, SweepOptions(ChannelCriterion.BN_SCALE)).options_text == "BN scale"


def made(*losses: float) -> Sensitivity:
    """One group whose accuracy falls by these fractions at 0.1, 0.2 …"""
    points = tuple(SensitivityPoint((n + 1) / 10, n, 1 - lost, lost) for n, lost in enumerate(losses))
    dense = Evaluation(1.0, 0.0, 10)
    return Sensitivity(CNN, SweepOptions(), dense, (GroupSensitivity(1, "a", True, 9, points),), 0.0, "here")


ACCURACY, LOSS = metrics_of(made(0.0))


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
    chart = charts.heat_map(sensitivity, sensitivity.groups)
    assert isinstance(chart.data, pd.DataFrame)
    assert list(chart.data["lost"]) == [0.0, 0.25]


def fill(page: Page, name: str) -> str:
    """The colour that the box of that layer is seen in."""
    shape = box(page, name).locator("> .shape")
    return str(shape.evaluate("shape => getComputedStyle(shape).fill"))


def as_rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.browser
def test_a_sweep_survives_switches_and_a_reload_colours_the_drawing_and_hands_its_ratios_on(
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
    box(page, "block1.conv").wait_for(timeout=PATIENCE)
    page.get_by_role("radio", name="0.9").click()
    expect(page.get_by_text("accuracy lost, at ratio 0.9")).to_be_visible(timeout=PATIENCE)
    lost = fill(page, "block1.conv")
    plain = fill(page, "head")
    assert lost not in (plain, as_rgb(Scale(1).colour(0)))
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(500)
    before = camera(page)
    page.get_by_role("radio", name="loss added").click()
    expect(page.get_by_text("loss added, at ratio 0.9")).to_be_visible(timeout=PATIENCE)
    assert fill(page, "block1.conv") != lost
    assert fill(page, "head") == plain
    assert camera(page) == before
    box(page, "block1.conv").click()
    expect(page.get_by_role("link", name="Show block1.conv in the dependency graph")).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_role("link", name="Show block1.conv in the dependency graph").click()
    expect(page.get_by_role("heading", name="Dependency graph")).to_be_visible(timeout=PATIENCE)
    expect(box(page, "block1.conv")).to_have_class(classes("out"), timeout=PATIENCE)
    expect(box(page, "block1.conv")).not_to_have_class(classes("hot"))  # these colours are the other page's
    colour_by(page, "sensitivity")
    expect(box(page, "block1.conv")).to_have_class(classes("hot"), timeout=PATIENCE)
    expect(page.get_by_text("accuracy lost, mean of 9 ratios")).to_be_visible()
    colour_by(page, "groups")
    expect(box(page, "block1.conv")).not_to_have_class(classes("hot"), timeout=PATIENCE)
    expect(page.get_by_text("accuracy lost, mean of 9 ratios")).to_be_hidden()
    page.get_by_role("link", name="Sensitivity", exact=True).click()
    expect(page.get_by_role("button", name="Use these ratios")).to_be_enabled(timeout=PATIENCE)
    page.get_by_role("button", name="Use these ratios").click()
    page.get_by_role("link", name="Applied.").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="DepGraph pruning")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("slider", name="Pruning ratio")).to_have_value("0", timeout=PATIENCE)
    page.get_by_role("link", name="Sensitivity", exact=True).click()
    page.get_by_role("button", name="Measure", exact=True).click(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    expect(page.get_by_text("The run was cancelled.")).to_be_visible(timeout=PATIENCE)
