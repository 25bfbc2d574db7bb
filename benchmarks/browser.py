"""The app in a real browser, for benchmarks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page

from tests.helpers.running import browser_path, chromium, streamlit_server

PATIENCE = 90_000  # ms
BUNDLED = ("mnist-", "digits-")  # how the names of networks that come with trained weights begin


@contextmanager
def browser_page() -> Iterator[tuple[Page, str]]:
    """A page and the app's address; its engines are up before anything is timed."""
    executable = browser_path()
    if executable is None:
        sys.exit("No browser: install Chromium, then run this again.")
    with streamlit_server() as app, chromium(executable) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{app.url}/network")
        page.get_by_text("Where the parameters and MACs are").wait_for(timeout=PATIENCE)
        yield page, app.url


def link(url: str, path: str, network: str) -> str:
    """Address of a page with a network; torchvision's get random weights."""
    weights = "" if network.startswith(BUNDLED) else "&weights=random"
    return f"{url}/{path}{'&' if '?' in path else '?'}network={network}{weights}"


def ready(page: Page, slider: Locator) -> None:
    """Wait until the page is drawn and at rest."""
    slider.wait_for(timeout=PATIENCE)
    page.get_by_test_id("stVegaLiteChart").first.locator("svg").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(3000)
