"""Pruning again from a run: what its network is called, where its runs stand, and what is said where it is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer.process.folder import Folder
from explorer.process.keeping import Keeping, KeptJob
from explorer.ui.pruning import again
from explorer.ui.pruning.run import PruningRun
from explorer.ui.runs import again as links
from explorer.ui.runs import compared
from explorer.ui.shell import history, jobs, left, project
from explorer.values import (
    ChannelOptions,
    Evaluation,
    FineTune,
    JobState,
    JobStatus,
    NativeOptions,
    NetworkSpec,
    Origin,
    Progress,
    RunMode,
)
from explorer.values.again import Left
from explorer.values.errors import PruningError
from explorer.values.project import Kept, Project
from tests.helpers.kept import CNN, PRUNED, WANTED, run

FIRST = NetworkSpec(
    "digits-cnn, pruned 0.50 (run 1)", CNN.weights, origin=Origin("digits-cnn", "pruned 0.50", "a", 404, 808)
)
GOOD = Evaluation(0.9, 0.1, 450)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Project:
    """A run on the dense network, and one on what that left."""
    found = Project((PRUNED, Kept(run("g2", network=FIRST), replace(WANTED, amount=0.5))))
    monkeypatch.setattr(project, "held", lambda: found)
    monkeypatch.setattr(left, "networks", dict)
    monkeypatch.setattr(left, "room", lambda: "/somewhere")
    return found


def wanted(kept: Kept, spec: NetworkSpec, backend: str = "depgraph", **how: Any) -> Left:
    options = ChannelOptions() if backend == "depgraph" else NativeOptions()
    return again._wanted(kept, PruningRun(spec, backend, options, 0.5, **how))


def test_a_network_is_called_by_what_was_done_and_by_its_runs_number(
    held: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = held.runs
    assert wanted(first, CNN) == Left(FIRST.name, "pruned 0.50", "a", "/somewhere")
    masked = wanted(first, CNN, "native")
    assert masked.told == "masked 0.50 with its zeros kept as weights"
    further = wanted(second, FIRST)
    assert further.name == "digits-cnn, pruned again 0.50 (run 2)"
    assert further.told == "pruned 0.50, pruned 0.50"
    monkeypatch.setattr(left, "networks", lambda: {FIRST.name: FIRST})
    assert wanted(first, CNN).name == "digits-cnn, pruned 0.50 (run 1) 2"
    assert len(wanted(first, replace(CNN, name="n" * 90)).name) == 80  # as long as a project file takes


def test_a_network_is_as_its_run_left_it_in_the_end(held: Project) -> None:
    first = held.runs[0]
    again_calibrated = replace(first, run=replace(first.run, recalibrated=GOOD))
    assert wanted(again_calibrated, CNN).recalibrated
    tuned = replace(first, run=replace(first.run, recalibrated=GOOD, fine_tuned=GOOD))
    found = wanted(tuned, CNN, settings=FineTune(2))
    assert (found.fine_tune, found.recalibrated, found.mode) == (FineTune(2), False, None)
    by_recipe = replace(first, run=replace(first.run, pruned=None, fine_tuned=GOOD))
    assert wanted(by_recipe, CNN, "sparseml").mode is RunMode.TRAINING


def test_runs_on_it_stand_below_the_run_that_left_it(held: Project) -> None:
    assert history._with_parent(held.runs[1]).parent == "a"
    tuned = replace(held.runs[1], run=run("tuned", network=FIRST))
    tuned = replace(tuned, wanted=replace(WANTED, fine_tune=FineTune(1)))
    assert history._with_parent(tuned).parent == "g2"  # which it fine-tuned


def test_pinned_generations_are_compared_with_the_first_dense_network_too() -> None:
    told = dict(compared._lines(run("g2", network=FIRST)))
    assert told["parameters"] == "101 (50 % of its network, 25 % of digits-cnn)"
    assert told["MACs"] == "303 (75 % of its network, 38 % of digits-cnn)"  # of 404 and of 808
    assert dict(compared._lines(PRUNED.run))["parameters"] == "101 (50 % of dense)"


def test_a_run_on_a_network_that_is_gone_says_which_button_brings_it_back(
    held: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "started_with", lambda job_id: None)
    with pytest.raises(
        PruningError, match="does not have digits-cnn, pruned 0.50 .run 1.. Press “Prune again"
    ):
        links.asked_again(held.runs[1])
    here = replace(FIRST, upload="/here.safetensors")
    monkeypatch.setattr(left, "networks", lambda: {here.name: here})
    assert links.asked_again(held.runs[1]).spec == here


def test_a_restarted_server_finds_the_network_by_its_run(held: Project, tmp_path: Path) -> None:
    begun = again.LeavingRun(PruningRun(CNN, "depgraph", ChannelOptions(), 0.5), wanted(held.runs[0], CNN))
    status = JobStatus("job", JobState.DONE, Progress(1.0, ""), 1.0, FIRST)
    kept = KeptJob(status, (begun, jobs.LEAVING, ""), "earlier")
    folder = Folder(tmp_path, 9, 1 << 20)
    Keeping(folder).write(kept)
    assert Keeping(folder).read("job") == kept


def picker() -> None:
    from explorer.ui.shell import frame, state
    from explorer.values import CatalogEntry, Weights

    frame._pick_network({"mnist-resnet": CatalogEntry("mnist-resnet", "MNIST", (Weights.TRAINED,), "")})
    state.show_notices("network")


def test_a_link_to_a_network_that_this_server_does_not_have_says_so() -> None:
    app = AppTest.from_function(picker)
    app.query_params["network"] = FIRST.name
    (said,) = [warning.value for warning in app.run().warning]
    assert f"the network “{FIRST.name}”, which a run left and this server does not have. Pick" in said
