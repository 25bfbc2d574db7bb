"""Any field drawn as a widget: what is offered, kept in the link, held where it means nothing, and told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from streamlit.testing.v1 import AppTest

from explorer.backends import BACKENDS
from explorer.backends.base import Backend
from explorer.backends.fields import FRACTION, Bounds, Choice, Condition, Field, Offer, choices
from explorer.backends.kinds import CHOICE, FLAG, NUMBER, TEXT, WHOLE
from explorer.backends.layer_kinds import NAMES, RATIOS


@dataclass(frozen=True)
class EveryKind:
    """One option of each kind."""

    rule: str = "first"
    side: str = "left"
    share: float = 0.5
    count: int = 3
    width: int | None = None
    deep: bool = False
    name: str = ""
    spared: tuple[str, ...] = ()
    own: tuple[tuple[str, float], ...] = ()


FIELDS = (
    Field("rule", "Rule", CHOICE, "first", choices=choices(("first", "last"), last="the last")),
    Field(
        "side",
        "Side",
        CHOICE,
        "left",
        choices=choices(("left", "right")),
        offer=Offer(
            lambda options: ["left"] if options.rule == "last" else ["left", "right"],
            lambda options: "The last is on the left. Choose left.",
            "the last is on the left",
        ),
    ),
    Field("share", "Share", NUMBER, 0.5, bounds=FRACTION),
    Field(
        "count", "Count", WHOLE, 3, bounds=Bounds(1), when=Condition(lambda options: options.rule == "last")
    ),
    Field("width", "Width", WHOLE, None, "", (Choice(None, "1"), Choice(8, "8")), Bounds(1), folded=True),
    Field("deep", "Deep", FLAG, False, when=Condition(lambda options: options.rule == "first", greyed=True)),
    Field("name", "Name", TEXT, ""),
    Field("spared", "Spared layers", NAMES, (), purpose="to spare", phrase="sparing {}", folded=True),
    Field("own", "Own shares", RATIOS, (), "own ratio", bounds=FRACTION, phrase="own {}"),
)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that has one option of each kind."""
    known = Backend(
        title="Toy library",
        name="Toy",
        library="the toy",
        removes=False,
        options=f"{__name__}:EveryKind",
        fields=f"{__name__}:FIELDS",
        planner="",
        prefix="toy_",
    )
    monkeypatch.setitem(BACKENDS._entries, "toy", known)


def page() -> None:
    import streamlit as st

    from explorer.engine import calls
    from explorer.ui.parts.option_panel import own_ratio_tables, pick_options
    from tests.helpers.pages import RESNET

    summary = calls.summary(RESNET)
    st.session_state["picked"] = pick_options("toy", summary)
    own_ratio_tables("toy", summary)


def opened(**link: str) -> AppTest:
    """The options as a link opens them."""
    app = AppTest.from_function(page, default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def picked(app: AppTest) -> EveryKind:
    found: EveryKind = app.session_state["picked"]
    return found


def told(app: AppTest) -> str:
    return " ".join(shown.value for shown in (*app.warning, *app.info, *app.caption)).replace("\\", "")


def test_every_kind_is_drawn_and_starts_with_its_default() -> None:
    app = opened()
    assert picked(app) == EveryKind()
    keys = [box.key for boxes in (app.segmented_control, app.number_input, app.toggle) for box in boxes]
    assert keys == ["toy_rule", "toy_side", "toy_width", "toy_share", "toy_deep"]
    assert [box.label for box in (*app.text_input, *app.multiselect)][:2] == [
        "Name",
        "Search layers to override",
    ]
    assert [part.label for part in app.expander] == ["Own shares"]
    assert "Also set" not in told(app)


def test_what_is_typed_and_picked_is_in_the_options() -> None:
    app = opened()
    app.number_input(key="toy_share").set_value(0.25)
    app.toggle(key="toy_deep").set_value(True)
    app.text_input(key="toy_name").set_value("some")
    app.segmented_control(key="toy_width").set_value("8")
    app.multiselect(key="toy_spared").set_value(["head", "stem.conv"]).run()
    assert picked(app) == EveryKind(share=0.25, deep=True, name="some", width=8, spared=("stem.conv", "head"))
    assert "Also set: width 8; sparing stem.conv, head." in told(app)


def test_what_means_nothing_is_greyed_or_away_and_at_its_default() -> None:
    app = opened()
    app.toggle(key="toy_deep").set_value(True).run()
    app.segmented_control(key="toy_rule").set_value("the last").run()
    assert app.toggle(key="toy_deep").disabled
    app.number_input(key="toy_count").set_value(7).run()
    assert picked(app) == EveryKind("last", count=7)
    app.segmented_control(key="toy_rule").set_value("first").run()
    assert "toy_count" not in [box.key for box in app.number_input]
    assert picked(app) == EveryKind(deep=True)


def test_a_choice_that_does_not_go_with_another_is_not_offered_with_the_reason() -> None:
    app = opened()
    app.segmented_control(key="toy_side").set_value("right").run()
    app.segmented_control(key="toy_rule").set_value("the last").run()
    assert app.segmented_control(key="toy_side").options == ["left"]
    assert "right is unavailable here: the last is on the left. Showing left." in told(app)
    assert "Unavailable with these options: right (the last is on the left)." in told(app)
    assert picked(app).side == "left"


def test_options_come_from_the_link() -> None:
    link = {
        "toy_share": "0.75",
        "toy_deep": "true",
        "toy_spared": "head",
        "toy_own": "head:0.10,stem.conv:0.25",
    }
    own = (("head", 0.1), ("stem.conv", 0.25))
    assert picked(opened(**link)) == EveryKind(share=0.75, deep=True, spared=("head",), own=own)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("toy_rule", "lost", "a value of rule “lost”, which does not exist. Did you mean the last?"),
        ("toy_share", "2", "toy_share=2; expected a number from 0 to 0.95. Showing 0.5."),
        ("toy_deep", "maybe", "a value of deep “maybe”, which does not exist. Known: true, false."),
        ("toy_spared", "heat", "a layer to spare “heat”, which does not exist. Did you mean head"),
        ("toy_own", "head:7", "toy_own=head:7; expected a layer, a colon and a fraction from 0 to 0.95"),
    ],
)
def test_what_a_link_cannot_mean_costs_one_sentence(name: str, value: str, sentence: str) -> None:
    app = opened(**{name: value})
    assert sentence in told(app)
    assert picked(app) == EveryKind()
