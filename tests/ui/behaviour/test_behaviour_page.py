"""The Behaviour page shows what the engine counts, and says what it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer.backends import backend_of, parsed
from explorer.engine import calls
from explorer.ui.parts.trailing import QUICK
from explorer.ui.pruning import judged
from explorer.values import ChannelOptions, NetworkSpec, Weights
from explorer.values.behaviour import Behaviour
from explorer.words.formats import plain
from tests.helpers.pages import RESNET, metric, open_app
from tests.helpers.paths import ROOT
from tests.helpers.processes import until

MNIST = NetworkSpec("mnist-resnet", Weights.TRAINED)


@pytest.mark.parametrize("library", ["depgraph", "native", "sparseml"])
def test_the_figures_are_those_of_the_library_at_the_sliders_ratio(library: str) -> None:
    known = backend_of(library)
    app = open_app("behaviour", behaviour_library=known.name, **{known.amount: "0.6"})
    found = calls.behaviour(RESNET, library, parsed(library, {}), 0.6, True)
    assert metric(app, "Flips") == f"{found.count(flipped=True)}"
    assert metric(app, "Correct → wrong") == f"{found.count(True, False)}"
    assert metric(app, "Accuracy") == f"{100 * found.count(is_correct=True) / 450:.1f} %"
    assert [error.value for error in app.error] == []


def test_the_state_is_switched_and_named() -> None:
    app = open_app("behaviour", ratio="0.3")
    assert any("re-calibrated on 250 training images" in text.value for text in app.markdown)
    app.segmented_control(key="behaviour_after").set_value("Right after").run()
    assert any("450 test images, right after pruning" in text.value for text in app.markdown)


def test_a_criterion_that_the_network_cannot_have_is_not_offered_and_the_link_is_told_why() -> None:
    app = open_app("behaviour", network="digits-vit", behaviour_depgraph_criterion="BN scale", ratio="9")
    assert "BN scale" not in app.selectbox(key="behaviour_depgraph_criterion").options
    assert "BN scale is unavailable here: there is no BatchNorm layer" in app.warning[0].value
    assert "ratio=9; expected a fraction from 0 to 0.95. Showing 0.3." in app.warning[1].value
    assert [error.value for error in app.error] == []


def test_a_budget_moves_the_slider() -> None:
    app = open_app("behaviour", ratio="0.1")
    app.selectbox(key="to_budget").select("MACs")
    app.button(key="to_budget_set").click().run()
    ratio = app.session_state["ratio"]
    assert ratio > 0.1
    found = calls.behaviour(RESNET, "depgraph", ChannelOptions(), ratio, True)
    assert metric(app, "Flips") == str(found.count(flipped=True))
    told = f"Closest to 50 % of the MACs: ratio {ratio:.2f}"
    assert any(told in one.value for one in (*app.warning, *app.info, *app.caption))


def test_classes_are_called_by_their_names_whatever_these_hold() -> None:
    def page() -> None:
        from explorer.ui.behaviour.panel import show_behaviour
        from explorer.values.behaviour import Answer, Answers, Behaviour, Flip

        answers = (Answers(0, 0, 1, 30), Answers(1, 1, 1, 4))
        flip = Flip(0, 0, Answer(0, 0.9), Answer(1, 0.6), None)
        show_behaviour(Behaviour(answers, (flip,), 34, 0, ("<b>ox", "_cat_")))

    app = AppTest.from_function(page, default_timeout=120).run()
    shown = "".join(str(one.proto.body) for one in app.get("html"))
    assert "<b>&lt;b&gt;ox → _cat_</b>" in shown
    assert "label &lt;b&gt;ox, was correct" in shown
    assert '<th scope="row"><span title="&lt;b&gt;ox">&lt;b&gt;ox</span></th><td class="right"' in shown
    assert any(f"Class {plain('<b>ox')} pays most: " in text.value for text in app.caption)


def test_random_weights_have_no_answers_to_compare() -> None:
    app = open_app("behaviour", weights="random")
    assert "Accuracy needs trained weights and labelled images." in [text.value for text in app.caption]
    assert not app.metric


def test_of_a_network_too_slow_to_follow_the_slider_it_is_said_which_page_measures_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "live_accuracy", lambda *_: None)
    app = open_app("behaviour", network="squeezenet1_1", weights="random")
    (told,) = (one.value for one in app.info)
    assert "`--model torchvision:squeezenet1_1 --data imagefolder:FOLDER`" in told
    assert "below" not in told
    assert any("**Apply** on the DepGraph pruning page measures it." in one.value for one in app.caption)
    assert [one.proto.page for one in app.get("page_link")] == ["depgraph_pruning"]


def test_a_digit_from_the_test_images_is_answered_by_both_networks_at_any_ratio() -> None:
    app = open_app("behaviour", behaviour_view="Draw a digit", ratio="0.0")
    assert not app.metric
    app.button(key="digit_7").click().run()
    assert metric(app, "Dense says") == metric(app, "Pruned says") == "7"
    first = app.session_state["digit_ink"]
    app.button(key="digit_7").click().run()
    assert app.session_state["digit_ink"] != first
    app.session_state["digit_ink"] = first
    app.session_state["ratio"] = 0.9
    app.run()
    found = calls.drawn(RESNET, "depgraph", ChannelOptions(), 0.9, True, first)
    assert metric(app, "Pruned says") == str(max(range(10), key=found.pruned.__getitem__))
    assert metric(app, "Dense says") == "7"


def test_what_the_browser_sent_and_is_no_drawing_is_told_in_one_sentence() -> None:
    app = open_app("behaviour", behaviour_view="Draw a digit")
    app.session_state["digit_ink"] = (1, 2, 300)
    app.run()
    (error,) = app.error
    assert error.value.startswith("A drawing must hold 3,136 whole numbers from 0 to 255")


@pytest.mark.large
def test_all_test_images_are_judged_by_a_run_where_the_slider_is_followed_by_a_sample() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "behaviour.py"), default_timeout=120)
    app.query_params["network"], app.query_params["ratio"] = MNIST.name, "0.3"
    app.run()
    next(one for one in app.button if one.label == "Judge all 1,000 test images").click().run()
    job = app.session_state["behaviour_run"]
    assert until(lambda: calls.job(job).over, seconds=120)
    app.run()
    found = calls.job(job).result
    assert isinstance(found, Behaviour)
    assert (found.images, found.seen) == (1000, int(1.7e9 / 5_537_984) // 2)
    flips = [shown.value for shown in app.metric if shown.label == "Flips"]
    sample = calls.behaviour(MNIST, "depgraph", ChannelOptions(), 0.3, True)
    assert flips == [str(sample.count(flipped=True)), str(found.count(flipped=True))]
    assert [error.value for error in app.error] == []


class Held:
    """Answers as an engine does, and never beside it: a slow machine, while a slider is held."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self.asked: list[float] = []
        self.is_over = Event()

    def __call__(
        self, spec: NetworkSpec, backend: str, options: ChannelOptions, ratio: float, *further: Any
    ) -> Any:
        self.asked.append(ratio)
        return replace(self._call(spec, backend, options, ratio, *further), seconds=2 * QUICK)

    def beside(self, *asked: Any) -> None:
        self.is_over.wait(10)


@pytest.mark.parametrize(
    ("name", "view", "figure"),
    [("behaviour", "Test images", "Flips"), ("drawn", "Draw a digit", "Pruned says")],
)
def test_while_the_slider_moves_the_last_answers_stay_and_their_position_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, view: str, figure: str
) -> None:
    held = Held(getattr(calls, name))
    monkeypatch.setattr(calls, name, held)
    app = open_app("behaviour", behaviour_view=view, ratio="0.3")
    if view == "Draw a digit":
        app.button(key="digit_7").click().run()
    before = metric(app, figure)
    monkeypatch.setattr(judged, "is_moving", lambda slider: True)
    app.session_state["ratio"] = 0.9
    app.run()
    assert metric(app, figure) == before
    assert any("at 0.30: " in text.value and "re-calibrated on 250" in text.value for text in app.markdown)
    monkeypatch.setattr(judged, "is_moving", lambda slider: False)
    app.run()
    assert metric(app, figure) != before
    assert held.asked == [0.3, 0.9]
    held.is_over.set()
