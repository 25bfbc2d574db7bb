"""The panel trains a copy, and its weights become the session's on every page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from explorer.engine import calls
from explorer.ui.shell import uploads
from explorer.values import JobState
from explorer.values.checkpoints import Upload
from explorer.values.sparse_training import SparselyTrained
from tests.helpers.pages import open_app
from tests.helpers.processes import until


@pytest.mark.large
def test_a_network_is_trained_sparsely_and_its_weights_are_pruned() -> None:
    app = open_app("depgraph_pruning", network="digits-cnn")
    app.number_input(key="sparse_training_epochs").set_value(2).run()
    app.button(key="sparse_training_start").click().run()
    job = app.session_state["sparse_training_run"]
    assert until(lambda: calls.job(job).over, seconds=90)
    found = calls.job(job).result
    assert isinstance(found, SparselyTrained)
    app.run()
    assert any(f"**{found.faded} of {found.channels} channels faded**" in told.value for told in app.markdown)
    app.button(key="sparse_use").click().run()
    assert not app.exception
    assert app.radio(key="weights").value == "uploaded"
    app.switch_page("pages/network.py").run()
    assert any("sparse training (group norm" in told.value for told in app.success)


def test_weights_that_nobody_took_over_make_room_for_newer_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taken = Upload("0", "digits-cnn", "mine", str(tmp_path / "0.safetensors"), 1, 1)
    monkeypatch.setattr(uploads, "scratch", lambda name: tmp_path)
    monkeypatch.setattr(uploads, "_kept", lambda: {taken.id: taken})
    for number in range(uploads.SPARE + 3):
        (file := tmp_path / f"{number}.safetensors").touch()
        os.utime(file, (number, number))
    uploads.room()
    left = {int(file.stem) for file in tmp_path.iterdir()}
    assert left == {0, *range(4, uploads.SPARE + 3)}  # one is to be written; what was taken over stays


def test_a_run_that_is_cancelled_leaves_the_weights_of_its_whole_epochs() -> None:
    app = open_app("depgraph_pruning", network="digits-cnn")
    app.number_input(key="sparse_training_epochs").set_value(200).run()
    app.button(key="sparse_training_start").click().run()
    job = app.session_state["sparse_training_run"]
    assert until(lambda: any(point.epoch >= 1 for point in calls.job(job).progress.curve), seconds=60)
    calls.cancel(job)
    assert until(lambda: calls.job(job).over)
    assert calls.job(job).state is JobState.CANCELLED
    app.run()
    app.button(key="sparse_use").click().run()
    assert not app.exception
    assert app.radio(key="weights").value == "uploaded"
