"""Takes ``page_*.png``: every page as a person sees it, in the system's Chromium."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from tests.helpers.running import browser_path, chromium, streamlit_server

FOLDER = Path(__file__).parent
SETTLED = 2500  # milliseconds for charts to draw themselves
RUN = 300_000  # milliseconds that a run may take


class View(NamedTuple):
    """What a picture shows."""

    link: str
    drawn: str  # what is on the page once it is drawn
    run: str = ""  # the button that starts a run
    result: str = ""  # what the run's result is called; scrolled to
    then: str = ""  # the page that is opened after the run


VIEWS = {  # by picture
    "page_overview": View("/overview?network=mnist-resnet", "Take the walk"),
    "page_network": View("/network?network=mnist-resnet", "Open a line for its evidence"),
    "page_dependency_graph": View("/dependency_graph?network=resnet50&weights=random&group=2", "21 layers"),
    "page_pytorch_native": View(
        "/pytorch_native?network=mnist-resnet&native_scope=global&native_amount=0.7", "3 · Zeroise"
    ),
    "page_depgraph_pruning": View(
        "/depgraph_pruning?network=mnist-resnet&scope=global&ratio=0.3", "Width of every"
    ),
    "page_sparseml": View("/sparseml?network=digits-resnet", "Zeros in every layer"),
    "page_sensitivity": View(
        "/sensitivity?network=digits-mobilenet", "Measure", "Measure", "One group at a time"
    ),
    "page_behaviour": View("/behaviour?network=mnist-resnet&ratio=0.3", "Test images whose answer flips"),
    "page_savings": View(
        "/depgraph_pruning?network=digits-resnet&ratio=0.3",
        "Width of every",
        "Apply with Torch-Pruning",
        "Time of one forward pass",
        "What it saves",
    ),
    "page_compare": View(
        "/compare?network=digits-resnet",
        "Measured side by side",
        "Prune with the libraries and measure",
        "Which one for which goal",
    ),
    "page_profile": View("/profile?network=digits-resnet", "Profile", "Profile", "Why"),
}


def main() -> None:
    """Take every picture anew."""
    executable = browser_path()
    if executable is None:
        sys.exit("No browser: install Chromium, then run this again.")
    with streamlit_server() as app, chromium(executable) as browser:
        for name, view in VIEWS.items():
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            _take(page, app.url, view, FOLDER / f"{name}.png")
            page.close()


def _take(page: Page, url: str, view: View, target: Path) -> None:
    page.goto(f"{url}{view.link}")
    page.get_by_text(view.drawn).first.wait_for(timeout=90_000)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=90_000)
    if page.locator(".stage").count():  # a drawing comes after the text around it
        page.locator(".stage .box").first.wait_for(timeout=90_000)
    page.wait_for_timeout(SETTLED)
    if view.run:
        page.get_by_role("button", name=view.run, exact=True).click()
        result = page.get_by_test_id("stMain").get_by_text(view.result, exact=True).first
        result.wait_for(timeout=RUN)
        page.wait_for_timeout(SETTLED)
        if view.then:
            page.get_by_role("link", name=view.then, exact=True).first.click()
            result = page.get_by_role("heading", name=view.then, level=1)
            result.wait_for(timeout=90_000)
            page.wait_for_timeout(SETTLED)
        result.evaluate("element => element.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(SETTLED)
    page.screenshot(path=target)
    print(f"wrote {target}")
