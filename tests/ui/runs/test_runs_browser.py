"""The page Runs in a browser: a row that is clicked, its network pruned again, and the way back to its settings."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from explorer.exports.project import text
from explorer.process.folder import Folder
from explorer.values import places
from explorer.values.project import Project, Wanted
from tests.helpers.kept import PROJECT, PRUNED, TRAINED
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser
AGAIN = "digits-cnn, pruned 0.50 (run 1)"


def test_a_row_is_clicked_its_network_pruned_again_and_its_settings_open_in_the_same_tab(
    running_app: RunningApp, page: Page
) -> None:
    first = replace(PRUNED, wanted=Wanted("depgraph", {"round_to": 4}, 0.25))
    held = Project((first, replace(TRAINED, name="second"), *PROJECT.runs[2:]))
    Folder(places.kept_folder() / "projects", 9, 1 << 20).write("clicked", text(held))
    page.goto(f"{running_app.url}/runs?network=digits-cnn&project=clicked")
    pick_first_row(page)
    page.get_by_role("button", name="Prune again from here").click()
    expect(page.get_by_text("is in the picker, and every page takes it")).to_be_visible(timeout=60_000)
    expect(page).to_have_url(re.compile("pruned"), timeout=30_000)
    left = page.url
    page.get_by_role("link", name="Start again with these settings").click()
    expect(page.get_by_text("Also set: round to 4.")).to_be_visible(timeout=60_000)
    assert page.context.pages == [page]
    link = urlsplit(page.url)
    assert link.path == "/depgraph_pruning"
    assert {name: parse_qs(link.query)[name] for name in ("ratio", "project")} == {
        "ratio": ["0.25"],
        "project": ["clicked"],
    }
    page.goto(left)  # as a reload does
    expect(page.get_by_role("combobox", name="Network")).to_have_value(AGAIN, timeout=60_000)
    expect(page.get_by_text("Pages count and judge against this network")).to_be_visible(timeout=30_000)


def pick_first_row(page: Page) -> None:
    """Click the mark before it until the table takes that: what it draws on is there before its rows are."""
    table, name = page.get_by_test_id("stDataFrame").first, page.get_by_label("Name")
    expect(name).to_be_visible(timeout=60_000)
    for _ in range(15):
        box = table.bounding_box()
        assert box
        page.mouse.click(box["x"] + 15, box["y"] + 35 + 17)
        with suppress(AssertionError):
            expect(name).to_have_value("first", timeout=4_000)
            return
    expect(name).to_have_value("first")
