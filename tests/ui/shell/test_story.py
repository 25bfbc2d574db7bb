"""The guided walk without a browser: where it stands, what it sets, and what a link says against it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui.shell.story import LINK, STEPS
from tests.helpers.paths import ROOT


def opened(page: str, **link: str) -> AppTest:
    """A page as a new session opens it by a link."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    app.run().switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def strip(app: AppTest) -> str:
    return " ".join(text.value for text in app.main.markdown[:2])


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.main.get("page_link")]


@pytest.mark.parametrize("number", range(1, 1 + len(STEPS)))
def test_the_link_of_a_step_opens_it_on_its_page(number: int) -> None:
    step = STEPS[number - 1]
    app = opened(step.page, story=str(number))
    assert strip(app).startswith(f"**{number} of {len(STEPS)} · {step.title}** {step.told}")
    assert app.selectbox(key="network").value == "mnist-resnet"
    assert {name: app.session_state[name] for name in step.settings} == dict(step.settings)
    assert links(app)[: 2 if 1 < number < len(STEPS) else 1] == [
        *(["Back"] if number > 1 else []),
        *(["Next"] if number < len(STEPS) else []),
    ]


def test_what_else_the_link_says_stands_and_another_step_sets_all_anew() -> None:
    app = opened("depgraph_pruning", story="3", ratio="0.2", network="digits-resnet")
    assert app.session_state["ratio"] == 0.2
    assert app.selectbox(key="network").value == "digits-resnet"
    app.query_params[LINK] = "4"
    app.run()
    assert app.session_state["ratio"] == 0.5
    assert app.selectbox(key="network").value == "mnist-resnet"


def test_left_it_is_gone_and_the_overview_leads_back() -> None:
    app = opened("profile", story="3")
    assert "To this step" in links(app)  # profile is not its page
    app.button(key="story_leave").click().run()
    assert LINK not in app.query_params
    assert "3 of 6" not in strip(app)
    assert "Take the walk" in links(opened("overview"))
    app = opened("overview", story="3")
    assert "Continue the walk at step 3" in links(app)


def test_a_step_that_does_not_exist_is_told() -> None:
    app = opened("network", story="9")
    assert app.warning[0].value == "The link asks for story=9; expected a number from 1 to 6. Showing 1."
    assert "1 of 6" in strip(app)
    app = opened("overview", story="99")
    assert [said.value for said in app.warning] == [
        "The link asks for story=99; expected a number from 1 to 6. Showing 1."
    ]
