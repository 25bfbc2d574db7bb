"""axe-core on every page, light and dark: names, roles, headings, tables and contrasts that a reader relies on."""

from __future__ import annotations

import itertools
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from explorer.ui.shell import frame
from tests.helpers.browsing import PATIENCE
from tests.helpers.running import RunningApp

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # some 28 readings of whole pages

# What Streamlit draws, and neither a theme nor a label can mend: by rule, where it is, and why it stays.
NOT_OURS = {
    "list": ("[data-testid=stSidebarNavItems]", "a list, whose parts Streamlit wraps in a div each"),
    "listitem": ("[data-testid=stSidebarNavItems] li", "its items stand in those divs"),
}
LINKS = [*(name for name in frame.PAGES if name != "dependency_graph"), "dependency_graph?group=2"]
PAPER: dict[Literal["light", "dark"], str] = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 22, 28)"}
SCREEN: ViewportSize = {"width": 1440, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
ZOOMED: ViewportSize = {"width": 720, "height": 450}  # 1440×900 at 200 %
# The structure is the same in both themes: in the dark only contrasts are read again.
RULES = {"light": None, "dark": ["color-contrast"]}
READ = """async ([runOnly, notOurs]) => {
  const options = { resultTypes: ["violations"], elementRef: true, ...(runOnly && { runOnly }) };
  const { violations } = await axe.run(document, options);
  const met = violations.flatMap(({ id, nodes }) => nodes.map(node => ({ id, node })));
  const isOurs = ({ id, node }) => !(id in notOurs && node.element.matches(notOurs[id][0]));
  return {
    ours: met.filter(isOurs).map(({ id, node }) => `${id}: ${node.html} ${node.failureSummary}`),
    others: met.filter(one => !isOurs(one)).map(({ id }) => id),
  };
}"""

HIDDEN = """() => [...document.querySelectorAll("[data-testid=stMain] [role=radiogroup]")]
  .filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"""

# What is too faint on a band, the less favourable ground of boxes; axe cannot tell the contrasts of stacked shapes.
FAINT = """(stage, [which, of, least]) => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const light = (...paints) => {
    for (const [colour, alpha] of paints) {
      [pen.fillStyle, pen.globalAlpha] = [colour, alpha];
      pen.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map(value => value / 255)
      .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const band = [getComputedStyle(stage).getPropertyValue("--band"), 1];
  const opacity = one => one === stage ? 1 : getComputedStyle(one).opacity * opacity(one.parentElement);
  const contrast = one => {
    const style = getComputedStyle(one);
    const two = [light(band), light(band, [style[of], style[of + "Opacity"] * opacity(one)])];
    return Math.max(...two) / Math.min(...two);
  };
  const drawn = [...stage.querySelectorAll(which)].filter(one => one.checkVisibility());
  return [drawn.length, drawn.filter(one => contrast(one) < least).map(one => `${contrast(one)}: ${one.outerHTML}`)];
}"""
DRAWN = ((".box .shape", "stroke", 3.0), (".line .run", "stroke", 3.0), ("text", "fill", 4.5))


def opened(page: Page, url: str) -> None:
    """Go there, and wait until everything is drawn."""
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)
    expect(page.locator(".live-slider.empty")).to_have_count(0)


def turn(page: Page, theme: Literal["light", "dark"]) -> None:
    """Have the page drawn as a reader's system asks for."""
    page.emulate_media(color_scheme=theme)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", PAPER[theme])


def test_axe_finds_nothing_on_any_page_and_all_fit_a_phone(running_app: RunningApp, page: Page) -> None:
    ours: list[str] = []
    others: set[str] = set()
    for link in LINKS:
        opened(page, f"{running_app.url}/{link}")
        page.evaluate(Axe().axe_script)
        for theme in PAPER:
            turn(page, theme)
            read = page.evaluate(READ, [RULES[theme], NOT_OURS])
            ours += [f"{link}, {theme}: {one}" for one in read["ours"]]
            others |= set(read["others"])
        page.set_viewport_size(PHONE)
        expect(page.get_by_test_id("stMain")).to_have_js_property("scrollWidth", PHONE["width"])
        ours += [f"{link}: scrolls out of sight: {one}" for one in page.evaluate(HIDDEN)]
        page.set_viewport_size(SCREEN)
    assert ours == []
    assert others == set(NOT_OURS)  # or what is excused there was mended


def test_boxes_and_lines_are_drawn_at_3_to_1_and_their_text_at_4_5_to_1(
    running_app: RunningApp, page: Page
) -> None:
    opened(page, f"{running_app.url}/dependency_graph?group=2")
    stage = page.locator(".stage")
    for picked, theme in itertools.product((1, 0), PAPER):
        turn(page, theme)
        if not picked:
            stage.press("Escape")
        expect(stage.locator(".picked")).to_have_count(picked, timeout=PATIENCE)
        for asked in DRAWN:
            drawn, faint = stage.evaluate(FAINT, asked)
            assert drawn > 10
            assert faint == []


@pytest.mark.parametrize("size", [PHONE, ZOOMED])
def test_a_narrow_page_opens_with_the_sidebar_closed(
    running_app: RunningApp, page: Page, size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    opened(page, f"{running_app.url}/overview")
    opens = page.get_by_test_id("stExpandSidebarButton")
    expect(opens).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    button, title = opens.bounding_box(), page.get_by_role("heading", level=1).bounding_box()
    assert button
    assert title
    assert title["y"] >= button["y"] + button["height"]
