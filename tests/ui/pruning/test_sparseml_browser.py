"""The SparseML page in a real browser: what only a browser shows, and runs that end well and badly."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.process import island
from explorer.values import NetworkSpec, SparseOptions, Weights
from explorer.words import formats
from tests.helpers.browsing import PATIENCE, metric
from tests.helpers.plans import recipe_plan
from tests.helpers.running import RunningApp

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(island.why_missing()), reason=island.why_missing() or "SparseML is set up"),
]

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)
SHORT = SparseOptions(end_epoch=1.5, epochs=2.0)
LINK = "sparseml?network=digits-resnet&sparse_end_epoch=1.5&sparse_epochs=2&sparse_open=true"


def slider(page: Page) -> Locator:
    """The live slider, once the page is drawn."""
    found = page.get_by_role("slider", name="Final sparsity")
    found.wait_for(timeout=PATIENCE)
    return found


def recipe(page: Page) -> Locator:
    """The recipe beside the widgets."""
    return page.get_by_role("textbox", name="Recipe")


def nonzero(sparsity: float, options: SparseOptions = SHORT) -> str:
    """Non-zeros that the plan leaves, as the page writes them."""
    plan = recipe_plan(RESNET, replace(options, final_sparsity=sparsity))
    return formats.count(plan.nonzero)


def run(page: Page, how: str = "training") -> None:
    """Press the button and wait until the run is under way."""
    page.get_by_test_id("stButtonGroup").get_by_role("radio", name=how).click()
    page.get_by_role("button", name="Run the recipe").click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)


def diamonds(page: Page) -> Locator:
    """The measured points that the first chart of a run tells a screen reader."""
    charts = page.locator(".st-key-sparse_curves").get_by_test_id("stVegaLiteChart")
    return charts.first.locator("path[aria-label*='what: measured']")


def worker_of(app: RunningApp) -> psutil.Process:
    """The process of the server that runs the recipe; another one only reads recipes."""
    workers = [
        child
        for child in psutil.Process(app.pid).children(recursive=True)
        if "explorer.engine.island_answers" in child.cmdline()
    ]
    return max(workers, key=lambda process: process.create_time())


def test_recipe_figures_and_charts_follow_while_the_slider_is_dragged(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/{LINK}&sparse_final_sparsity=0.20")
    box = slider(page).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.2))
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    figures, recipes, heights = set(), set(), set()
    for step in range(20, 80, 2):
        page.mouse.move(box["x"] + step / 100 * box["width"], middle)
        page.wait_for_timeout(60)
        figures.add(metric(page, "Non-zeros").inner_text())
        recipes.add(recipe(page).input_value())
        heights.add(page.get_by_role("heading", name="Run with SparseML").evaluate("h => h.offsetTop"))
    assert len(figures) >= 4  # the button is still down
    assert len(recipes) >= 4
    assert len(heights) == 1  # nothing jumps
    page.mouse.up()
    sparsity = float(slider(page).input_value())
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(sparsity))
    expect(recipe(page)).to_have_value(re.compile(f"final_sparsity: {sparsity:g}\n"))
    expect(page).to_have_url(re.compile(f"sparse_final_sparsity={sparsity:.2f}"))


def test_the_slider_and_the_link_follow_an_edited_recipe(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/{LINK}&sparse_final_sparsity=0.30")
    slider(page)
    edited = recipe(page).input_value().replace("final_sparsity: 0.3", "final_sparsity: 0.65")
    recipe(page).fill(edited.replace("inter_func: cubic", "inter_func: linear"))
    page.get_by_role("button", name="Use this recipe", exact=True).click()
    expect(slider(page)).to_have_value("0.65", timeout=PATIENCE)
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.65))
    expect(page).to_have_url(re.compile("sparse_final_sparsity=0.65"))
    expect(page).to_have_url(re.compile("sparse_interpolation=linear"))
    page.reload()
    expect(slider(page)).to_have_value("0.65")
    expect(recipe(page)).to_have_value(re.compile("inter_func: linear"))


def test_a_training_run_is_watched_found_again_after_a_reload_and_reported(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/{LINK}&sparse_final_sparsity=0.50")
    slider(page)
    run(page)
    expect(page).to_have_url(re.compile("runs="))
    page.reload()
    diamonds(page).first.wait_for(timeout=PATIENCE)
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_text("Pruned digits-resnet")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="SparseML").click()
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Results match the current settings: digits-resnet")).to_be_visible()
    expect(diamonds(page)).to_have_count(3)  # before the first epoch, and after each of two
    measured = page.locator(".st-key-report_counts").get_by_test_id("stMetricValue").first
    expect(measured).to_have_text(nonzero(0.5))


def test_one_shot_gives_the_plan_and_is_not_older_than_the_slider_says(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/{LINK}&sparse_final_sparsity=0.70")
    slider(page)
    run(page, "one-shot")
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
    measured = page.locator(".st-key-report_counts").get_by_test_id("stMetricValue").first
    expect(measured).to_have_text(nonzero(0.7))
    slider(page).press("ArrowRight")
    expect(page.get_by_text("Older settings.")).to_be_visible()


def test_a_killed_run_leaves_a_message_its_curve_and_a_working_page(
    fresh_app: RunningApp, page: Page
) -> None:
    page.goto(f"{fresh_app.url}/sparseml?network=digits-resnet&sparse_epochs=60&sparse_end_epoch=50")
    slider(page)
    run(page)
    expect(diamonds(page).nth(1)).to_be_attached(timeout=PATIENCE)
    os.kill(worker_of(fresh_app).pid, signal.SIGKILL)
    message = page.get_by_test_id("stAlert").filter(has_text="killed")
    expect(message).to_contain_text("Start the run again.", timeout=PATIENCE)
    expect(diamonds(page).nth(1)).to_be_attached(timeout=PATIENCE)  # drawn anew with the message
    slider(page).press("ArrowLeft")
    long = replace(SHORT, epochs=60.0, end_epoch=50.0)
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.79, long))
    run(page, "one-shot")
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
