"""DepGraph's options in a real browser: what only a browser shows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

import explorer
from explorer.engine import calls
from explorer.ui.parts.own_ratios import owner_of
from explorer.values import ChannelCriterion, ChannelOptions, ChannelScope
from explorer.words import formats
from tests.helpers.browsing import (
    PATIENCE,
    RESNET,
    apply,
    expect_in_address,
    metric,
    planned,
    search,
    slider,
    type_into_table,
)
from tests.helpers.drawings import FULL
from tests.helpers.plans import channel_plan
from tests.helpers.running import RunningApp

pytestmark = pytest.mark.browser

INNER = "stage2.block0.conv1"  # its group is its own
JOINED = ("stage2.block0.conv2", "stage2.block1.conv2")  # in one group, by the residual sum
CLASSES = "What is ranked together"
SCOPES = "Local, global and isomorphic side by side"


def unfold(page: Page, label: str) -> None:
    page.get_by_text(label, exact=True).click()


def going(page: Page) -> Locator:
    """How many channels of each class go, as the chart writes it."""
    return page.locator("text").filter(has_text="channels removed")


def beside(page: Page) -> Locator:
    """What each scope leaves, in the columns side by side."""
    return page.get_by_text(re.compile(r"^\S+ \S+ parameters"))


def test_classes_and_scopes_follow_while_the_slider_is_dragged(running_app: RunningApp, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 2000})  # what is in sight follows
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.20&scope=isomorphic")
    slider(page)
    unfold(page, CLASSES)
    going(page).first.wait_for(timeout=PATIENCE)
    unfold(page, SCOPES)
    page.get_by_text("· picked").wait_for(timeout=PATIENCE)
    slider(page).scroll_into_view_if_needed()
    box = slider(page).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    classes, scopes = set(), set()
    for step in range(20, 80, 2):
        page.mouse.move(box["x"] + step / 100 * box["width"], middle)
        page.wait_for_timeout(100)
        classes.add(tuple(going(page).all_text_contents()))
        scopes.add(tuple(beside(page).all_text_contents()))
    assert len(classes) >= 3  # the button is still down
    assert len(scopes) >= 3
    page.mouse.up()
    ratio = float(slider(page).input_value())
    options = ChannelOptions(scope=ChannelScope.ISOMORPHIC)
    expect(metric(page, "Parameters")).to_have_text(planned(ratio, options))
    for other in (ChannelScope.LOCAL, ChannelScope.GLOBAL):
        expect(
            page.get_by_text(f"{planned(ratio, ChannelOptions(scope=other))} parameters").first
        ).to_be_visible()


def test_a_gradient_criterion_says_what_it_does_and_then_shows_the_plan(
    fresh_app: RunningApp, page: Page
) -> None:
    page.goto(
        f"{fresh_app.url}/depgraph_pruning?network=digits-resnet&ratio=0.50&criterion=Hessian&scope=global"
    )
    # The images themselves pass in half a second on a quiet machine, so any step of the ranking may be seen.
    doing = re.compile(
        r"Reading which layers|Checking which couplings|Scoring and ranking|Passing train image \d+ of"
    )
    page.wait_for_function(
        f"/{doing.pattern}/.test(document.body.textContent)", polling="raf", timeout=PATIENCE
    )
    slider(page)
    expect(page.get_by_text(doing)).to_have_count(0)
    expect(metric(page, "Parameters")).to_have_text(
        planned(0.5, ChannelOptions(ChannelCriterion.HESSIAN, ChannelScope.GLOBAL))
    )


def test_every_option_survives_another_page_and_a_reload(running_app: RunningApp, page: Page) -> None:
    link = {
        "network": "digits-resnet",
        "criterion": "Taylor",
        "scope": "isomorphic",
        "reduction": "max",
        "normalizer": "sum",
        "max_ratio": "0.8",
        "round_to": "2",
        "ratio": "0.60",
        "override": f"{INNER}:0.10",
    }
    page.goto(f"{running_app.url}/depgraph_pruning?" + "&".join(f"{k}={v}" for k, v in link.items()))
    slider(page)
    before = metric(page, "Parameters").inner_text()
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.get_by_role("heading", name="digits-resnet")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="DepGraph pruning").click()
    expect(slider(page)).to_have_value("0.6", timeout=PATIENCE)
    expect(metric(page, "Parameters")).to_have_text(before)
    expect_in_address(page, link)
    page.reload()
    expect(slider(page)).to_have_value("0.6", timeout=PATIENCE)
    expect(metric(page, "Parameters")).to_have_text(before)


def test_a_ratio_typed_beside_the_graph_is_in_the_plan_and_in_apply(
    running_app: RunningApp, page: Page
) -> None:
    group = owner_of(calls.graph(RESNET))[INNER]
    page.goto(f"{running_app.url}/dependency_graph?network=digits-resnet&group={group}")
    field = page.get_by_role("spinbutton", name="Ratio on the pruning page")
    field.wait_for(timeout=PATIENCE)
    for typed, link in (
        ("0.50", r"override=.*0\.50"),
        ("", r"^(?!.*override=)"),
        ("0.25", r"override=.*0\.25"),
    ):
        expect(field).to_have_count(1, timeout=PATIENCE)  # that of the value before leaves with its page
        field.fill(typed)
        field.press("Enter")
        expect(page).to_have_url(re.compile(link))
    page.get_by_role("link", name="DepGraph pruning").click()
    slider(page)
    expect(metric(page, "Parameters")).to_have_text(planned(0.3, ChannelOptions(overrides=((INNER, 0.25),))))
    expect(page).to_have_url(re.compile(r"override=.*0\.25"))
    apply(page)
    expect(page.get_by_text("Plan = library.")).to_be_visible()
    expect(page.get_by_text(f"own ratios {INNER} 0.25").first).to_be_visible()
    before, after = page.locator(".before-after .stage").all()
    plan = channel_plan(RESNET, ChannelOptions(overrides=((INNER, 0.25),)), 0.3)
    left = {row.name: row.width / row.width_before for row in plan.layers if row.width_before}
    drawn = after.evaluate(FULL)
    assert drawn == pytest.approx({name: left[name] for name in drawn}, abs=1e-3)
    assert set(before.evaluate(FULL).values()) == {1.0}
    moves = [stage.locator(".camera") for stage in (before, after)]
    fitted = moves[0].get_attribute("transform")
    before.drag_to(before, source_position={"x": 40, "y": 40}, target_position={"x": 90, "y": 70})
    moved = moves[0].get_attribute("transform")
    assert moved != fitted
    assert moves[1].get_attribute("transform") == moved


def test_a_ratio_typed_into_the_table_is_in_the_plan_until_it_is_deleted(
    running_app: RunningApp, page: Page
) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-resnet&scope=global&ratio=0.50")
    slider(page)
    unfold(page, "Per-group ratios")
    search(page, "Search groups", JOINED[1])
    expect(page.get_by_text(re.compile(r"^1 of \d+ groups that can lose channels"))).to_be_visible()
    expect(metric(page, "Parameters")).to_have_text(planned(0.5, ChannelOptions(scope=ChannelScope.GLOBAL)))
    type_into_table(page, "own ratio", "0.05")
    net = explorer.load("digits-resnet")
    planner = explorer.planner(net, "depgraph", scope="global", overrides={JOINED[0]: 0.05})
    expect(metric(page, "Parameters")).to_have_text(formats.count(planner.plan(0.5).params))
    expect(metric(page, "MACs")).to_have_text(formats.count(planner.plan(0.5).macs))
    expect(page).to_have_url(re.compile(r"override=.*(:|%3A)0\.05"))
    slider(page).press("ArrowRight")
    expect(metric(page, "Parameters")).to_have_text(formats.count(planner.plan(0.51).params))
    type_into_table(page, "own ratio", None)
    expect(metric(page, "Parameters")).to_have_text(planned(0.51, ChannelOptions(scope=ChannelScope.GLOBAL)))
    expect(page).not_to_have_url(re.compile("[?&]override="))


def test_apply_in_steps_says_how_close_the_estimate_came(running_app: RunningApp, page: Page) -> None:
    page.goto(f"{running_app.url}/depgraph_pruning?network=digits-cnn&ratio=0.50&scope=global&steps=4")
    slider(page)
    expect(page.get_by_text("estimate", exact=True).first).to_be_visible()
    apply(page)
    expect(
        page.get_by_text(re.compile("The plan was an estimate|the width that was estimated"))
    ).to_be_visible()
    expect(page.get_by_text("Plan and library differ")).to_have_count(0)
    expect(page.get_by_text("in 4 steps").first).to_be_visible()
