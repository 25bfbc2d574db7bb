"""The live slider in a real browser, without a server: what it sends to Python, and when."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from explorer.ui.parts import live_slider

pytestmark = pytest.mark.browser

MOUNT = """async source => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.sent = [];
  window.answer = (answered, again, more = {}) => module.default({
    parentElement: document.body,
    data: {
      label: "Ratio", link: "ratio", min: 0, max: 0.95, step: 0.01, answered, again, turn: 0,
      behind: false, ahead: false, followers: ["below", "seen", "none"], ...more,
    },
    setStateValue: (name, value) => window.sent.push(value),
  });
  window.answer(0.2, "");
}"""


@pytest.fixture
def held(page: Page) -> Page:
    """A page with the slider alone, which is held at half of its range."""
    page.goto("data:text/html,<body></body>")
    page.set_content(
        f'{live_slider._HTML}<p class="st-key-seen">a</p>'
        '<p class="st-key-below" style="margin-top: 200vh; height: 50vh">b</p>'
    )
    page.evaluate("history.replaceState = () => {}")  # a page without an address has no link to keep
    page.evaluate(MOUNT, live_slider._JS)
    box = page.locator("input[type=range]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_function("window.sent.length === 1")
    return page


def sent(page: Page) -> list[dict[str, Any]]:
    told = list(page.evaluate("window.sent"))
    assert [one.pop("turn") for one in told] == list(
        range(1, len(told) + 1)
    )  # or Streamlit drops what is equal
    return told


def test_what_python_put_off_is_asked_for_once_when_the_slider_is_let_go(held: Page) -> None:
    (first,) = sent(held)
    assert first["moving"]
    held.evaluate("at => window.answer(at, 'release')", first["at"])
    held.wait_for_timeout(200)
    assert sent(held) == [first]  # still held
    held.mouse.up()
    held.wait_for_function("window.sent.length === 2")
    held.evaluate("at => window.answer(at, '')", first["at"])
    held.wait_for_timeout(200)
    assert sent(held) == [first, {"at": first["at"], "moving": False, "spared": []}]


def test_an_answer_that_put_something_off_after_the_slider_was_let_go_is_asked_for_again(held: Page) -> None:
    (first,) = sent(held)
    held.mouse.up()
    held.evaluate("at => window.answer(at, 'release')", first["at"])
    held.wait_for_function("window.sent.length === 2")
    assert sent(held)[1] == {"at": first["at"], "moving": False, "spared": []}


def test_what_is_not_measured_yet_is_asked_for_at_a_pause_though_the_slider_is_held(held: Page) -> None:
    (first,) = sent(held)
    held.evaluate("at => window.answer(at, 'pause')", first["at"])
    held.wait_for_function("window.sent.length === 2")
    held.evaluate("at => window.answer(at, '')", first["at"])
    held.wait_for_timeout(200)
    assert sent(held) == [first, {"at": first["at"], "moving": True, "spared": []}]


def test_what_is_out_of_sight_does_not_follow_until_the_slider_rests(held: Page) -> None:
    (first,) = sent(held)
    assert first["spared"] == ["below", "seen"]  # every second step
    held.mouse.up()
    held.evaluate("at => window.answer(at, '', { behind: true })", first["at"])  # Python waits for the rest
    held.wait_for_function("window.sent.length === 2")
    held.evaluate("at => window.answer(at, '')", first["at"])
    held.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    held.locator("input[type=range]").evaluate("range => range.dispatchEvent(new Event('input'))")
    held.wait_for_function("window.sent.length === 3")
    assert [one["spared"] for one in sent(held)][1:] == [[], ["seen"]]


def test_what_fell_behind_a_held_slider_is_asked_for_when_it_rests(held: Page) -> None:
    (first,) = sent(held)
    held.evaluate("at => window.answer(at, '', { behind: true })", first["at"])
    held.wait_for_function("window.sent.length === 2")
    assert sent(held)[1] == {"at": first["at"], "moving": True, "spared": []}


def test_where_something_goes_ahead_it_stands_for_what_is_around_the_slider_until_that_rests(
    held: Page,
) -> None:
    (first,) = sent(held)
    held.evaluate("at => window.answer(at, '', { ahead: true })", first["at"])
    held.locator("input[type=range]").evaluate("range => range.dispatchEvent(new Event('input'))")
    held.wait_for_function("window.sent.length === 2")
    held.mouse.up()
    held.evaluate("at => window.answer(at, 'pause', { ahead: true, behind: true })", first["at"])
    held.wait_for_function("window.sent.length === 3")  # what is judged
    held.evaluate("at => window.answer(at, '', { ahead: true, behind: true })", first["at"])
    held.wait_for_function("window.sent.length === 4")  # then the others
    held.evaluate("at => window.answer(at, '', { ahead: true })", first["at"])
    held.wait_for_timeout(400)
    told = [(one["moving"], one["spared"]) for one in sent(held)[1:]]
    assert told == [(True, ["below", "none"]), (False, ["below", "none"]), (False, [])]


def test_letting_go_sends_nothing_more_where_nothing_was_put_off(held: Page) -> None:
    (first,) = sent(held)
    held.evaluate("at => window.answer(at, '')", first["at"])
    held.mouse.up()
    held.wait_for_timeout(200)
    assert sent(held) == [first]
