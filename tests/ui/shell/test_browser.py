"""The running app in a real browser: what only a browser shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from explorer.values import ChannelCriterion, ChannelOptions, ChannelScope, NetworkSpec, Weights
from tests.helpers.browsing import PATIENCE, apply, expect_in_address, metric, planned, slider
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser


def widths_drawn(page: Page) -> list[str]:
    """What the bars of the first chart tell a screen reader."""
    bars = page.get_by_test_id("stVegaLiteChart").first.locator("path[aria-label]")
    return bars.evaluate_all("bars => bars.map(bar => bar.getAttribute('aria-label'))")


def test_counts_and_charts_follow_while_the_slider_is_dragged(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.20")
    box = slider(page).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    expect(metric(page, "Parameters")).to_have_text(planned(0.2))
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    seen, charts = set(), set()
    for step in range(20, 80, 2):
        page.mouse.move(box["x"] + step / 100 * box["width"], middle)
        page.wait_for_timeout(60)
        seen.add(metric(page, "Parameters").inner_text())
        charts.add(tuple(widths_drawn(page)))
    assert len(seen) >= 4  # the button is still down
    assert len(charts) >= 4
    ratio, judged = float(slider(page).input_value()), page.locator(".st-key-plan_accuracy")
    expect(judged).to_contain_text(f"at {ratio:.2f}:", timeout=PATIENCE)  # it rests
    page.mouse.up()
    expect(judged).to_contain_text("measured:", timeout=PATIENCE)
    expect(metric(page, "Parameters")).to_have_text(planned(ratio))
    expect(page).to_have_url(re.compile(f"ratio={ratio:.2f}"))


def test_the_slider_answers_keys_and_typing(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.40")
    slider(page).press("ArrowRight")
    expect(metric(page, "Parameters")).to_have_text(planned(0.41))
    typed = page.get_by_role("spinbutton", name="Pruning ratio, typed")
    typed.fill("0.75")
    typed.press("Enter")
    expect(metric(page, "Parameters")).to_have_text(planned(0.75))
    expect(slider(page)).to_have_value("0.75")
    typed.fill("7")
    typed.press("Enter")
    expect(metric(page, "Parameters")).to_have_text(planned(0.95))
    expect(typed).to_have_value("0.95")


def test_apply_says_that_the_library_did_what_was_planned(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.50")
    slider(page)
    apply(page)
    expect(page.get_by_text("Plan = library.")).to_be_visible()
    expect(page.get_by_text("Removing = zeroing.")).to_be_visible()
    counted = page.get_by_test_id("stMetric").filter(has_text="Parameters").last
    expect(counted.get_by_test_id("stMetricValue")).to_have_text(planned(0.5))
    slider(page).press("ArrowRight")
    expect(page.get_by_text("Older settings.")).to_be_visible()
    expect(page.get_by_text("Plan = library.")).to_be_visible()


def test_a_link_reopens_the_same_view_on_a_fresh_server(fresh_app: RunningApp, page: Page) -> None:
    link = {
        "network": "digits-cnn",
        "criterion": "L1",
        "scope": "global",
        "round_to": "2",
        "ratio": "0.30",
    }
    page.goto(f"{fresh_app.url}/depgraph_pruning?{urlencode(link)}")
    options = ChannelOptions(ChannelCriterion.L1, ChannelScope.GLOBAL, 2)
    expect(slider(page)).to_have_value("0.3")
    expect(metric(page, "Parameters")).to_have_text(
        planned(0.3, options, NetworkSpec("digits-cnn", Weights.TRAINED))
    )
    expect_in_address(page, link)
    apply(page)  # the first click of all
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_role("heading", name="digits-cnn")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="DepGraph pruning").click()
    expect(slider(page)).to_have_value("0.3", timeout=PATIENCE)
    expect(metric(page, "Parameters")).to_have_text(
        planned(0.3, options, NetworkSpec("digits-cnn", Weights.TRAINED))
    )
    expect_in_address(page, link)


def test_an_unknown_name_in_a_link_is_told_and_the_rest_of_the_link_kept(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnett&ratio=0.70&scope=sideways")
    expect(slider(page)).to_have_value("0.7")
    expect(page.get_by_text("“digits-resnett”")).to_contain_text("Did you mean digits-resnet")
    expect(page.get_by_text("“sideways”")).to_be_visible()
    shown = NetworkSpec("mnist-resnet", Weights.TRAINED)  # what the app starts with
    expect(metric(page, "Parameters")).to_have_text(planned(0.7, spec=shown))


def test_a_reload_in_the_middle_of_apply_finds_the_run_again(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.60&scope=global")
    slider(page)
    page.get_by_role("button", name="Apply with Torch-Pruning").click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)
    expect(page).to_have_url(re.compile("runs="))
    page.reload()
    page.get_by_text("Output shape").wait_for(timeout=PATIENCE)
    expect(slider(page)).to_have_value("0.6")
    expect(page.get_by_text("Results match the current settings: digits-resnet")).to_be_visible()


def test_a_run_goes_on_while_another_page_is_open(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.45")
    slider(page)
    page.get_by_role("button", name="Apply with Torch-Pruning").click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_text("Pruned digits-resnet")).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_text("Pruned digits-resnet")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="DepGraph pruning").click()
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Clear")).to_be_visible(timeout=PATIENCE)  # the table of runs
    expect(page).to_have_url(re.compile("runs="))


def test_links_without_a_page_open_the_overview_or_the_network_that_they_name(
    fresh_app: RunningApp, page: Page
) -> None:
    page.goto(f"{fresh_app.url}/network?network=digits-cnn&weights=random")  # the first link of a server
    expect(page.get_by_role("heading", name="digits-cnn")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    page.goto(fresh_app.url)
    expect(page.get_by_role("heading", name="Pruning explorer")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(f"{fresh_app.url}/overview")
    links = page.get_by_test_id("stSidebarNavLink")
    assert [text.strip() for text in links.all_inner_texts()].count("Overview") == 1
    page.goto(f"{fresh_app.url}/?network=digits-cnn&weights=random")
    expect(page.get_by_role("heading", name="digits-cnn")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Counts, groups and latency are meaningful")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(f"{fresh_app.url}/network?network=digits-cnn&weights=random")
    page.go_back()  # to the link without a page: it stays, or nobody could go further back
    expect(page.get_by_role("heading", name="Pruning explorer")).to_be_visible(timeout=PATIENCE)


def test_a_run_can_be_cancelled(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.55")
    slider(page)
    page.get_by_role("button", name="Apply with Torch-Pruning").click()
    page.locator(".st-key-plan_screen").get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    told = page.locator(".st-key-plan_screen").get_by_text("The run was cancelled.")
    expect(told).to_be_visible(timeout=PATIENCE)


def test_two_tabs_with_other_settings_each_see_their_own_result(
    running_app: RunningApp, open_page: Callable[[], Page]
) -> None:
    tabs = {0.3: open_page(), 0.8: open_page()}
    for ratio, tab in tabs.items():
        tab.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio={ratio:.2f}")
    for tab in tabs.values():
        slider(tab)
        tab.get_by_role("button", name="Apply with Torch-Pruning").click()
    for ratio, tab in tabs.items():
        tab.get_by_text("Output shape").wait_for(timeout=PATIENCE)
        counted = tab.get_by_test_id("stMetric").filter(has_text="Parameters").last
        expect(counted.get_by_test_id("stMetricValue")).to_have_text(planned(ratio))
        expect(tab.get_by_text("Plan = library.")).to_be_visible()


def test_nothing_is_fetched_from_anywhere_else(running_app: RunningApp, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in (
        "",
        "network",
        "dependency_graph",
        "pytorch_native",
        "depgraph_pruning",
        "sparseml",
        "profile",
    ):
        page.goto(f"{running_app.url}/{name}")
        page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
        page.wait_for_timeout(1500)
    assert [url for url in asked if not url.startswith((running_app.url, "data:", "blob:"))] == []
