"""The SparseML page as Streamlit runs it; the engine is real, and so is SparseML where it is set up."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Header, Info

from explorer.backends import SPARSEML, backend_of
from explorer.engine import calls
from explorer.process import island
from explorer.ui.extras.sparseml import charts
from explorer.ui.extras.sparseml.recipe import LONGEST
from explorer.ui.extras.sparseml.run import sparse_run
from explorer.ui.extras.sparseml.state import DEFAULTS, Which, which_of
from explorer.ui.parts import training_charts
from explorer.ui.parts.plan_parts import NOT_LIVE
from explorer.values import (
    Interpolation,
    JobState,
    JobStatus,
    MaskType,
    Modifier,
    NetworkSpec,
    Progress,
    RunMode,
    SchedulePoint,
    SparseOptions,
    TrainingPoint,
    Weights,
    WeightScope,
)
from explorer.words import formats
from tests.helpers.pages import RESNET, metric, open_app, plan_figures, plan_marks
from tests.helpers.plans import recipe_plan
from tests.helpers.present import present

pytestmark = pytest.mark.large

MISSING = island.why_missing()
on_the_island = pytest.mark.skipif(bool(MISSING), reason=MISSING or "SparseML is set up")


def recipe(options: SparseOptions = DEFAULTS) -> str:
    """The recipe that the plan writes for these options."""
    return recipe_plan(RESNET, options).recipe()


def text(app: AppTest) -> str:
    """The recipe on the page."""
    return str(app.text_area(key="sparse_text").value)


def use(app: AppTest, edited: str) -> AppTest:
    """Edit the recipe and press the button beside it."""
    app.text_area(key="sparse_text").set_value(edited)
    return app.button(key="sparse_use").click().run()


def labels(app: AppTest) -> set[str]:
    """What every widget of the page is called."""
    widgets = [*app.number_input, *app.selectbox, *app.multiselect, *app.text_input, *app.segmented_control]
    return {widget.label for widget in widgets}


def told(app: AppTest, words: str) -> bool:
    """Whether any sentence of the page holds these words."""
    return any(words in shown.value for shown in (*app.error, *app.info, *app.caption, *app.warning))


def offered(app: AppTest) -> bool:
    """Whether the network can be taken away."""
    return any(button.label == "Make the folder" for button in app.button)


@pytest.fixture(scope="module")
def app() -> AppTest:
    """The page as it opens; tests that change nothing share it."""
    return open_app("sparseml")


def test_the_page_shows_the_plan_of_its_widgets(app: AppTest) -> None:
    plan = recipe_plan(RESNET, DEFAULTS)
    assert metric(app, "Non-zeros") == formats.count(plan.nonzero)
    assert metric(app, "Dense MACs") == formats.count(calls.summary(RESNET).macs)
    assert metric(app, "Effective MACs") == formats.count(plan.effective_macs)
    assert metric(app, "Tensors") == formats.file_size(calls.summary(RESNET).bytes)
    assert metric(app, "Stored sparse") == formats.file_size(plan.bytes_compressed)
    found = calls.live_accuracy(RESNET, "sparseml", DEFAULTS, None)
    assert found
    assert metric(app, "Re-calibrated") == formats.accuracy(found.headline.accuracy)
    assert text(app) == plan.recipe()
    assert plan_marks(app) == [("exact", "blue")]


def test_the_limits_of_masking_and_what_is_not_offered_is_said(app: AppTest) -> None:
    said = " ".join(shown.value for shown in app.markdown)
    for words in ("No multiplication is saved", "sparse runtime", "2:4", "DeepSparse", "discontinued"):
        assert words in said
    for name in ("LayerPruningModifier", "PowerPropagationModifier", "ASRegModifier"):
        assert name in said
        assert name not in [modifier.tag for modifier in Modifier]


def test_the_recipe_follows_the_widgets() -> None:
    app = open_app("sparseml")
    app.selectbox(key="sparse_interpolation").set_value("linear").run()
    app.number_input(key="sparse_end_epoch").set_value(4.0).run()
    assert text(app) == recipe(replace(DEFAULTS, interpolation=Interpolation.LINEAR, end_epoch=4.0))


@pytest.mark.parametrize("modifier", Modifier)
def test_each_modifier_opens_with_what_works_and_nothing_else(modifier: Modifier) -> None:
    app = open_app("sparseml", sparse_modifier=str(modifier))
    assert not app.error
    assert app.selectbox(key="sparse_mask_type").options == [str(mask) for mask in modifier.traits.masks]
    assert told(app, modifier.told)
    shown = labels(app)
    assert ("Initial sparsity" in shown) == modifier.traits.gradual
    assert ("Interpolation" in shown) == modifier.traits.gradual
    assert ("Scope" in shown) == (len(modifier.traits.scopes) > 1)
    assert ("Backward sparsity" in shown) == (modifier is Modifier.TOPKAST)
    modes = app.segmented_control(key="sparse_mode").options
    assert ("one-shot" in modes) == (RunMode.ONE_SHOT in modifier.modes)
    assert f"!{modifier.tag}" in text(app)


@pytest.mark.parametrize("mask", [mask for mask in MaskType if mask in Modifier.GM.traits.masks])
def test_each_mask_type_goes_into_the_plan(mask: MaskType) -> None:
    app = open_app("sparseml", network="digits-vit", sparse_mask_type=str(mask))
    fixed = mask.fixed_sparsity
    options = replace(DEFAULTS, mask_type=mask)
    if fixed:
        options = replace(options, init_sparsity=fixed, final_sparsity=fixed)
    plan = recipe_plan(replace(RESNET, name="digits-vit"), options)
    assert metric(app, "Non-zeros") == formats.count(plan.nonzero)
    assert told(app, mask.told)
    assert told(app, "fixes sparsity at 50 %") == (fixed is not None)


def test_what_depends_on_gradients_has_no_accuracy_before_a_run() -> None:
    app = open_app("sparseml", sparse_modifier="MFAC")
    assert "Right after" not in [shown.label for shown in app.metric]
    assert told(app, "only a run shows")


def test_a_network_that_no_slider_can_wait_for_is_measured_by_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "live_accuracy", lambda *_: None)
    told = [text.value for text in open_app("sparseml", network="digits-cnn").caption]
    assert f"{NOT_LIVE} Use **Run the recipe**." in told
    assert not any("labelled images" in text for text in told)


def test_in_one_shot_inverse_cubic_would_stop_early_so_no_accuracy_is_shown() -> None:
    app = open_app("sparseml", sparse_interpolation="inverse_cubic")
    assert "Right after" not in [shown.label for shown in app.metric]
    assert told(app, "stops at the initial sparsity")


def test_the_slider_takes_the_initial_sparsity_along() -> None:
    app = open_app("sparseml", sparse_final_sparsity="0.03")
    assert text(app) == recipe(replace(DEFAULTS, init_sparsity=0.03, final_sparsity=0.03))
    assert not app.error


def test_what_became_of_the_run_stands_before_the_folder_to_take_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = JobStatus("run", JobState.CANCELLED, Progress(0.2, ""), 3.0, error="The run was cancelled.")
    monkeypatch.setattr(calls, "job", lambda job_id: ended)
    monkeypatch.setattr(island, "why_missing", lambda: "")
    app = open_app("sparseml", **{backend_of(SPARSEML).run: "run"})
    told = [shown.value for shown in app.main if isinstance(shown, Header | Info)]
    at = told.index("The run")
    assert told[at + 1 : at + 3] == ["The run was cancelled. Run the recipe starts it again.", "Take it away"]


def test_a_mistake_is_told_at_its_widget_and_mended_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(island, "why_missing", lambda: "")
    app = open_app("sparseml")
    assert offered(app)
    app.number_input(key="sparse_end_epoch").set_value(20.0).run()
    assert "before SparseML reaches end" in app.error[0].value
    assert "Non-zeros" not in plan_figures(app)
    assert told(app, "Recipe not updated")
    assert not offered(app)
    app.number_input(key="sparse_epochs").set_value(25.0).run()
    assert not app.error
    assert offered(app)
    assert text(app) == recipe(replace(DEFAULTS, end_epoch=20.0, epochs=25.0))


def test_whole_epochs_are_given_to_acdc_which_takes_no_others() -> None:
    app = open_app("sparseml")
    app.selectbox(key="sparse_modifier").set_value("ACDC").run()
    assert not app.error
    assert app.number_input(key="sparse_update_frequency").value == 1.0
    assert open_app("sparseml", sparse_modifier="ACDC", sparse_update_frequency="2").number_input(
        key="sparse_update_frequency"
    ).value == pytest.approx(2.0)


def test_layers_can_be_listed() -> None:
    app = open_app("sparseml")
    app.segmented_control(key="sparse_which").set_value("list").run()
    assert "No layer" in app.error[0].value
    app.multiselect(key="sparse_layers").set_value(["head", "stem.conv"]).run()
    assert text(app) == recipe(replace(DEFAULTS, layers=("stem.conv", "head")))


def test_layers_can_be_named_by_a_pattern_that_must_not_match_batchnorm() -> None:
    app = open_app("sparseml")
    app.segmented_control(key="sparse_which").set_value("pattern").run()
    assert text(app) == recipe()
    app.text_input(key="sparse_pattern").set_value(r"stage1.*conv\d.weight").run()
    assert text(app) == recipe(replace(DEFAULTS, pattern=r"stage1.*conv\d.weight"))
    app.text_input(key="sparse_pattern").set_value(".*weight").run()
    assert "BatchNorm" in app.error[0].value


def test_the_group_picked_on_the_graph_page_is_masked() -> None:
    graph = calls.graph(RESNET)
    group = [group for group in graph.groups if group.prunable][1]
    app = open_app("dependency_graph", group=str(group.id))
    app.switch_page("pages/sparseml.py").run()
    app.segmented_control(key="sparse_which").set_value("group").run()
    members = tuple(layer for layer in calls.maskable_layers(RESNET) if layer in group.layers)
    assert text(app) == recipe(replace(DEFAULTS, layers=members))


def heads_of_vit() -> int:
    """A group that loses channels of several attention heads at once."""
    graph = calls.graph(NetworkSpec("digits-vit", Weights.TRAINED))
    return next(group.id for group in graph.groups if group.prunable and group.heads > 1)


def test_the_groups_open_with_one_that_can_be_masked() -> None:
    for network in ("digits-vit", "digits-densenet"):  # heads; channels that are read behind others
        app = open_app("sparseml", network=network)
        assert not app.error
        assert "StructuredPruningModifier" in app.code[0].value


def test_a_group_that_cannot_be_masked_is_refused_at_its_own_widget() -> None:
    app = open_app("sparseml", network="digits-vit", sparse_modifier="Structured", sparse_which="group")
    assert not app.error
    app.selectbox(key="sparse_group").set_value(heads_of_vit()).run()
    assert "attention heads, which SparseML cannot" in app.error[0].value
    assert "Non-zeros" not in plan_figures(app)
    assert app.download_button[0].disabled
    app.segmented_control(key="sparse_which").set_value("all").run()
    assert "Non-zeros" in plan_figures(app)


def test_another_network_forgets_layers_and_keeps_the_rest() -> None:
    app = open_app("sparseml", sparse_which="list", sparse_layers="head", sparse_interpolation="linear")
    app.selectbox(key="network").set_value("digits-cnn").run()
    assert not app.error
    options = replace(DEFAULTS, interpolation=Interpolation.LINEAR)
    assert text(app) == recipe_plan(replace(RESNET, name="digits-cnn"), options).recipe()


def test_the_builder_is_kept_while_another_page_is_open() -> None:
    app = open_app("sparseml")
    app.selectbox(key="sparse_modifier").set_value("Movement").run()
    app.switch_page("pages/dependency_graph.py").run()
    app.switch_page("pages/sparseml.py").run()
    assert "!MovementPruningModifier" in text(app)


def test_what_a_link_names_wrongly_is_told() -> None:
    app = open_app("sparseml", sparse_modifier="GMM", sparse_mask_type="unstructured")
    assert any("“GMM”" in shown.value for shown in app.warning)
    assert text(app) == recipe()


SOME = [
    replace(DEFAULTS, final_sparsity=0.875, init_sparsity=0.1, end_epoch=4.5, epochs=5.0),
    replace(DEFAULTS, mask_type=MaskType.FOUR_BY_ONE, layers=("stage1.block0.conv1",)),
    replace(DEFAULTS, modifier=Modifier.MAGNITUDE, pattern="stage2.*conv1.weight"),
    replace(DEFAULTS, modifier=Modifier.ACDC, update_frequency=2.0, scope=WeightScope.LAYER),
    replace(DEFAULTS, modifier=Modifier.TOPKAST, backward_sparsity=0.4, update_frequency=-1.0),
    replace(
        DEFAULTS,
        modifier=Modifier.STRUCTURED,
        mask_type=MaskType.CHANNEL,
        layers=("stage1.block0.conv1", "stage1.block0.conv2"),
        param_groups=(("stage1.block0.conv1", "stage1.block0.conv2"),),
    ),
]


@on_the_island
@pytest.mark.parametrize("options", SOME, ids=lambda options: str(options.modifier))
def test_the_widgets_follow_an_edited_recipe(options: SparseOptions) -> None:
    app = use(open_app("sparseml"), recipe(options) + "# a remark\n")
    assert not app.error
    assert text(app) == recipe(options)
    assert app.selectbox(key="sparse_modifier").value == str(options.modifier)
    assert app.session_state["sparse_final_sparsity"] == options.final_sparsity
    assert app.segmented_control(key="sparse_which").value == str(which_of(options))


def test_a_recipe_says_how_it_picks_its_layers() -> None:
    assert [which_of(options) for options in (DEFAULTS, SOME[1], SOME[2], SOME[5])] == [
        Which.ALL,
        Which.LIST,
        Which.PATTERN,
        Which.WRITTEN,
    ]


@on_the_island
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("update_frequency: 0.5", "update_frequency: 0.0", "must be a number of epochs above 0"),
        ("final_sparsity: 0.8", "final_sparsity: high", "must be a number"),
        ("GMPruning", "LayerPruning", "is not offered"),
        ("modifiers:", "modifiers: [", "no YAML in line 2"),
        ("__ALL_PRUNABLE__", "['re:.*weight']", "BatchNorm"),
    ],
)
def test_a_refused_recipe_keeps_its_text_and_the_widgets_as_they_were(old: str, new: str, words: str) -> None:
    edited = recipe().replace(old, new)
    app = use(open_app("sparseml"), edited)
    assert words in app.error[0].value
    assert text(app) == edited
    assert told(app, "Recipe refused")
    assert metric(app, "Non-zeros") == formats.count(recipe_plan(RESNET, DEFAULTS).nonzero)
    app.selectbox(key="sparse_interpolation").set_value("linear").run()
    assert not app.error
    assert text(app) == recipe(replace(DEFAULTS, interpolation=Interpolation.LINEAR))


@on_the_island
def test_code_in_a_recipe_is_refused_and_not_run(tmp_path: object) -> None:
    trap = f"{tmp_path}/trap"
    app = use(open_app("sparseml"), f"modifiers: !!python/object/apply:os.mkdir ['{trap}']\n")
    assert app.error
    with pytest.raises(FileNotFoundError, match="trap"):
        os.stat(trap)


@on_the_island
def test_a_recipe_can_be_loaded_from_a_file() -> None:
    options = replace(DEFAULTS, final_sparsity=0.4)
    app = open_app("sparseml")
    app.file_uploader[0].set_value(("mine.yaml", recipe(options).encode(), "application/yaml")).run()
    assert text(app) == recipe(options)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"#" * (LONGEST + 1), f"{LONGEST + 1:,} bytes"), (b"modifiers:\n\xff", "byte 11 is not UTF-8")],
)
def test_a_file_that_is_no_recipe_is_refused(content: bytes, words: str) -> None:
    app = open_app("sparseml")
    app.file_uploader[0].set_value(("mine.yaml", content, "application/yaml")).run()
    assert words in app.error[0].value
    assert text(app) == recipe()


def test_a_group_is_exported_and_masked_is_removed() -> None:
    app = open_app("sparseml")
    base = replace(DEFAULTS, modifier=Modifier.STRUCTURED, mask_type=MaskType.CHANNEL)
    options = calls.group_recipe(RESNET, int(present(app.selectbox(key="sparse_export").value)), base)
    assert app.code[0].value == recipe(options).strip()
    pressed = next(button for button in app.button if button.label == "Check: masked = removed")
    pressed.click().run()
    assert "Masked = removed." in app.success[0].value
    assert metric(app, "Parameters, masked") == formats.count(calls.summary(RESNET).params)


def test_an_exported_group_can_be_taken_into_the_builder() -> None:
    app = open_app("sparseml")
    exported = app.code[0].value
    next(button for button in app.button if button.label == "Use this recipe above").click().run()
    assert text(app).strip() == exported
    assert app.segmented_control(key="sparse_which").value == "as written"


def test_without_sparseml_the_page_explains_and_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(island, "why_missing", lambda: "SparseML is not set up.")
    app = open_app("sparseml")
    assert told(app, "SparseML is not set up.")
    assert metric(app, "Non-zeros") == formats.count(recipe_plan(RESNET, DEFAULTS).nonzero)
    assert text(app) == recipe()
    assert app.text_area(key="sparse_text").disabled
    assert next(button for button in app.button if button.label == "Run the recipe").disabled


def test_sparseml_is_set_up_on_a_click_with_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    running = JobStatus("job", JobState.RUNNING, Progress(0.25, "Installing onnx"), 3.0)
    monkeypatch.setattr(island, "why_missing", lambda: "SparseML is not set up.")
    monkeypatch.setattr(calls.set_up_island, "start", lambda: "job")
    monkeypatch.setattr(calls, "job", lambda job_id: running)
    app = open_app("sparseml")
    next(button for button in app.button if button.label.startswith("Set up SparseML")).click().run()
    assert any("Installing onnx" in bar.proto.text for bar in app.get("progress"))
    failed = replace(running, state=JobState.FAILED, error="SparseML could not be set up: no network.")
    monkeypatch.setattr(calls, "job", lambda job_id: failed)
    assert "no network" in app.run().error[0].value


def test_a_run_tells_what_it_was_started_with() -> None:
    options = replace(DEFAULTS, final_sparsity=0.7, layers=("head",), end_epoch=3.0, epochs=4.0)
    described = str(sparse_run(RESNET, options, RunMode.TRAINING))
    assert described.startswith("digits-resnet with trained weights, sparsity 0.7")
    assert described.endswith(", GM, unstructured, end epoch 3, masking head, 4 epochs")
    at_once = str(sparse_run(RESNET, options, RunMode.ONE_SHOT))
    assert at_once.endswith(", GM, unstructured, masking head, one-shot")
    written = replace(options, final_sparsity=0.8375)  # a recipe may be finer than the slider
    assert "sparsity 0.8375," in str(sparse_run(RESNET, written, RunMode.TRAINING))


def points(*sparsities: float) -> list[SchedulePoint]:
    """A schedule with one update an epoch."""
    return [SchedulePoint(10 * epoch, float(epoch), value) for epoch, value in enumerate(sparsities, start=1)]


def test_a_schedule_starts_dense_and_holds_its_last_value() -> None:
    data = charts.schedule(points(0.1, 0.5), 4.0).data
    assert list(zip(data["epoch"], data["sparsity"], strict=True)) == [(0, 0), (1, 0.1), (2, 0.5), (4, 0.5)]


def test_what_was_measured_lies_over_what_was_planned_without_moving_the_axes() -> None:
    planned, seen = points(0.1, 0.5), [TrainingPoint(1.0, 0.3, 0.9, 0.1), TrainingPoint(2.0, 0.3, 0.9)]
    before, after = charts.schedule(planned, 4.0), charts.schedule(planned, 4.0, seen)
    assert before.spec["layer"] == after.spec["layer"][:-1]  # its last one has the marks that were measured
    assert list(after.data[after.data["what"] == "measured"]["sparsity"]) == [0.1]
    for chart in (training_charts.loss, training_charts.accuracy):
        assert chart(seen[:1], 4.0).spec == chart(seen, 4.0).spec


def test_a_long_schedule_is_thinned_and_keeps_its_end() -> None:
    many = points(*(step / 2000 for step in range(2000)))
    shown = charts.thinned(many)
    assert len(shown) <= 401
    assert shown[-1] == many[-1]
    assert charts.thinned(many[:7]) == many[:7]
