"""Fine-tuning in a real browser: what only a browser shows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.helpers.browsing import PATIENCE, apply, slider
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser


def points(page: Page) -> Locator:
    """What has been drawn of the loss so far: a mark for each point of the curve."""
    return page.locator(".st-key-training_charts .mark-symbol path[aria-label*='loss']")


def test_fine_tuning_is_seen_live_survives_a_page_switch_and_a_reload_and_joins_the_history(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-cnn&ratio=0.70&epochs=70")
    slider(page)
    apply(page)
    page.get_by_role("button", name="Fine-tune").click()
    page.get_by_text("Training loss").wait_for(timeout=PATIENCE)
    expect(points(page).nth(2)).to_be_attached(timeout=PATIENCE)
    before = points(page).count()
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_text("Fine-tuning digits-cnn")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="DepGraph pruning").click()
    expect(points(page).nth(before)).to_be_attached(timeout=PATIENCE)  # it went on meanwhile
    expect(page).to_have_url(re.compile(r"runs=[^&]+\."))
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.reload()
    page.get_by_text("Accuracy, step by step").wait_for(timeout=PATIENCE)
    expect(page.get_by_text("70 epochs at a learning rate of 0.002 took")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_test_id("stDownloadButton").filter(has_text="Download as CSV").click()
    lines = file.value.path().read_text("utf-8").splitlines()
    assert len(lines) == 1 + 2  # Apply and fine-tuning, found again after the reload
    assert "70 epochs at 0.002" in lines[1]


def test_a_cancelled_fine_tuning_keeps_its_curve(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-cnn&ratio=0.50&epochs=200")
    slider(page)
    apply(page)
    page.get_by_role("button", name="Fine-tune").click()
    expect(points(page).nth(2)).to_be_attached(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The run was cancelled. Fine-tune starts it again.")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.get_by_text("The run stopped")).to_be_visible()
    expect(points(page).nth(2)).to_be_attached()
