"""The panel trains a copy, and its weights become the session's on every page."""

from __future__ import annotations

import pytest

from explorer.engine import calls
from explorer.values import JobState
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
