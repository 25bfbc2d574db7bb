"""Reports on masks, and fine-tuning what they left: zeros stay zero on every page; the engine is real."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from explorer.engine import calls
from explorer.process import island
from explorer.ui.extras.sparseml.run import sparse_run
from explorer.ui.pruning.report import _how, _points, accuracy_steps
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import jobs
from explorer.ui.shell.history_rows import rows_of
from explorer.values import (
    FineTune,
    MaskedPlan,
    MaskEvidence,
    NativeOptions,
    NetworkSpec,
    Report,
    RunMode,
    SparseOptions,
    Weights,
)
from explorer.words import formats
from tests.helpers.pages import metric, plan_figures
from tests.helpers.paths import ROOT
from tests.helpers.present import present
from tests.helpers.processes import until

CNN = NetworkSpec("digits-cnn", Weights.TRAINED)
MASKED = PruningRun(CNN, "native", NativeOptions(biases=True), 0.7)
RECIPE = SparseOptions(final_sparsity=0.7, end_epoch=0.5, epochs=1.0)
MISSING = island.why_missing()
on_the_island = pytest.mark.skipif(bool(MISSING), reason=MISSING or "SparseML is set up")


def ended(job_id: str) -> Report:
    """What a run came to."""
    assert until(lambda: calls.job(job_id).over, seconds=120)
    status = calls.job(job_id)
    assert isinstance(status.result, Report), status.error
    return status.result


@pytest.fixture(scope="module")
def applied() -> str:
    """A native run that is over."""
    job_id = calls.apply.start(*MASKED.asked)
    assert ended(job_id).plan_is_library
    return job_id


@pytest.fixture(scope="module")
def trained() -> str:
    """The same masks, trained on."""
    job_id = calls.fine_tune.start(*MASKED.asked, FineTune(epochs=2))
    assert ended(job_id).plan_is_library
    return job_id


@pytest.fixture(scope="module")
def one_shot() -> str:
    """A recipe that SparseML carried out in one shot."""
    job_id = calls.run_recipe.start(CNN, RECIPE, RunMode.ONE_SHOT)
    assert ended(job_id).plan_is_library
    return job_id


def opened(page: str, run: PruningRun, name: str, job_id: str, **link: str) -> AppTest:
    """The page's file with a run in its link: AppTest loses clicks on buttons behind `switch_page`."""
    jobs.keep(job_id, run, name)
    alone = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120)
    for key, text in {"network": CNN.name, name: job_id, **link}.items():
        alone.query_params[key] = text
    alone.run()
    assert not alone.exception
    return alone


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def zeros_are_the_plans(report: Report) -> bool:
    """Layer by layer, as many as masks cover; what was trained may have become zero nowhere else."""
    assert isinstance(report.plan, MaskedPlan)
    found = {row.name: row.nonzero for row in report.pruned.layers}
    return found == {row.name: row.nonzero for row in report.plan.layers}


def test_what_masks_zeroed_stays_zero_while_the_rest_is_trained(trained: str) -> None:
    report = ended(trained)
    assert zeros_are_the_plans(report)
    assert report.curve[-1].epoch == 2
    before, after = report.pruned.pruned, report.pruned.fine_tuned
    assert before
    assert after
    assert after.loss < before.loss
    (row,) = rows_of(trained, replace(MASKED, settings=report.settings), report)
    assert (row.nonzero, row.fine_tuned, row.library) == (report.plan.nonzero, after, "PyTorch native")
    assert row.options == "unstructured, L1, biases too, 2 epochs at 0.002"


def test_the_native_page_offers_fine_tuning_after_apply_and_shows_what_it_left(
    applied: str, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def start(*args: object) -> str:
        asked.append(args)
        return trained

    monkeypatch.setattr(calls.fine_tune, "start", start)
    link = {"native_amount": "0.70", "native_biases": "true"}
    app = opened("pytorch_native", MASKED, "native_run", applied, **link)
    assert f"as applied above ({MASKED}) and trains it on the training images; zeros stay" in captions(app)
    app.number_input(key="epochs").set_value(2)
    next(button for button in app.button if button.label == "Fine-tune").click().run()
    assert asked == [(*MASKED.asked, FineTune(2))]
    assert app.session_state["native_fine_tune_run"] == trained
    texts = [text.value for text in app.markdown]
    assert "**Accuracy, step by step**" in texts
    assert any("After fine-tuning, the pruned network reaches" in text for text in texts)
    left = [plan_figures(app)["Non-zeros"]]
    left += [shown.value for shown in app.metric if shown.label == "Non-zeros"]
    assert left == 3 * [formats.count(ended(trained).plan.nonzero)]  # planned, applied, trained
    curves = [chart.proto.spec for chart in app.run().get("vega_lite_chart")]
    assert any('"right after"' in spec and '"fine-tuned"' in spec for spec in curves)  # of Apply


def test_what_was_trained_stands_beside_the_plan_that_it_was_trained_from_and_no_other(trained: str) -> None:
    report = ended(trained)
    run = replace(MASKED, settings=report.settings)
    link = {"native_amount": "0.70", "native_biases": "true"}
    app = opened("pytorch_native", run, "native_fine_tune_run", trained, **link)
    assert metric(app, "Fine-tuned") == formats.accuracy(present(report.pruned.fine_tuned).accuracy)
    other = opened("pytorch_native", run, "native_fine_tune_run", trained, **link | {"native_amount": "0.60"})
    assert "Fine-tuned" not in [shown.label for shown in other.metric]


def test_nothing_is_offered_before_apply() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "pytorch_native.py"), default_timeout=120).run()
    assert "Fine-tune" not in [button.label for button in app.button]


@on_the_island
def test_masks_of_sparseml_stay_zero_too() -> None:
    report = ended(calls.fine_tune.start(CNN, "sparseml", RECIPE, None, FineTune(epochs=1)))
    assert report.plan_is_library
    assert zeros_are_the_plans(report)
    assert report.pruned.fine_tuned


@on_the_island
def test_a_one_shot_recipe_can_be_fine_tuned_and_its_page_says_that_zeros_stay(one_shot: str) -> None:
    run = sparse_run(CNN, RECIPE, RunMode.ONE_SHOT)
    app = opened("sparseml", run, "sparse_run", one_shot)
    assert "zeros stay zero" in captions(app)
    assert "Fine-tune" in [button.label for button in app.button]
    assert "re-calibrated, on 450 test images. Not re-trained." in captions(app)


@on_the_island
def test_a_recipe_that_trained_is_not_trained_again() -> None:
    job_id = calls.run_recipe.start(CNN, RECIPE, RunMode.TRAINING)
    assert ended(job_id).curve
    app = opened("sparseml", sparse_run(CNN, RECIPE, RunMode.TRAINING), "sparse_run", job_id)
    assert "The recipe already trained this network." in captions(app)
    assert "Trained for 1 epochs." in captions(app)
    assert "Fine-tune" not in [button.label for button in app.button]


# --- reports -------------------------------------------------------------------------------------------------


def test_a_report_on_masks_shows_what_was_counted_and_that_zeros_are_multiplied(applied: str) -> None:
    report = ended(applied)
    assert isinstance(report.evidence, MaskEvidence)
    app = opened("pytorch_native", MASKED, "native_run", applied)
    assert metric(app, "Saved, masks attached") == formats.file_size(report.evidence.file_masked)
    assert metric(app, "Saved file") == formats.file_size(report.pruned.file_bytes)
    assert metric(app, "Saved, compressed") == formats.file_size(report.pruned.compressed_bytes)
    assert f"Zeros are multiplied like any other number: all {formats.count(report.dense.macs)} MACs" in (
        captions(app)
    )
    assert "Both networks give bit-identical outputs." in captions(app)
    assert "Not re-trained. **BN re-calibration:**" in captions(app)
    assert (
        f"{100 * (present(report.pruned.pruned).accuracy - present(report.dense.pruned).accuracy):+.1f} points, "
        in captions(app)
    )


def test_accuracy_is_told_at_each_step_and_why_one_is_missing(applied: str) -> None:
    report = ended(applied)
    dense, right_after, recalibrated = (found.accuracy for _, found in accuracy_steps(report))
    told = f"{100 * (right_after - dense):+.1f} points, {100 * (recalibrated - dense):+.1f} re-calibrated"
    assert _points(report) == told
    without = replace(report, pruned=replace(report.pruned, recalibrated=None))
    assert _points(without) == told.partition(",")[0]
    assert _how(without) == "Not re-trained. This network has no BatchNorm to re-calibrate."
