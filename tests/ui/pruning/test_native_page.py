"""The PyTorch native page as Streamlit runs it; the engine is real."""

from __future__ import annotations

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer.engine import calls
from explorer.ui.extras.native import charts as native_charts
from explorer.ui.extras.native.steps import _first_focus
from explorer.ui.parts import charts
from explorer.ui.parts.layer_bars import zeros_drawing, zeros_left
from explorer.values import (
    Axis,
    MaskedLayer,
    MaskSteps,
    NativeOptions,
    Pattern,
    WeightCriterion,
    WeightScope,
)
from explorer.values.errors import PruningError
from explorer.words import formats
from tests.helpers.pages import RESNET, metric, open_app, plan_figures
from tests.helpers.paths import ROOT
from tests.helpers.plans import mask_plan


def nonzero(amount: float | int, options: NativeOptions | None = None) -> str:
    """Non-zeros that the plan leaves, as the page writes them."""
    return formats.count(mask_plan(RESNET, options or NativeOptions(), amount).nonzero)


def test_the_page_shows_the_plan_of_its_options() -> None:
    app = open_app("pytorch_native")
    app.session_state["native_amount"] = 0.3
    app.segmented_control(key="native_scope").set_value("global").run()
    plan = mask_plan(RESNET, NativeOptions(scope=WeightScope.GLOBAL), 0.3)
    assert metric(app, "Non-zeros") == formats.count(plan.nonzero)
    assert metric(app, "Effective MACs") == formats.count(plan.effective_macs)
    assert metric(app, "Dense MACs") == formats.count(calls.summary(RESNET).macs)
    assert metric(app, "Masks attached") == formats.file_size(plan.bytes_masked)
    assert metric(app, "Tensors") == formats.file_size(plan.bytes)
    assert metric(app, "Stored sparse") == formats.file_size(plan.bytes_compressed)


def test_counts_are_drawn_before_accuracy_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: object) -> None:
        raise PruningError("Nothing was measured. Try another amount.")

    app = open_app("pytorch_native")
    monkeypatch.setattr(calls, "live_accuracy", broken)
    app.session_state["native_amount"] = 0.3
    app.run()
    assert app.error[0].value == "Nothing was measured. Try another amount."
    assert metric(app, "Non-zeros") == nonzero(0.3)


def test_slices_have_norms_an_axis_and_no_biases() -> None:
    app = open_app("pytorch_native")
    app.segmented_control(key="native_pattern").set_value("structured").run()
    assert not app.toggle
    app.segmented_control(key="native_criterion").set_value("L∞").run()
    app.segmented_control(key="native_axis").set_value("in").run()
    options = NativeOptions(Pattern.STRUCTURED, WeightCriterion.LINF, axis=Axis.IN)
    assert metric(app, "Non-zeros") == nonzero(0.5, options)
    app.segmented_control(key="native_pattern").set_value("unstructured").run()
    assert metric(app, "Non-zeros") == nonzero(0.5)


def test_slices_are_not_ranked_globally_and_the_page_says_why() -> None:
    app = open_app("pytorch_native")
    app.segmented_control(key="native_scope").set_value("global").run()
    app.segmented_control(key="native_pattern").set_value("structured").run()
    assert app.segmented_control(key="native_scope").options == ["layer"]
    assert "global is unavailable here: whole slices are ranked layer by layer only" in told(app)
    assert any(
        "Unavailable with these options: global (whole slices are" in text.value for text in app.caption
    )
    assert not app.error
    assert metric(app, "Non-zeros") == nonzero(0.5, NativeOptions(Pattern.STRUCTURED))


def test_a_link_that_asks_for_global_slices_opens_with_a_sentence() -> None:
    app = opened(native_pattern="structured", native_scope="global")
    assert "DepGraph prunes globally. Showing layer." in told(app)
    assert metric(app, "Non-zeros") == nonzero(0.5, NativeOptions(Pattern.STRUCTURED))


def test_a_seed_goes_into_the_plan() -> None:
    app = open_app("pytorch_native")
    app.segmented_control(key="native_criterion").set_value("random").run()
    app.number_input(key="native_seed").set_value(4).run()
    options = NativeOptions(criterion=WeightCriterion.RANDOM, seed=4)
    assert metric(app, "Non-zeros") == nonzero(0.5, options)


def test_a_count_of_one_is_one_weight_of_each_layer() -> None:
    app = open_app("pytorch_native")
    app.segmented_control(key="native_unit").set_value("count").run()
    app.number_input(key="native_count").set_value(1).run()
    layers = len(calls.maskable_layers(RESNET))
    assert metric(app, "Non-zeros") == formats.count(calls.summary(RESNET).params - layers)
    assert any("**1 is one weight** of every layer" in caption.value for caption in app.caption)


def test_a_count_starts_where_the_slider_stands_and_anew_where_it_counts_something_else() -> None:
    app = open_app("pytorch_native", native_amount="0.25")
    app.segmented_control(key="native_unit").set_value("count").run()
    assert app.number_input(key="native_count").value == 16 * 1 * 3 * 3 // 4  # of stem.conv, the smallest
    app.segmented_control(key="native_pattern").set_value("structured").run()
    assert app.number_input(key="native_count").value == round(10 / 4)  # of head, with the fewest outputs
    assert not app.error


def test_a_count_above_a_layer_is_refused_in_a_sentence() -> None:
    app = open_app("pytorch_native")
    app.segmented_control(key="native_unit").set_value("count").run()
    app.number_input(key="native_count").set_value(1_000_000).run()
    (error,) = app.error
    assert "1000000 (a count)" in error.value


def opened(**link: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "pages" / "pytorch_native.py"), default_timeout=120)
    for name, value in {"network": RESNET.name, **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    """All notices on the page."""
    return " ".join(shown.value for shown in (*app.warning, *app.info)).replace("\\", "")


def test_layers_and_ratios_of_their_own_come_from_the_link() -> None:
    app = opened(native_own="head:0.10,stem.conv:0.00,heat:0.50,head:7")
    options = NativeOptions(overrides=(("head", 0.1), ("stem.conv", 0.0)))
    assert metric(app, "Non-zeros") == nonzero(0.5, options)
    assert "“heat”, which does not exist. Did you mean head?" in told(app)
    assert "native_own=head:7; expected a layer, a colon and a fraction from 0 to 1" in told(app)
    assert app.query_params["native_own"] == "head:0.10,stem.conv:0.00"


def test_own_ratios_go_with_their_network_and_one_sentence_says_so() -> None:
    app = open_app("pytorch_native", native_own="stem.conv:0.10,head:0.20")
    app.selectbox(key="network").set_value("digits-vit").run()
    assert told(app).count("The ratio set for stem.conv was dropped: digits-vit has no such layer") == 1
    assert app.query_params["native_own"] == "head:0.20"


def test_an_own_ratio_of_a_layer_that_is_not_masked_has_no_effect_and_is_told() -> None:
    app = opened(native_own="head:0.10", native_layers="stem.conv")
    assert "The ratio set for head has no effect" in told(app)
    assert metric(app, "Non-zeros") == nonzero(0.5, NativeOptions(layers=("stem.conv",)))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("native_amount", "5", "native_amount=5; expected a fraction from 0 to 1. Showing 0.5."),
        ("native_seed", "-1", "native_seed=-1; expected a number from 0 to 2147483647. Showing 0."),
        ("native_count", "many", "native_count=many; expected a number from 0 to 1000000000. Showing 1."),
        (
            "native_biases",
            "maybe",
            "a value of biases too “maybe”, which does not exist. Known: true, false.",
        ),
    ],
)
def test_what_a_link_cannot_mean_costs_one_sentence(name: str, value: str, sentence: str) -> None:
    link = {"native_seed": {"native_criterion": "random"}, "native_count": {"native_unit": "count"}}
    app = opened(**{name: value, **link.get(name, {})})
    assert sentence in told(app)
    assert not app.error


def test_the_layer_in_focus_can_be_changed() -> None:
    app = open_app("pytorch_native")
    app.selectbox(key="native_focus").set_value("head").run()
    assert any(f"The {formats.shape((10, 64))} mask" in caption.value for caption in app.caption)


def test_ranking_can_be_cancelled_and_taken_up_again() -> None:
    app = open_app("pytorch_native")
    options = NativeOptions(scope=WeightScope.GLOBAL)
    app.session_state["ranking_cancelled"] = (RESNET, "native", options)
    app.segmented_control(key="native_scope").set_value("global").run()
    assert any("No ranking yet, so there is no plan" in info.value for info in app.info)
    assert not plan_figures(app)
    next(button for button in app.button if button.label == "Rank it").click().run()
    assert metric(app, "Non-zeros") == nonzero(0.5, options)


def test_a_layer_whose_sorting_takes_long_is_not_looked_at_unbidden() -> None:
    assert _first_focus({"conv": 2_359_296, "small": 1728, "head": 102_760_448}) == "conv"
    assert _first_focus({"large": 16_777_216, "head": 102_760_448}) == "large"


def sparsity_row(name: str, nonzero: int, maskable: int = 90) -> MaskedLayer:
    return MaskedLayer(name, "Conv2d", 8, 8, 100, 100, nonzero, 0, 0, 0, masked=maskable, maskable=maskable)


def test_only_masked_layers_stand_in_the_chart() -> None:
    rows = [sparsity_row("conv", 25), sparsity_row("bn", 100, maskable=0)]
    assert zeros_left(rows) == [25]
    assert zeros_drawing(rows) == zeros_drawing(rows[:1]) != zeros_drawing([sparsity_row("head", 25)])


def steps(zeroed: int, threshold: float | None) -> MaskSteps:
    return MaskSteps(
        "conv",
        (2, 1),
        "weight",
        4,
        zeroed,
        threshold,
        bins=(0.0, 1.0, 2.0),
        counts=(3, 1),
        curve=((0, 0.1), (3, 1.9)),
        picture=((0.0,), (1.0,)),
        norm_seconds=0.0,
        sort_seconds=0.0,
        zeroise_seconds=0.0,
        timed=2,
    )


def test_each_bar_shows_how_much_of_it_goes() -> None:
    for zeroed, threshold, going in ((0, None, [0, 0]), (2, 0.6, [2, 0]), (3, 0.9, [3, 0]), (4, 1.9, [3, 1])):
        data = native_charts.histogram(steps(zeroed, threshold)).data
        assert list(data[data["fate"] == "goes"]["count"]) == going
        assert data["count"].sum() == 3 + 1
        assert (data["top"] - data["base"]).tolist() == data["count"].tolist()


def test_the_threshold_stands_where_its_score_is_between_the_edges() -> None:
    uneven = dataclasses.replace(steps(3, 0.75), bins=(0.0, 0.5, 1.0), counts=(3, 1))
    assert set(native_charts.histogram(uneven).data["threshold"]) == {1.5}


def test_the_specs_stay_while_the_cut_moves() -> None:
    before, after = steps(1, 0.1), steps(3, 0.9)
    for chart in (native_charts.histogram, native_charts.curve):
        assert chart(before).spec == chart(after).spec


def test_a_mask_is_a_picture_with_a_pixel_for_each_kernel() -> None:
    html = native_charts.picture(steps(1, 0.1))
    encoded = re.search(r"data:image/png;base64,([^\"]+)", html)
    assert encoded
    with Image.open(io.BytesIO(base64.b64decode(encoded[1]))) as picture:
        pixels = np.asarray(picture.convert("RGB"))[:, 0]
    assert ["#" + pixel.tobytes().hex() for pixel in pixels] == ["#f2ece2", charts.AFTER]  # zero, kept
    assert "The mask of conv: a row per filter, a column per input" in html
