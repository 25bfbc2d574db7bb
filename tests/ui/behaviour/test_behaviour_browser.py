"""A person draws a digit: both networks answer while the pen is down, and while the slider moves."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.browsing import PATIENCE, metric, slider
from tests.helpers.running import RunningApp

IS_EMPTY = "pad => !pad.getContext('2d').getImageData(0, 0, pad.width, pad.height).data.some(Boolean)"
SEVEN = ((0.3, 0.25), (0.7, 0.25), (0.5, 0.85))  # of the pad's sides


@pytest.mark.browser
def test_a_drawn_seven_is_answered_by_both_networks(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/behaviour?network=mnist-resnet&ratio=0.00&behaviour_view=Draw+a+digit")
    pad = page.get_by_role("img", name="Pad to draw a digit on")
    pad.wait_for(timeout=PATIENCE)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    corners = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in SEVEN]
    page.mouse.move(*corners[0])
    page.mouse.down(button="right")
    page.mouse.move(*corners[1])
    page.mouse.up(button="right")
    assert pad.evaluate(IS_EMPTY)  # the main button alone draws
    page.mouse.move(*corners[0])
    page.mouse.down()
    assert not pad.evaluate(IS_EMPTY)  # a dot
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=10)
    dense, pruned = metric(page, "Dense says"), metric(page, "Pruned says")
    expect(pruned).to_have_text("7", timeout=PATIENCE)  # the pen is still down
    page.mouse.up()
    expect(dense).to_have_text("7")
    surely = page.get_by_test_id("stMetric").filter(has_text="Pruned says").get_by_test_id("stMetricDelta")
    before = surely.inner_text()
    slider(page).fill("0.9")
    expect(surely).not_to_have_text(before)
    expect(dense).to_have_text("7")
    page.get_by_role("button", name="3", exact=True).click()
    expect(dense).to_have_text("3")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Draw a digit on the pad")).to_be_visible()
    expect(page).to_have_url(re.compile(r"ratio=0\.90"))
