"""Every page with a network of one's own, as Streamlit runs it."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.engine import calls
from explorer.process.pool import EnginePool
from explorer.ui.network import panel
from explorer.ui.shell import own as shell_own
from explorer.values import ChannelOptions
from explorer.values.bundle import Taken
from explorer.values.page import Page
from tests.helpers.own import NET, TWO, spec, told_engines
from tests.helpers.pages import PAGES, metric, open_app
from tests.helpers.paths import ROOT
from tests.helpers.processes import until

FURTHER = """
def loss(net):
    return net(**example())["depth"].square().mean()

def broken():
    raise ValueError("no such width")
"""
FLAGS = f"{TWO} --loss ./net.py:loss --model ./net.py:broken"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnginePool]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "net.py").write_text(f"{NET}{FURTHER}")
    with pytest.MonkeyPatch.context() as monkeypatch, told_engines(monkeypatch, folder, FLAGS) as pool:
        yield pool


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_it_and_picks_it_first(told: EnginePool, page: str) -> None:
    app = open_app(page, network="net.py:build")
    picker = app.selectbox(key="network")
    assert (picker.value, picker.options[0]) == ("net.py:build", "net.py:build")
    assert [error.value for error in app.error] == []


def test_what_a_function_raises_is_told_on_its_page_and_others_stay_usable(told: EnginePool) -> None:
    app = open_app(network="net.py:broken")
    (error,) = app.error
    assert "failed with ValueError: no such width (net.py, line" in error.value
    app.selectbox(key="network").set_value("digits-cnn").run()
    assert not app.error
    assert metric(app, "Accuracy")


def test_a_link_to_code_that_this_server_was_not_started_with_is_refused(told: EnginePool) -> None:
    app = open_app(network="evil.py:build")
    (warning,) = app.warning
    assert "“evil.py:build”, which this server was not started with" in warning.value
    assert "it has net.py:build, net.py:broken" in warning.value
    assert app.selectbox(key="network").value == "net.py:build"


def test_without_labels_nothing_that_takes_them_is_offered(told: EnginePool) -> None:
    recipe = open_app("sparseml", network="net.py:build")
    assert recipe.segmented_control(key="sparse_mode").options == ["one-shot"]
    assert (
        "Training takes trained weights and labelled data here, which this network lacks. SparseML trains by the "
        "cross-entropy on labels, never by your loss 'loss'."
    ) in [caption.value for caption in recipe.caption]
    profile = open_app("profile", network="net.py:build")
    assert profile.segmented_control(key="profile_criterion").options == ["L2", "L1"]


def test_flags_that_mean_nothing_are_told_in_the_place_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--metric", "a:b"])
    shell_own._taken.cache_clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    shell_own._taken.cache_clear()
    (error,) = app.main.error
    assert "metric a:b stands before any" in error.value
    assert not app.title


def test_the_network_page_says_what_goes_in_and_where_all_of_it_comes_from(told: EnginePool) -> None:
    app = open_app(network="net.py:build")
    signature = "Input {picture: 1×3×16×16, facts: 1×10} · output {depth: 1×1, kind: 1×5} · 7 layers"
    assert signature in [caption.value for caption in app.caption]
    assert "Data" not in [header.value for header in app.header]  # it has none
    origin = app.table[-1].value["given"]
    assert list(origin) == [
        "--model ./net.py:build",
        "as its function gives them",
        "--input ./net.py:example",
        "its agreement with itself",
        "--loss ./net.py:loss",
    ]


def test_the_network_page_says_how_much_memory_there_is_and_what_a_large_network_needs(
    told: EnginePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = "Your 2 networks share engines of at most 6 GiB each; EXPLORER_ENGINE_MEMORY_GB sets the limit."
    assert shown in [caption.value for caption in open_app(network="net.py:build").caption]
    held = calls.summary(spec("net.py:build")).bytes
    monkeypatch.setattr(panel, "memory_limit", lambda: 2 * held - 1)
    assert "Pruning holds them at least twice" in open_app(network="net.py:build").warning[0].value


def test_the_code_that_prunes_it_builds_it_from_its_file_which_goes_along(
    told: EnginePool,
) -> None:
    asked = spec("net.py:build"), "depgraph", ChannelOptions(), 0.5
    assert "net = own_code.build()" in calls.code(*asked)
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        job = calls.take.start(*asked, None, file.name, Page())
        assert until(lambda: calls.job(job).over, seconds=90)
        taken = calls.job(job).result
        assert isinstance(taken, Taken), calls.job(job).error
        assert {"load.py", "prune.py", "net.py", "model.safetensors"} <= {
            Path(name).name for name in zipfile.ZipFile(file.name).namelist()
        }
