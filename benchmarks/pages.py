"""What a person waits for, in a real browser: pick -> drawn, click -> lit."""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Page

from benchmarks.browser import PATIENCE, browser_page, link
from benchmarks.measuring import title

NETWORKS = ("digits-resnet", "resnet50", "densenet121")
PICKS, CLICKS = 3, 15

DRAWN = "[data-box]"
CLICK_TO_FRAME = """(box) => new Promise((done) => {
  const start = performance.now();
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, detail: 1 }));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""


def main() -> None:
    """Print one row a network."""
    title(
        f"Medians of {PICKS} picks and {CLICKS} clicks on the dependency graph",
        "network",
        "pick → drawn, first s",
        "again s",
        "click → second frame ms",
    )
    with browser_page() as (page, url):
        for name in NETWORKS:
            drawn = [_pick_to_drawn(page, url, name) for _ in range(PICKS)]
            lit = statistics.median(_click_to_frame(page) for _ in range(CLICKS))
            print(f"| {name} | {drawn[0]:.1f} | {statistics.median(drawn[1:]):.1f} | {lit:.0f} |", flush=True)


def _pick_to_drawn(page: Page, url: str, name: str) -> float:
    """Seconds from opening the link to the drawing, with nothing kept in the browser."""
    page.goto("about:blank")
    start = time.perf_counter()
    page.goto(link(url, "dependency_graph", name))
    page.locator(DRAWN).first.wait_for(timeout=PATIENCE)
    return time.perf_counter() - start


def _click_to_frame(page: Page) -> float:
    boxes = page.locator(DRAWN)
    box = boxes.nth(int(time.perf_counter() * 1000) % boxes.count())
    return float(box.evaluate(CLICK_TO_FRAME))
