"""The walk in a real browser, from the overview to what a run saved; and the overview's picture."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.browsing import PATIENCE, slider
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser

FILLS = "all => all.map(one => getComputedStyle(one).transform)"


def step(page: Page, number: int, heading: str) -> None:
    """Wait until the live page of a step stands below the strip."""
    expect(page.get_by_text(f"{number} of 6 · ")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(rf"[?&]story={number}\b"), timeout=PATIENCE)


def following(page: Page) -> None:
    page.get_by_role("link", name="Next", exact=True).click()


def test_the_walk_leads_from_layers_to_what_was_saved(running_app: RunningApp, page: Page) -> None:
    page.goto(running_app.url)
    page.get_by_role("link", name="Take the walk").click(timeout=PATIENCE)
    step(page, 1, "Network")
    following(page)
    step(page, 2, "Dependency graph")
    expect(page.get_by_text("group 2 · 32 channels · 9 layers").first).to_be_visible(timeout=PATIENCE)
    following(page)
    step(page, 3, "DepGraph pruning")
    expect(slider(page)).to_have_value("0.5")
    page.get_by_role("button", name="Apply with Torch-Pruning").click()
    page.get_by_role("button", name="Fine-tune", exact=True).wait_for(timeout=PATIENCE)
    following(page)
    step(page, 4, "DepGraph pruning")
    page.get_by_role("spinbutton", name="Epochs", exact=True).fill("1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(page.get_by_text("After fine-tuning, the pruned network reaches")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_text("4 of 6 · ")).to_have_count(0, timeout=PATIENCE)
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("link", name="Continue the walk at step 4").click(timeout=PATIENCE)
    step(page, 4, "DepGraph pruning")
    following(page)
    step(page, 5, "Compare")
    following(page)
    step(page, 6, "What it saves")
    expect(page.get_by_role("heading", name="of the file size")).to_have_text(
        re.compile(r"^Accuracy .+, 26 % of the file size, .+ on this machine\.$")
    )
    page.get_by_role("button", name="Evidence").click()
    measured = page.get_by_role("row").filter(has_text="one forward pass, pruned")
    expect(measured).to_contain_text(re.compile(r"\d\s(µ|m)s–\d.*measured"))


def test_the_picture_moves_unless_it_is_paused_or_motion_is_unwelcome(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/overview")
    fills = page.locator(".shrinking b")
    fills.first.wait_for(timeout=PATIENCE)

    def moves() -> bool:
        before = fills.evaluate_all(FILLS)
        page.wait_for_timeout(300)
        return bool(fills.evaluate_all(FILLS) != before)

    page.wait_for_timeout(500)
    assert moves()
    page.get_by_label("Pause").check()
    assert not moves()
    page.get_by_label("Pause").uncheck()
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    fills.first.wait_for(timeout=PATIENCE)
    assert not moves()
    offset = "it => it.getBoundingClientRect().y - it.parentElement.getBoundingClientRect().y"
    assert abs(page.locator(".shrinking dl").filter(has_text="0.50").evaluate(offset)) < 1  # pixels
