"""What tests look up in the drawing of a dependency graph, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

from tests.helpers.browsing import PATIENCE

# How full each box is that is filled by the channels left, by its layer's name.
FULL = """drawn => Object.fromEntries([...drawn.querySelectorAll(".counted")].map(box => {
  const [shape, tint] = [".shape", ".tint"].map(part => box.querySelector(part).getBoundingClientRect().width);
  return [box.querySelector("title").textContent.split(":")[0], tint / shape];
}))"""


def box(page: Page, name: str) -> Locator:
    """The box whose first layer has that name."""
    return page.locator(f'.stage .box[aria-label^="{name},"]')


def camera(page: Page) -> str:
    return page.locator(".stage .camera").get_attribute("transform") or ""


def colour_by(page: Page, what: str) -> None:
    """Choose what the colours of the dependency graph stand for."""
    page.get_by_role("combobox", name="Colour by").click(timeout=PATIENCE)
    page.get_by_role("option", name=f"Colour by {what}", exact=True).click()


def classes(name: str) -> re.Pattern[str]:
    return re.compile(rf"(^|\s){name}(\s|$)")
