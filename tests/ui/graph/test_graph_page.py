"""The page of the dependency graph, without a browser and in one."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect
from streamlit.testing.v1 import AppTest

from explorer.backends import DEPGRAPH
from explorer.drawing.highlight import title
from explorer.engine import calls
from explorer.ui.parts.pruning_criteria import CRITERION
from explorer.values import ChannelOptions, Group
from explorer.words import formats, glossary
from tests.helpers.browsing import PATIENCE
from tests.helpers.drawings import box, camera, classes, colour_by
from tests.helpers.pages import RESNET, metric, open_app
from tests.helpers.paths import ROOT
from tests.helpers.plans import channel_plan
from tests.helpers.present import present
from tests.helpers.running import RunningApp

ONE_FRAME_LATER = """box => new Promise(done => {
  const started = performance.now();
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, detail: 1 }));
  const lit = box.classList.contains("out");
  requestAnimationFrame(() => requestAnimationFrame(() => done([lit, performance.now() - started])));
})"""


SHARE = (
    "box => box.querySelector('.tint').width.baseVal.value / box.querySelector('.shape').width.baseVal.value"
)


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "dependency_graph.py"), default_timeout=120)
    for name, value in {"network": RESNET.name, **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def group_of(layer: str, kind: str = "out") -> Group:
    """The group that a layer's axis is in."""
    return next(
        group
        for group in calls.graph(RESNET).groups
        if any(member.node == layer and member.axis == kind for member in group.members)
    )


# --- without a browser -------------------------------------------------------------------------------


def test_without_a_selection_the_page_says_what_to_click() -> None:
    app = opened()
    assert app.selectbox(key="group").value is None
    assert any("**Click a box**" in text.value for text in app.markdown)


def test_a_link_opens_its_group() -> None:
    group = group_of("stage2.block0.conv2")
    app = opened(group=str(group.id))
    assert app.selectbox(key="group").value == group.id
    assert metric(app, "Channels") == str(group.channels)
    assert metric(app, "Layers") == str(len(group.layers))


def test_an_unknown_group_in_a_link_is_named_and_the_page_still_works() -> None:
    app = opened(group="99")
    assert [warning.value for warning in app.warning if "“99”, which does not exist" in warning.value]
    assert app.selectbox(key="group").value is None


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"toggled": "9"}, "Known: stage1, stage1.block0"),
        ({"colours": "channels"}, "Did you mean channels left"),
        ({"toggled": "stage9"}, "Did you mean stage"),
    ],
)
def test_colours_and_modules_of_a_link_that_do_not_exist_cost_a_sentence(
    link: dict[str, str], sentence: str
) -> None:
    app = opened(**link)
    assert any(sentence in warning.value for warning in app.warning)
    assert not set(link) & set(app.query_params)


def test_picking_another_network_forgets_the_group() -> None:
    app = opened(group="2")
    app.selectbox(key="network").set_value("digits-cnn").run()
    assert app.selectbox(key="group").value is None
    assert not app.exception


def test_removing_a_channel_lists_every_layer_that_stores_something_for_it() -> None:
    group = group_of("stage2.block0.conv2")
    app = opened(group=str(group.id))
    app.text_input(key=f"remove_{group.id}_0").set_value("3").run()
    tables = [table.value for table in app.dataframe if "channels" in table.value.columns]
    stored = [member.layer for member in group.members if member.width]
    assert list(tables[0]["layer"]) == stored
    assert set(tables[0]["channels"]) == {"3"}


def test_channels_by_hand_are_planned_measured_and_linked() -> None:
    group = group_of("stage2.block0.conv2")
    app = opened(group=str(group.id))
    assert "Removed by hand" not in " ".join(text.value for text in app.markdown)
    app.text_input(key=f"remove_{group.id}_0").set_value("8-10, 0").run()
    chosen = ((group.root, (0, 8, 9, 10)),)
    plan = calls.plan(RESNET, DEPGRAPH, ChannelOptions(), chosen)
    assert metric(app, "Parameters") == formats.count(plan.params)
    live = present(calls.live_accuracy(RESNET, DEPGRAPH, ChannelOptions(), chosen))
    assert metric(app, "Accuracy") == formats.accuracy(live.headline.accuracy)
    assert app.query_params["remove"] == f"{group.root}:0,8-10"
    field = f"remove_{group.id}_0"
    assert app.text_input(key=field).value == "0,8-10"
    app.text_input(key=field).set_value("32").run()
    assert app.text_input(key=field).value == "0,8-10"
    assert any("“32” names no channel: expected numbers from 0 to 31" in text.value for text in app.warning)
    assert metric(app, "Parameters") == formats.count(plan.params)
    app.button(key="by_hand_clear").click().run()
    assert "remove" not in app.query_params


def test_what_no_plan_can_be_made_of_is_not_applied() -> None:
    group = group_of("stage2.block0.conv2")
    app = opened(group=str(group.id))
    app.text_input(key=f"remove_{group.id}_0").set_value("0-31").run()
    assert any("would lose all of its channels" in text.value for text in app.error)
    assert app.button(key="by_hand_apply").disabled
    assert not app.button(key="by_hand_clear").disabled


@pytest.mark.large
def test_the_library_removes_what_a_link_names_by_hand() -> None:
    app = open_app("dependency_graph", remove="stage2.block0.conv1:0,3", network="digits-resnet")
    app.button(key="by_hand_apply").click().run()
    until = time.monotonic() + 60
    while not app.success and time.monotonic() < until:
        time.sleep(0.2)
        app.run()
    assert "Torch-Pruning removed exactly these channels" in app.success[0].value
    assert any(
        "channels 0,3 of stage2.block0.conv1" in text.value for text in app.caption if "Applied" in text.value
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("stage2.block0.conv1:99", "The link names “99” of stage2.block0.conv1, which is no channel"),
        ("stage2.block0.conf1:0", "Did you mean stage2.block0.conv1"),
        ("stage2.block0.conv1", "a layer to remove channels of “stage2.block0.conv1”"),
    ],
)
def test_a_link_that_names_no_channel_costs_one_sentence(wrong: str, sentence: str) -> None:
    app = opened(remove=wrong)
    assert any(sentence in text.value.replace("\\", "") for text in app.warning)
    assert "remove" not in app.query_params


def test_another_network_forgets_channels_by_hand() -> None:
    app = opened(remove="stage2.block0.conv1:0")
    assert app.button(key="by_hand_clear")
    app.selectbox(key="network").set_value("digits-cnn").run()
    assert not [button for button in app.button if button.key == "by_hand_clear"]
    assert "remove" not in app.query_params


def test_the_steps_go_through_grouping_importance_and_removal() -> None:
    group = group_of("stage2.block0.conv2")
    app = opened(group=str(group.id))
    texts = {}
    for step in ("1 · Grouping", "2 · Importance", "3 · Removal"):
        app.session_state["group_step"] = step
        app.run()
        assert not app.exception
        texts[step] = " ".join(text.value for text in app.markdown)
    assert f"**{len(group.members)} members** in **{len(group.layers)} layers**" in texts["1 · Grouping"]
    assert "a score of 1 is the group's mean" in texts["2 · Importance"]
    going = -(-3 * group.channels // 10)  # of 32 at a ratio of 0.3, int(32 * 0.7) = 22 stay
    assert f"**{going} of {group.channels}**" in texts["3 · Removal"]


def test_a_share_of_the_link_that_is_out_of_range_is_told() -> None:
    app = opened(group=str(group_of("stage2.block0.conv2").id), group_ratio="7")
    app.session_state["group_step"] = "3 · Removal"
    app.run()
    expected = "The link asks for group_ratio=7; expected a fraction from 0 to 0.95. Showing 0.3."
    assert expected in [shown.value.replace("\\", "") for shown in app.warning]


@pytest.mark.large
@pytest.mark.parametrize("label", ["Taylor", "LAMP", "BN scale", "FPGM"])
def test_every_criterion_scores_the_channels_of_a_group(label: str) -> None:
    group = group_of("stage2.block0.conv2")
    app = opened(group=str(group.id))
    app.selectbox(key="graph_criterion").set_value(label).run()
    assert not app.exception
    scores = calls.importance(RESNET, CRITERION.parse(label))[group.id]
    least = min(range(len(scores)), key=scores.__getitem__)
    (told,) = [text.value for text in app.caption if "matters least" in text.value]
    assert f"Channel {least} matters least" in told
    assert told.endswith(
        "a score of 1 is the maximum." if label == "LAMP" else "a score of 1 is the group's mean."
    )
    app.session_state["group_step"] = "2 · Importance"
    app.run()
    assert any(glossary.explain(label) in text.value for text in app.markdown)


@pytest.mark.large
def test_criteria_that_a_network_cannot_have_are_not_offered_and_random_says_nothing() -> None:
    app = opened(network="digits-vit", group="0", graph_criterion="BN scale")
    offered = app.selectbox(key="graph_criterion").options
    assert offered == ["L2", "L1", "Taylor", "Hessian", "LAMP", "FPGM"]
    assert any("BN scale is unavailable here" in warning.value for warning in app.warning)
    assert any("BN scale (there is no BatchNorm layer" in text.value for text in app.caption)
    untrained = opened(network="digits-cnn", weights="random", group="0")
    assert untrained.selectbox(key="graph_criterion").options == ["L2", "L1", "LAMP", "BN scale", "FPGM"]
    assert any(
        "Taylor and Hessian (gradients need trained weights" in text.value for text in untrained.caption
    )


def test_a_group_that_stays_whole_says_why() -> None:
    group = group_of("head")
    app = opened(group=str(group.id))
    assert any(group.kept_because in info.value for info in app.info)


# --- in a browser ------------------------------------------------------------------------------------


@pytest.fixture
def drawing(running_app: RunningApp, page: Page) -> Page:
    page.goto(f"{running_app.url}/dependency_graph?network=digits-resnet")
    box(page, "stem.conv").wait_for(timeout=PATIENCE)
    return page


def chosen(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Coupled group")


@pytest.mark.browser
def test_a_click_lights_the_group_within_a_tenth_of_a_second_and_selects_it(drawing: Page) -> None:
    group = group_of("stage2.block0.conv2")
    names = ("stem.conv", "stage3.block0.conv2", "stage2.block0.conv2")
    lit, milliseconds = zip(*(box(drawing, name).evaluate(ONE_FRAME_LATER) for name in names), strict=True)
    assert all(lit)
    assert min(milliseconds) < 100  # of three, since other programs may keep the processor busy
    expect(box(drawing, "stage3.block0.conv1")).to_have_class(classes("in"))
    expect(box(drawing, "stem.conv")).not_to_have_class(classes("(in|out)"))
    expect(drawing.get_by_text(title(group)).first).to_be_visible(timeout=PATIENCE)
    expect(drawing).to_have_url(re.compile(rf"group={group.id}\b"))


@pytest.mark.browser
def test_a_box_in_several_groups_offers_each(drawing: Page) -> None:
    made, read = group_of("stage2.block0.conv2"), group_of("stage2.block0.conv2", "in")
    box(drawing, "stage2.block0.conv2").click()
    offers = drawing.get_by_role("radiogroup", name="This box belongs to").locator("label")
    expect(offers).to_have_text([f"{title(made)}, as output", f"{title(read)}, as input"], timeout=PATIENCE)
    offers.last.click()
    expect(drawing).to_have_url(re.compile(rf"group={read.id}\b"))
    expect(box(drawing, "stage2.block0.conv2")).to_have_class(classes("in"))


@pytest.mark.browser
def test_choosing_in_the_list_lights_the_drawing_and_keeps_pan_and_zoom(drawing: Page) -> None:
    drawing.get_by_role("button", name="Zoom in").click()
    drawing.wait_for_timeout(400)
    before = camera(drawing)
    group = group_of("stage1.block0.conv1")
    chosen(drawing).click()
    drawing.get_by_role("option", name=title(group)).click()
    expect(box(drawing, "stage1.block0.conv1")).to_have_class(classes("out"), timeout=PATIENCE)
    assert camera(drawing) == before


@pytest.mark.browser
def test_a_click_on_the_background_clears_the_selection(drawing: Page) -> None:
    box(drawing, "stem.conv").click()
    expect(drawing).to_have_url(re.compile(r"group=\d"))
    drawing.locator(".stage").click(position={"x": 3, "y": 3})
    expect(box(drawing, "stem.conv")).not_to_have_class(classes("out"))
    expect(drawing).not_to_have_url(re.compile(r"group=\d"))


@pytest.mark.browser
def test_the_legend_still_marks_the_lit_group_once_colours_are_taken_off(drawing: Page) -> None:
    chip = drawing.locator(".chip").first
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(drawing.get_by_role("heading", name="in three steps")).to_be_visible(timeout=PATIENCE)
    group = int(chip.get_attribute("data-group") or -1)
    colours = {"title": "planted", "nodes": {}, "groups": {}, "stops": [[0, "#000"]], "ticks": ["0"]}
    told = [
        {"drawing": "graph_drawing", "group": group, "moment": 0, "heat": heat} for heat in (colours, None)
    ]
    tell = (
        "all => all.forEach(one => window.dispatchEvent(new CustomEvent('explorer-graph-told', "
        "{detail: {...window.explorerGraphTold, ...one}})))"
    )
    drawing.evaluate(tell, told)
    expect(chip).to_have_attribute("aria-pressed", "true")


@pytest.mark.browser
def test_keys_move_between_boxes_select_and_expand(drawing: Page) -> None:
    first = box(drawing, "stem.conv")
    first.focus()
    drawing.keyboard.press("x")
    expect(first.locator(".row")).to_have_count(3)
    drawing.keyboard.press("ArrowDown")
    second = box(drawing, "stage1.block0.conv1")
    expect(second).to_be_focused()
    drawing.keyboard.press("Enter")
    expect(second).to_have_class(classes("out"))
    expect(drawing.locator(".said")).to_have_text(re.compile(r"Lit: group \d"))
    drawing.keyboard.press("Escape")
    expect(second).not_to_have_class(classes("out"))
    carried = drawing.locator(".stage .carried", has_text="1 × 16 × 8 × 8").first
    expect(carried).to_be_hidden()
    drawing.keyboard.press("s")
    expect(carried).to_be_visible()
    drawing.keyboard.press("s")
    second.hover()
    expect(drawing.locator(".stage .line.near")).to_have_count(2)  # one into it, one out of it
    expect(carried).to_be_visible()
    drawing.keyboard.press("f")
    expect(drawing.locator(".frame:fullscreen")).to_have_count(1)
    drawing.keyboard.press("f")
    expect(drawing.locator(".frame:fullscreen")).to_have_count(0)


@pytest.mark.browser
def test_expanding_a_box_moves_what_stands_below_it(drawing: Page) -> None:
    below = box(drawing, "stage1.block0.conv1")
    before = below.bounding_box()
    box(drawing, "stem.conv").dblclick()
    after = below.bounding_box()
    assert before
    assert after
    assert after["y"] > before["y"] + 30


@pytest.mark.browser
def test_the_search_counts_marks_and_centres(drawing: Page) -> None:
    drawing.get_by_role("searchbox", name="Find a layer").fill("block1.conv")
    expect(drawing.get_by_text("1 of 4")).to_be_visible()
    expect(drawing.locator(".stage .box.found")).to_have_count(4)
    hits = drawing.locator(".stage .box.found")
    expect(hits.nth(0)).to_have_class(classes("current"))
    drawing.keyboard.press("Enter")
    expect(drawing.locator(".stage .box.current")).to_have_count(1)
    expect(hits.nth(1)).to_have_class(classes("current"))
    drawing.keyboard.press("Escape")
    expect(hits).to_have_count(0)
    drawing.keyboard.press("Escape")  # out of the field, to where all keys work
    expect(drawing.locator(".stage .box:focus")).to_have_count(1)


@pytest.mark.browser
def test_the_drawing_cannot_be_lost_and_leaves_the_pages_wheel_and_history_alone(drawing: Page) -> None:
    drawing.locator("body").press("/")
    expect(drawing.get_by_role("searchbox", name="Find a layer")).to_be_focused()
    whole = camera(drawing)
    stage = present(drawing.locator(".stage").bounding_box())
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    drawing.mouse.move(*middle)
    drawing.mouse.wheel(0, -300)
    drawing.wait_for_timeout(200)
    assert camera(drawing) == whole  # the page's wheel, until the drawing is clicked
    entries = drawing.evaluate("history.length")
    box(drawing, "stem.conv").click()
    expect(drawing).to_have_url(re.compile(r"group=\d"), timeout=PATIENCE)
    drawing.keyboard.press("Escape")
    expect(box(drawing, "stem.conv")).to_be_focused()
    expect(drawing).not_to_have_url(re.compile(r"group=\d"), timeout=PATIENCE)
    assert drawing.evaluate("history.length") == entries  # Back leaves the page
    drawing.mouse.wheel(0, -300)
    drawing.wait_for_timeout(200)
    assert camera(drawing) != whole
    drawing.keyboard.press("Space")
    drawing.wait_for_timeout(400)
    assert camera(drawing) == whole
    for _ in range(3):
        drawing.mouse.move(*middle)
        drawing.mouse.down()
        drawing.mouse.move(stage["x"] + 2 * stage["width"], middle[1], steps=3)
        drawing.mouse.up()
    assert any(is_in(present(one.bounding_box()), stage) for one in drawing.locator(".stage .band").all())
    drawing.get_by_role("link", name="Sensitivity").click()
    expect(drawing.get_by_role("heading", name="Sensitivity", level=1)).to_be_visible(timeout=PATIENCE)
    drawing.go_back()
    expect(drawing.get_by_role("heading", name="Dependency graph", level=1)).to_be_visible(timeout=PATIENCE)


def is_in(inner: FloatRect, outer: FloatRect) -> bool:
    """Whether some of one rectangle is in another."""
    across = inner["x"] < outer["x"] + outer["width"] and inner["x"] + inner["width"] > outer["x"]
    return across and inner["y"] < outer["y"] + outer["height"] and inner["y"] + inner["height"] > outer["y"]


@pytest.mark.browser
def test_what_keeps_all_its_channels_is_marked_and_says_why_on_hover_and_in_the_legend(drawing: Page) -> None:
    head, why = box(drawing, "head"), group_of("head").kept_because
    expect(head).to_have_class(classes("whole"))
    expect(drawing.locator(".stage .box.whole")).to_have_count(1)
    head.hover()
    expect(drawing.get_by_role("tooltip").get_by_text(f"Keeps all its channels. {why}")).to_be_visible()
    drawing.locator(".stage").hover(position={"x": 3, "y": 3})
    expect(drawing.get_by_role("tooltip")).to_be_hidden()
    drawing.get_by_role("button", name="1 box keeps all its channels").focus()
    expect(drawing.get_by_role("tooltip").get_by_text(f"1 × {why}")).to_be_visible()


SMALLEST_TEXT = """stage => Math.min(...[...stage.querySelectorAll("text")]
  .filter(text => text.textContent && getComputedStyle(text).display !== "none")
  .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""


@pytest.mark.browser
def test_a_large_network_reads_at_first_sight_and_its_equal_blocks_unfold_on_a_click(drawing: Page) -> None:
    drawing.set_viewport_size({"width": 1440, "height": 900})
    drawing.goto(drawing.url.split("?")[0] + "?network=resnet50&weights=random")
    box(drawing, "layer3.1.conv1").wait_for(timeout=PATIENCE)
    assert drawing.locator(".stage").evaluate(SMALLEST_TEXT) >= 9  # px
    expect(drawing.locator(".stage .title text", has_text="layer3.1–5 ×5")).to_be_visible()
    box(drawing, "layer3.1.conv1").click()
    expect(box(drawing, "layer3.1.conv1")).to_have_class(classes("out"))
    expect(box(drawing, "layer3.1.conv1").locator(".share")).to_have_text("1 of 5")
    drawing.locator('.stage [data-fold=unrolled][data-scope="layer3.1"]').click()
    box(drawing, "layer3.5.conv1").wait_for(timeout=PATIENCE)
    expect(box(drawing, "layer3.1.conv1")).to_have_class(classes("out"))  # still lit, and now alone
    expect(box(drawing, "layer3.5.conv1")).not_to_have_class(classes("(out|in)"))
    drawing.locator('.stage [data-fold=toggled][data-scope="layer3.2"]').click()
    closed = drawing.locator('.stage .box[aria-label^="layer3.2, closed module"]')
    for part in ("toggled=layer3.2", "unrolled=layer3.1"):
        expect(drawing).to_have_url(re.compile(part), timeout=PATIENCE)
    drawing.reload()  # what is open and closed comes back
    closed.locator(".handle").click(timeout=PATIENCE)
    box(drawing, "layer3.2.conv1").wait_for(timeout=PATIENCE)
    box(drawing, "layer3.5.conv1").wait_for(timeout=PATIENCE)
    expect(drawing).not_to_have_url(re.compile("toggled="))


@pytest.mark.browser
def test_what_is_clicked_while_python_is_busy_is_not_lost_to_the_click_after_it(drawing: Page) -> None:
    drawing.goto(drawing.url.split("?")[0] + "?network=resnet50&weights=random")
    box(drawing, "layer3.1.conv1").wait_for(timeout=PATIENCE)
    drawing.locator(".stage").evaluate(
        """async (stage) => {
          const boxes = ["conv1", "layer3.1.conv1"].map((name) => `.box[aria-label^="${name},"]`);
          for (const part of [...boxes, '[data-fold=unrolled][data-scope="layer3.1"]']) {
            stage.querySelector(part).dispatchEvent(new PointerEvent("click", { bubbles: true }));
            await new Promise((done) => setTimeout(done, 20));
          }
        }"""
    )
    box(drawing, "layer3.5.conv1").wait_for(timeout=PATIENCE)
    expect(box(drawing, "layer3.1.conv1")).to_have_class(classes("out"), timeout=PATIENCE)
    expect(drawing).to_have_url(re.compile(r"\bgroup="), timeout=PATIENCE)


@pytest.mark.browser
def test_the_exports_are_files_of_their_own(drawing: Page, tmp_path: Path) -> None:
    with drawing.expect_download(timeout=PATIENCE) as download:
        drawing.get_by_role("button", name="Save as HTML").click()
    assert download.value.suggested_filename == "digits-resnet-dependency-graph.html"
    saved = tmp_path / "graph.html"
    download.value.save_as(saved)
    alone = drawing.context.new_page()
    alone.goto(saved.as_uri())
    box(alone, "stem.conv").click()
    expect(box(alone, "stem.conv")).to_have_class(classes("out"))
    expect(alone.locator(".said")).to_have_text(re.compile(r"Lit: group \d"))
    alone.close()
    with drawing.expect_download(timeout=PATIENCE) as download:
        drawing.get_by_role("button", name="Save as SVG").click()
    assert Path(download.value.path()).read_text("utf-8").startswith("<svg")
    colour_by(drawing, "parameters")
    expect(box(drawing, "stem.conv")).to_have_class(classes("hot"), timeout=PATIENCE)
    with drawing.expect_download(timeout=PATIENCE) as download:
        drawing.get_by_role("button", name="Save node data").click()
    (told,) = json.loads(Path(download.value.path()).read_text("utf-8")).values()
    assert told["results"]["stem.conv"] == {"value": 144.0}  # 3 × 3 weights for each of 16 channels
    colour_by(drawing, "channels left")
    expect(box(drawing, "stem.conv")).to_have_class(classes("counted"), timeout=PATIENCE)
    plan = channel_plan(RESNET, ChannelOptions(), 0.3)
    left = {row.name: row.width / row.width_before for row in plan.layers if row.width_before}
    for name in ("stem.conv", "stage2.block0.conv1", "head"):
        assert box(drawing, name).evaluate(SHARE) == pytest.approx(left[name])
    expect(drawing).to_have_url(re.compile("colours=channels.left"))
    drawing.get_by_text("Show every layer").click()  # another drawing, while what was told is of this one
    expect(box(drawing, "stem.bn")).to_be_visible(timeout=PATIENCE)
    expect(box(drawing, "stem.conv")).to_have_class(classes("counted"), timeout=PATIENCE)
    drawing.get_by_text("Show every layer").click()
    expect(box(drawing, "stem.bn")).to_have_count(0, timeout=PATIENCE)
    colour_by(drawing, "groups")
    expect(box(drawing, "stem.conv")).not_to_have_class(classes("counted"), timeout=PATIENCE)
    assert box(drawing, "stem.conv").evaluate(SHARE) == 1


@pytest.mark.browser
def test_the_picture_of_the_three_steps_comes_over_http(drawing: Page) -> None:
    drawing.get_by_role("button", name="How it works").click()
    picture = drawing.get_by_test_id("stImage").locator("img")
    expect(picture).to_be_visible()
    answer = drawing.request.get(urljoin(drawing.url, picture.get_attribute("src")))
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/png"
    assert picture.evaluate("image => image.naturalWidth") >= 1000
