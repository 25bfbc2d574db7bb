"""On Windows, and beside a torch that it was not tried with, the explorer says so at once, in one sentence."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from pathlib import Path

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


@pytest.mark.parametrize("found", ["1.13.1", "2.9.1+cu128", "3.0.0", "4"])
def test_a_torch_that_was_not_tried_is_told_with_the_range(
    found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "version", lambda package: found)
    least, above = system.TORCH
    said = rf"^The explorer was tried with torch {least} and newer, below {above}, and this is {re.escape(found)}; run"
    with pytest.raises(SystemExit, match=said):
        cli.main([])


def test_the_range_is_that_of_the_package_and_holds_what_is_installed() -> None:
    project = tomllib.loads(Path(ROOT, "pyproject.toml").read_text())["project"]
    assert f"torch>={system.TORCH[0]},<{system.TORCH[1]}" in project["dependencies"]
    assert system.why_not_here() == ""
