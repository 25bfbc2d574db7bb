"""On Windows the explorer says at once, in one sentence, that it cannot run there."""

from __future__ import annotations

import importlib
import sys

import pytest
from streamlit.testing.v1 import AppTest

from explorer import cli, process
from explorer.values import system
from tests.helpers.paths import ROOT

SAID = r"^The explorer runs on Linux and macOS, and this is Windows, .+; install WSL and start it there\.$"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_posix_systems_are_welcome(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert system.why_not_here() == ""


@pytest.mark.usefixtures("windows")
def test_the_command_ends_with_one_sentence() -> None:
    with pytest.raises(SystemExit, match=SAID):
        cli.main([])


@pytest.mark.usefixtures("windows")
def test_the_app_shows_the_sentence_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_file(str(ROOT / "app.py")).run()
    assert [error.value for error in app.error] == [system.why_not_here()]
    assert not app.exception
    assert len(app.main) == 1


@pytest.mark.usefixtures("windows")
def test_whatever_needs_processes_refuses_to_be_imported() -> None:
    with pytest.raises(ImportError, match=SAID):
        importlib.reload(process)
