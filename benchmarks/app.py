"""What the hand feels, in a real browser: slider released -> redrawn, and redraws while it is dragged."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from benchmarks.browser import BUNDLED, browser_page, link, ready
from benchmarks.measuring import percentile, title

NETWORKS = ("mnist-resnet", "resnet50")
RELEASES = 24
DRAG_SECONDS = 4.0
MOST = 3000  # ms that one redraw may take
FRAME = 16  # ms, about as often as a screen is drawn
QUIET = 400  # ms without another
THUMB = 20  # px, 1.25 rem

# Notes when what is drawn beside the figures (bars or boxes, some in a component's shadow), the counts, and how well
# the network does were drawn with a change, and when the slider was let go. It looks only after changes: looking takes
# the time of what it looks at. That a network does as well at the next position shows by the position told with it.
WATCH = """() => {
  const screen = document.querySelector(".st-key-plan_screen");
  const shadows = [...screen.querySelectorAll("*")].flatMap((element) => element.shadowRoot ?? []);
  const drawn = [screen, ...shadows.filter((shadow) => shadow.querySelector(".tint, .bar"))];
  const state = () => drawn.flatMap((root) => [...root.querySelectorAll(".mark-rect path, .tint, .bar")])
    .map((part) => ["d", "width", "style"].map((name) => part.getAttribute(name)).join()).join();
  const text = (card) => document.querySelector(`.st-key-${card}`).textContent;
  const looks = { charts: state, counts: () => text("plan_figures"), judged: () => text("plan_accuracy") };
  const last = Object.fromEntries(Object.entries(looks).map(([what, look]) => [what, look()]));
  window.seen = { charts: [], counts: [], judged: [], released: 0 };
  let waits = false;
  const look = () => {
    waits = false;
    const now = performance.now();
    for (const [what, shown] of Object.entries(looks)) {
      const found = shown();
      if (found !== last[what]) window.seen[what].push(now);
      last[what] = found;
    }
  };
  const changed = new MutationObserver(() => {
    if (!waits) requestAnimationFrame(look);
    waits = true;
  });
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  for (const root of drawn) changed.observe(root, all);
  window.addEventListener("pointerup", () => { window.seen.released = performance.now(); }, true);
}"""
FORGET = "() => Object.assign(window.seen, { charts: [], counts: [], judged: [], released: 0 })"
REDRAWN = f"""() => new Promise((done) => {{
  const start = performance.now();
  const look = () => {{
    const {{ charts, counts, judged, released }} = window.seen;
    const [shown, measured] = [Math.max(counts.at(-1) ?? 0, charts.at(-1) ?? 0), judged.at(-1)];
    const now = performance.now();
    const settled = shown && now - Math.max(shown, measured ?? 0) > {QUIET};
    if (settled || now - start > {MOST}) done([shown, measured].map((at) => (at ? at - released : null)));
    else setTimeout(look, 20);
  }};
  look();
}})"""


@dataclass(frozen=True)
class LivePage:
    """A page with a live slider."""

    path: str
    slider: str
    title: str


PAGES = (
    LivePage("depgraph_pruning", "Pruning ratio", "DepGraph"),
    LivePage("pytorch_native", "Amount", "PyTorch native, by layer"),
    LivePage("pytorch_native?native_scope=global", "Amount", "PyTorch native, global"),
    LivePage("sparseml", "Final sparsity", "SparseML"),
)


def main() -> None:
    """Print one row for each page and network."""
    title(
        f"Slider released → redrawn, {RELEASES} releases, and redraws a second in a drag of {DRAG_SECONDS:g} s: "
        "counts with the chart beside them, and accuracies",
        "page",
        "network",
        "counts, median ms",
        "95th percentile",
        "accuracies, median ms",
        "95th percentile",
        "counts a second",
        "accuracies a second",
    )
    with browser_page() as (page, url):
        for live in PAGES:
            for name in NETWORKS:
                print(
                    _row(page, live, link(url, live.path, name), name.startswith(BUNDLED), name), flush=True
                )


def _row(page: Page, live: LivePage, address: str, is_judged: bool, name: str) -> str:
    page.goto(address)
    slider = page.get_by_role("slider", name=live.slider)
    ready(page, slider)
    page.evaluate(WATCH)
    taken = [_release_to_redraw(page, slider, _share(turn)) for turn in range(RELEASES)]
    counted, judged = _redraws(page, slider)
    counts = _times([shown for shown, _ in taken])
    accuracies = _times([measured for _, measured in taken if measured]) if is_judged else "random weights |"
    rates = f"{counted:.1f} | {f'{judged:.1f}' if is_judged else ''}"
    return f"| {live.title} | {name} | {counts} | {accuracies} | {rates} |"


def _times(taken: list[float]) -> str:
    return f"{statistics.median(taken):.0f} | {percentile(taken, 0.95):.0f}"


def _share(turn: int) -> float:
    """A place far from the last one, never the same."""
    return (0.2 if turn % 2 else 0.6) + turn / 100


def _release_to_redraw(page: Page, slider: Locator, share: float) -> tuple[float, float | None]:
    """Milliseconds from letting go of the slider until counts and chart, and accuracies, show its last value."""
    page.mouse.move(*_place(slider, _held(slider)))
    page.mouse.down()
    page.evaluate(FORGET)
    page.mouse.move(*_place(slider, share))
    page.mouse.up()
    shown, measured = page.evaluate(REDRAWN)
    if shown is None:
        raise TimeoutError(f"The counts were not redrawn within {MOST} ms.")
    return shown, measured


def _redraws(page: Page, slider: Locator) -> tuple[float, float]:
    """How often counts and chart, and accuracies, change in a second while the slider is dragged from end to end."""
    page.mouse.move(*_place(slider, _held(slider)))
    page.mouse.down()
    page.mouse.move(*_place(slider, 0.0))
    page.wait_for_timeout(1000)
    page.evaluate(FORGET)
    (left, height), (right, _) = _place(slider, 0.0), _place(slider, 1.0)
    start = time.perf_counter()
    while (share := (time.perf_counter() - start) / DRAG_SECONDS) < 1:  # a hand does not wait for the page
        page.mouse.move(left + share * (right - left), height)
        page.wait_for_timeout(FRAME)
    seen, seconds = page.evaluate("() => window.seen"), time.perf_counter() - start
    page.mouse.up()
    return min(len(seen["charts"]), len(seen["counts"])) / seconds, len(seen["judged"]) / seconds


def _held(slider: Locator) -> float:
    """The slider's value as a share of its length."""
    return float(slider.input_value()) / float(slider.get_attribute("max") or 1)


def _place(slider: Locator, share: float) -> tuple[float, float]:
    """Where the thumb's middle is on screen when the slider stands at `share`."""
    area = slider.bounding_box()
    assert area is not None
    return area["x"] + THUMB / 2 + share * (area["width"] - THUMB), area["y"] + area["height"] / 2
