"""Takes ``page_*.png``: every page as a person sees it, in the system's Chromium."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.running import browser_path, chromium, streamlit_server

FOLDER = Path(__file__).parent
SETTLED = 2500  # milliseconds for charts to draw themselves

VIEWS = {  # picture: link, what is on the page once it is drawn
    "page_network": ("/network?network=digits-resnet", "Where parameters and MACs sit"),
    "page_dependency_graph": ("/dependency_graph?network=resnet50&weights=random&group=2", "21 layers"),
    "page_pytorch_native": (
        "/pytorch_native?network=digits-resnet&native_scope=global&native_amount=0.7",
        "3 · Zeroise",
    ),
    "page_depgraph_pruning": (
        "/depgraph_pruning?network=digits-resnet&scope=global&ratio=0.4",
        "Width of every",
    ),
}


def main() -> None:
    """Take every picture anew."""
    executable = browser_path()
    if executable is None:
        sys.exit("No browser: install Chromium, then run this again.")
    with streamlit_server() as app, chromium(executable) as browser:
        for name, (link, sign) in VIEWS.items():
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            _take(page, f"{app.url}{link}", sign, FOLDER / f"{name}.png")
            page.close()


def _take(page: Page, url: str, sign: str, target: Path) -> None:
    page.goto(url)
    page.get_by_text(sign).first.wait_for(timeout=90_000)
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=target)
    print(f"wrote {target}")
