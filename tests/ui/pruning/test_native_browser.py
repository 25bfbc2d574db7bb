"""The PyTorch native page in a real browser: what only a browser shows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

import explorer
from explorer.engine import calls
from explorer.values import NativeOptions, NetworkSpec, WeightCriterion, Weights, WeightScope
from explorer.words import formats
from tests.helpers.browsing import PATIENCE, metric, search, type_into_table
from tests.helpers.plans import mask_plan
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)
GLOBAL = NativeOptions(scope=WeightScope.GLOBAL)
INNER = "stage2.block0.conv1"


def slider(page: Page) -> Locator:
    """The live slider, once the page is drawn."""
    found = page.get_by_role("slider", name="Amount")
    found.wait_for(timeout=PATIENCE)
    return found


def nonzero(amount: float, options: NativeOptions = GLOBAL) -> str:
    """Non-zeros that the plan leaves, as the page writes them."""
    return formats.count(mask_plan(RESNET, options, amount).nonzero)


def test_figures_charts_and_steps_follow_while_the_slider_is_dragged(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(
        f"{running_app.url}/pytorch_native?network=digits-resnet&native_scope=global&native_amount=0.20"
    )
    box = slider(page).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.2))
    page.get_by_text("3 · Zeroise").wait_for(timeout=PATIENCE)
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    seen, cuts = set(), set()
    for step in range(20, 80, 2):
        page.mouse.move(box["x"] + step / 100 * box["width"], middle)
        page.wait_for_timeout(60)
        seen.add(metric(page, "Non-zeros").inner_text())
        cuts.add(page.get_by_text("the threshold is a score of").inner_text())
    assert len(seen) >= 4  # the button is still down
    assert len(cuts) >= 4
    page.mouse.up()
    amount = float(slider(page).input_value())
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(amount))


def test_apply_says_that_the_masks_are_those_of_the_plan(running_app: RunningApp, page: Page) -> None:
    page.goto(
        f"{running_app.url}/pytorch_native?network=digits-resnet&native_scope=global&native_amount=0.60&native_own=head:0.10"
    )
    slider(page)
    page.get_by_role("button", name="Apply with torch.nn.utils.prune").click()
    page.get_by_text("Time of one forward pass", exact=True).wait_for(timeout=PATIENCE)
    expect(page.get_by_text("Plan = library.")).to_be_visible()
    expect(page.get_by_text("hold a PruningContainer")).to_be_visible()
    options = NativeOptions(scope=WeightScope.GLOBAL, overrides=(("head", 0.1),))
    expect(metric(page, "Non-zeros, once")).to_have_text(nonzero(0.6, options))
    page.reload()
    page.get_by_text("Time of one forward pass", exact=True).wait_for(timeout=PATIENCE)
    expect(slider(page)).to_have_value("0.6")
    expect(page.get_by_text("Results match the current settings: digits-resnet")).to_be_visible()
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_text("the report is on PyTorch native")).to_be_visible(timeout=PATIENCE)


def test_a_ratio_typed_into_the_table_is_in_the_plan_until_it_is_deleted(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(
        f"{running_app.url}/pytorch_native?network=digits-resnet&native_scope=global&native_amount=0.50"
    )
    slider(page)
    page.get_by_text("Per-layer ratios", exact=True).click()
    search(page, "Search layers to override", INNER)
    expect(page.get_by_text(f"1 of {len(calls.maskable_layers(RESNET))} masked layers")).to_be_visible()
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.5))
    type_into_table(page, "own ratio", "0.05")
    planner = explorer.planner(
        explorer.load("digits-resnet"), "native", scope="global", overrides={INNER: 0.05}
    )
    expect(metric(page, "Non-zeros")).to_have_text(formats.count(planner.plan(0.5).nonzero), timeout=PATIENCE)
    expect(page).to_have_url(re.compile(rf"native_own={INNER}(:|%3A)0\.05"))
    slider(page).press("ArrowRight")
    expect(metric(page, "Non-zeros")).to_have_text(formats.count(planner.plan(0.51).nonzero))
    type_into_table(page, "own ratio", None)
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.51))
    expect(page).not_to_have_url(re.compile("native_own"))


def test_every_option_survives_another_page_and_a_reload(running_app: RunningApp, page: Page) -> None:
    link = {
        "network": "digits-resnet",
        "native_criterion": "random",
        "native_scope": "global",
        "native_seed": "3",
        "native_biases": "true",
        "native_amount": "0.60",
        "native_own": f"{INNER}:0.05",
        "native_focus": "head",
    }
    options = NativeOptions(
        criterion=WeightCriterion.RANDOM,
        scope=WeightScope.GLOBAL,
        seed=3,
        biases=True,
        overrides=((INNER, 0.05),),
    )
    page.goto(f"{running_app.url}/pytorch_native?" + "&".join(f"{k}={v}" for k, v in link.items()))
    slider(page)
    expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.6, options))
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_role("heading", name="digits-resnet")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="PyTorch native").click()
    for _ in range(2):
        expect(slider(page)).to_have_value("0.6", timeout=PATIENCE)
        expect(metric(page, "Non-zeros")).to_have_text(nonzero(0.6, options))
        for name, value in link.items():
            expect(page).to_have_url(re.compile(rf"[?&]{name}={value.replace(':', '(:|%3A)')}(&|$)"))
        page.reload()
