"""What tests do in a browser: wait for a page, read it, and use it as a person does."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Locator, Page, expect

from explorer.values import ChannelOptions, NetworkSpec, Weights
from explorer.words import formats
from tests.helpers.plans import channel_plan

PATIENCE = 90_000  # ms; the first page of a server waits for the engine to import torch
RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)


def slider(page: Page) -> Locator:
    """The live slider, once the page is drawn."""
    found = page.get_by_role("slider", name="Pruning ratio")
    found.wait_for(timeout=PATIENCE)
    return found


def metric(page: Page, label: str) -> Locator:
    """The value under that label; the first one where the report repeats it."""
    named = page.locator("[data-testid=stMetricLabel], .label").filter(has_text=label)
    figure = page.locator("[data-testid=stMetric], .plan-figure").filter(has=named).first
    return figure.locator("[data-testid=stMetricValue], .value")


def planned(ratio: float, options: ChannelOptions | None = None, spec: NetworkSpec = RESNET) -> str:
    """Parameters that the plan leaves, as the page writes them."""
    return formats.count(channel_plan(spec, options or ChannelOptions(), ratio).params)


def expect_in_address(page: Page, settings: Mapping[str, str]) -> None:
    """Wait until the address carries settings as they are written in links; it follows a moment after the page."""
    for name, value in settings.items():
        told = re.escape(value).replace(":", "(:|%3A)")
        expect(page).to_have_url(re.compile(rf"[?&]{name}={told}(&|$)"))


def apply(page: Page) -> None:
    """Press Apply and wait for the report."""
    page.get_by_role("button", name="Apply with Torch-Pruning").click()
    page.get_by_text("Output shape").wait_for(timeout=PATIENCE)


def search(page: Page, label: str, words: str) -> None:
    """Leave what has these words in a table."""
    field = page.get_by_role("textbox", name=label)
    field.fill(words)
    field.press("Enter")


def type_into_table(page: Page, column: str, text: str | None) -> None:
    """Type into the first row of the table that can be edited; None: empty the cell."""
    page.wait_for_timeout(500)  # what fell behind a slider is asked for once that rests
    page.locator("[data-test-script-state=notRunning]").wait_for(
        timeout=PATIENCE
    )  # each edit makes a new table
    table = page.get_by_test_id("data-grid-canvas").filter(has=page.locator("td[aria-readonly=false]")).first
    place = int(table.locator("th", has_text=column).get_attribute("aria-colindex") or 0)
    table.click(
        position={"x": 20, "y": 50}, force=True
    )  # the first cell; what scrolls lies above the drawing
    expect(table).to_be_focused()  # or the keys go to what had the focus before
    for _ in range(1, place):
        page.keyboard.press("ArrowRight")
    if text is None:
        page.keyboard.press("Delete")
        return
    page.keyboard.press("Enter")
    editor = page.locator("#portal input")  # laid over the cell
    editor.fill(text)
    editor.press("Enter")
