"""What a person waits for, in a real browser: pick -> drawn, click -> lit, and redraws while dragging."""

from __future__ import annotations

import statistics
import sys
import time

from playwright.sync_api import Page

from tests.running import browser_path, chromium, streamlit_server

NETWORKS = ("digits-resnet", "resnet50", "densenet121")
PICKS, CLICKS = 3, 15

DRAWN = "[data-box]"
CLICK_TO_FRAME = """(box) => new Promise((done) => {
  const start = performance.now();
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, detail: 1 }));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""
DRAG_SECONDS = 3.0


def main() -> None:
    """Print one row a network."""
    executable = browser_path()
    if executable is None:
        sys.exit("No browser: install Chromium, then run this again.")
    print(
        "\n| network | pick → drawn, first s | again s | click → second frame ms | redraws a second while dragging |"
    )
    print("|---|---|---|---|---|")
    with streamlit_server() as app, chromium(executable) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(app.url)  # engines are up before anything is timed
        page.get_by_text("Where parameters and MACs sit").wait_for(timeout=90_000)
        for name in NETWORKS:
            drawn = [_pick_to_drawn(page, app.url, name) for _ in range(PICKS)]
            lit = statistics.median(_click_to_frame(page) for _ in range(CLICKS))
            redraws = _redraws(page, app.url, name)
            print(
                f"| {name} | {drawn[0]:.1f} | {statistics.median(drawn[1:]):.1f} | {lit:.0f} | {redraws:.1f} |",
                flush=True,
            )


def _pick_to_drawn(page: Page, url: str, name: str) -> float:
    """Seconds from opening the link to the drawing, with nothing kept in the browser."""
    page.goto("about:blank")
    start = time.perf_counter()
    page.goto(f"{url}/dependency_graph?network={name}{_weights(name)}")
    page.locator(DRAWN).first.wait_for(timeout=90_000)
    return time.perf_counter() - start


def _weights(name: str) -> str:
    return "" if name.startswith("digits-") else "&weights=random"


def _click_to_frame(page: Page) -> float:
    boxes = page.locator(DRAWN)
    box = boxes.nth(int(time.perf_counter() * 1000) % boxes.count())
    return float(box.evaluate(CLICK_TO_FRAME))


def _redraws(page: Page, url: str, name: str) -> float:
    """How often the exact counts change on screen while the slider is dragged from end to end."""
    page.goto(f"{url}/depgraph_pruning?network={name}{_weights(name)}")
    slider = page.get_by_role("slider", name="Pruning ratio")
    slider.wait_for(timeout=90_000)
    page.wait_for_timeout(3000)
    figure = page.get_by_test_id("stMetricValue").first
    seen, area = set(), slider.bounding_box()
    assert area is not None
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + 4, middle)
    page.mouse.down()
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < DRAG_SECONDS:
        page.mouse.move(area["x"] + 4 + (area["width"] - 8) * elapsed / DRAG_SECONDS, middle)
        seen.add(figure.inner_text())
    page.mouse.up()
    return len(seen) / DRAG_SECONDS
