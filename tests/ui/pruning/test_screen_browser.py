"""One screen: what follows the slider can be seen while it moves, on a laptop and on a small one."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.values import ChannelOptions, ChannelScope, NativeOptions, SparseOptions, WeightScope
from explorer.words import formats
from explorer.words.glossary import explain
from tests.helpers.browsing import PATIENCE, RESNET, metric, planned, slider
from tests.helpers.drawings import FULL
from tests.helpers.plans import channel_plan, mask_plan, recipe_plan
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser

BLANK = """drawn => {
    const { width, height } = drawn.viewBox.baseVal, box = drawn.getBoundingClientRect();
    return box.height - height * Math.min(box.width / width, box.height / height);
}"""  # pixels between a drawing and its legend
GLOBAL = ChannelOptions(scope=ChannelScope.GLOBAL)
SIZES = ((1440, 900), (1024, 768))
FIGURES = {
    "depgraph_pruning": ("Re-calibrated", "Right after", "Parameters", "MACs", "Tensors"),
    "pytorch_native": ("Re-calibrated", "Right after", "Non-zeros", "Effective MACs", "Stored sparse"),
    "sparseml": ("Re-calibrated", "Right after", "Non-zeros", "Effective MACs", "Stored sparse"),
}


def opened(page: Page, app: RunningApp, name: str) -> None:
    """The page with all that follows the slider."""
    page.goto(f"{app.url}/{name}")
    page.get_by_role("slider").first.wait_for(timeout=PATIENCE)
    chart(page).wait_for(timeout=PATIENCE)


def chart(page: Page) -> Locator:
    """The first thing that is drawn of the plan."""
    return page.locator(
        ".st-key-plan_screen [data-testid=stColumn]:nth-child(2) :is(canvas, .layer-bars, svg.drawn)"
    ).first


def followers(page: Page, name: str) -> dict[str, Locator]:
    """What follows the slider, and the slider itself."""
    cards = page.locator(".st-key-plan_screen").locator("[data-testid=stMetric], .plan-figure")
    figures = {label: cards.filter(has_text=label).first for label in FIGURES[name]}
    return {"slider": page.get_by_role("slider").first, "chart": chart(page), **figures}


def boxes(page: Page, name: str) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each, in pixels of the window."""
    found = {}
    for what, shown in followers(page, name).items():
        box = shown.bounding_box()
        assert box, what
        found[what] = (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_slider_accuracy_figures_and_chart_are_on_one_screen_and_stay_where_they_are(
    running_app: RunningApp, page: Page, name: str
) -> None:
    opened(page, running_app, name)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(400)  # charts take their new width
        before = boxes(page, name)
        outside = {
            what: box for what, box in before.items() if min(box) < 0 or box[2] > width or box[3] > height
        }
        assert not outside, f"{width} x {height}"
    value = page.locator(".plan-figure .value").first
    old = value.inner_text()
    page.get_by_role("slider").first.press("End")
    page.wait_for_function("([text, old]) => text.innerText !== old", arg=[value.element_handle(), old])
    assert boxes(page, name) == before


@pytest.mark.parametrize("name", ["depgraph_pruning", "pytorch_native"])
def test_what_to_do_with_a_plan_stands_in_one_row(running_app: RunningApp, page: Page, name: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    opened(page, running_app, name)
    menu = page.get_by_role("button", name="Use elsewhere")
    row = {
        box["y"]
        for one in (page.get_by_role("button", name="Apply with"), menu)
        if (box := one.bounding_box())
    }
    assert len(row) == 1
    menu.click()
    page.get_by_role("button", name="Add to Compare").click()
    page.get_by_role("link", name="Open Compare").wait_for(timeout=PATIENCE)


def test_each_box_is_as_full_as_the_plan_leaves_its_layer(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&scope=global&ratio=0.80")
    slider(page)
    chart(page).locator(".counted").first.wait_for(timeout=PATIENCE)
    slider(page).press("ArrowRight")
    expect(metric(page, "Parameters")).to_have_text(planned(0.81, GLOBAL))
    plan = channel_plan(RESNET, GLOBAL, 0.81)
    assert chart(page).evaluate(BLANK) == pytest.approx(0, abs=1)
    left = {row.name: row.width / row.width_before for row in plan.layers if row.width_before}
    drawn = chart(page).evaluate(FULL)
    assert len(drawn) > 10
    assert drawn == pytest.approx({name: left[name] for name in drawn}, abs=1e-3)
    page.get_by_role("link", name="Behaviour", exact=True).click()
    other = page.get_by_role("combobox", name="Network")
    other.fill("digits-cnn")  # with fewer boxes: what was said of the last network is not of these
    other.press("Enter")
    page.get_by_role("link", name="DepGraph pruning").click()
    expect(chart(page).locator("title", has_text="head:")).to_be_attached(timeout=PATIENCE)


def test_figures_and_drawing_follow_the_slider_though_python_does_not_answer(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&scope=global&ratio=0.80")
    slider(page)
    page.wait_for_function("() => window.explorerStops", timeout=PATIENCE)
    page.evaluate("() => { WebSocket.prototype.send = () => {}; }")
    slider(page).press("Home")
    expect(metric(page, "Parameters")).to_have_text(planned(0.0, GLOBAL))
    slider(page).press("End")
    expect(metric(page, "Parameters")).to_have_text(planned(0.95, GLOBAL))
    plan = channel_plan(RESNET, GLOBAL, 0.95)
    expect(page.get_by_text(f"{plan.lost.count(0)} of {len(plan.lost)} groups left whole")).to_be_visible()
    left = {row.name: row.width / row.width_before for row in plan.layers if row.width_before}
    drawn = chart(page).evaluate(FULL)
    assert drawn == pytest.approx({name: left[name] for name in drawn}, abs=1e-3)


def test_a_step_of_the_slider_and_what_is_drawn_anew_style_a_small_part_of_the_page(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet")
    slider(page)
    page.wait_for_function("() => window.explorerStops", timeout=PATIENCE)
    page.evaluate("() => { WebSocket.prototype.send = () => {}; }")
    all_of_it = page.evaluate("() => document.querySelectorAll('*').length")
    browser = page.context.browser
    assert browser
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    for _ in range(10):
        slider(page).press("ArrowRight")
    expect(metric(page, "Parameters")).to_have_text(planned(0.4, ChannelOptions()))
    page.locator(".st-key-plan_figures").evaluate("card => card.append(document.createElement('i'))")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    told = json.loads(browser.stop_tracing())["traceEvents"]
    styled = [
        one["args"]["elementCount"] for one in told if one["name"] == "UpdateLayoutTree" and one["ph"] == "X"
    ]
    assert 0 < max(styled) < all_of_it / 4


SHARES = """list => [...list.querySelectorAll("li")].map((row) => {
    const [track, bar] = [".track", ".bar"].map((part) => row.querySelector(part).getBoundingClientRect());
    return Math.max(bar.width / track.width, 0);
})"""  # of zeros, by the lengths of bars


MASKED = {  # by a page's link: its slider, the last position of that, and the plan at one
    "pytorch_native?native_scope=global": (
        "Amount",
        1.0,
        lambda amount: mask_plan(RESNET, NativeOptions(scope=WeightScope.GLOBAL), amount),
    ),
    "sparseml?sparse_init_sparsity=0": (
        "Final sparsity",
        0.99,
        lambda final: recipe_plan(RESNET, SparseOptions(init_sparsity=0.0, final_sparsity=final)),
    ),
}


@pytest.mark.parametrize("link", MASKED)
def test_bars_of_zeros_are_as_long_as_the_plan_has_zeros_though_python_does_not_answer(
    running_app: RunningApp, page: Page, link: str
) -> None:
    label, last, planned_at = MASKED[link]
    page.goto(f"{running_app.url}/{link}&network=digits-resnet")
    moved = page.get_by_role("slider", name=label)
    moved.wait_for(timeout=PATIENCE)
    page.wait_for_function("() => window.explorerStops", timeout=PATIENCE)
    page.evaluate("() => { WebSocket.prototype.send = () => {}; }")
    for key, asked in (("Home", 0.0), ("End", last)):
        moved.press(key)
        plan = planned_at(asked)
        expect(metric(page, "Non-zeros")).to_have_text(formats.count(plan.nonzero))
        bars = chart(page).locator("ol")
        rows = [row for row in plan.layers if row.maskable]
        assert bars.evaluate(SHARES) == pytest.approx([row.sparsity for row in rows], abs=5e-3)
        shown = f"{100 * rows[0].sparsity:.1f} %"
        expect(bars.get_by_role("listitem").first).to_contain_text(shown)


@pytest.mark.parametrize("name", [*FIGURES, "behaviour"])
def test_a_slider_has_room_to_be_moved_on_a_phone(running_app: RunningApp, page: Page, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{running_app.url}/{name}?network=digits-resnet")
    moved = page.get_by_role("slider").first
    moved.wait_for(timeout=PATIENCE)
    box = moved.bounding_box()
    assert box
    assert 120 < box["width"] < 390 - box["x"]


def test_a_figure_says_what_it_means_when_its_sign_is_pointed_at(running_app: RunningApp, page: Page) -> None:
    opened(page, running_app, "depgraph_pruning")
    sign = page.get_by_role("button", name="What is: MACs")
    told = page.get_by_role("tooltip").filter(has_text=explain("MACs"))
    expect(told).to_be_hidden()
    sign.hover()
    expect(told).to_be_visible()
    page.mouse.move(0, 0)
    expect(told).to_be_hidden()
    page.keyboard.press("Tab")
    sign.focus()
    expect(told).to_be_visible()
