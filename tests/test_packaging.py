"""The wheel holds all that the app needs, and the installed command serves it from any folder."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import psutil
import pytest
from packaging.requirements import Requirement
from playwright.sync_api import Page, expect

from explorer.process import island
from explorer.values import places
from tests.helpers.paths import ROOT
from tests.helpers.running import RunningApp, streamlit_server

pytestmark = pytest.mark.large

BESIDE = {"app.py", ".streamlit/config.toml", "requirements-sparseml.txt", "images/depgraph_pruning_step.png"}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
WHERE = """
from explorer.values import places
from explorer.process import island
import explorer
print(explorer.load("digits-cnn").name, places.APP, places.start_folder(), island.FOLDER, sep="\\n")
"""


def tracked(*under: str) -> set[str]:
    """Files of the repository below these folders, or by these names."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *under]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in found if ROOT.joinpath(name).exists()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what the repository holds, so that the checkout stays as it is."""
    sources, target = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        copy = sources / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(ROOT.joinpath(name).read_bytes())
    build = [*PIP, "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", str(target)]
    subprocess.run(build, cwd=sources, check=True, timeout=120)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [*PIP, "install", "--no-deps", "--target", str(folder), str(wheel)], check=True, timeout=120
    )
    return folder


@pytest.fixture
def app(installed: Path, tmp_path: Path) -> Iterator[RunningApp]:
    """The installed command, started from a folder that has nothing to do with it."""
    with streamlit_server(("explorer",), tmp_path, PYTHONPATH=str(installed)) as running:
        yield running


def test_the_wheel_holds_the_package_and_what_stands_beside_it_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == tracked("explorer") | {f"explorer/_app/{name}" for name in BESIDE | tracked("pages")}


def test_an_installed_package_finds_its_files_and_keeps_the_island_in_the_cache(
    installed: Path, tmp_path: Path
) -> None:
    found = subprocess.run(
        [sys.executable, "-c", WHERE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(tmp_path / "caches")},
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.splitlines()  # fmt: skip
    caches = tmp_path / "caches/pruning-explorer/sparseml"
    assert found == ["digits-cnn", str(installed / "explorer/_app"), str(installed), str(caches)]


def test_a_checkout_is_where_everything_lies() -> None:
    assert places.APP == places.start_folder() == ROOT
    assert ROOT / ".sparseml" == island.FOLDER


def test_a_cache_named_by_a_path_that_is_not_absolute_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    for named in ("", "caches"):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        assert (
            str(places.island_folder(is_installed=True)) == "/home/somebody/.cache/pruning-explorer/sparseml"
        )


def test_no_process_takes_the_folder_of_installed_packages_for_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(tmp_path)])
    assert places.start_folder(tmp_path) == places.APP
    assert places.start_folder(tmp_path / "elsewhere") == tmp_path / "elsewhere"


def test_only_this_machine_is_answered(app: RunningApp) -> None:
    answered = {
        link.laddr.ip for link in psutil.Process(app.pid).net_connections("tcp") if link.status == "LISTEN"
    }
    assert answered == {"127.0.0.1"}


@pytest.mark.browser
def test_the_installed_app_shows_a_network_in_its_own_colours(app: RunningApp, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{app.url}/network?network=digits-cnn")
    expect(page.get_by_text("Where the parameters and MACs are")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stSidebar")).to_have_css("background-color", "rgb(243, 246, 249)")
    page.goto(f"{app.url}/dependency_graph?network=digits-cnn")
    page.get_by_role("button", name="How it works").click(timeout=60_000)
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()


def requirements(name: str) -> dict[str, Requirement]:
    """What a file of pins names."""
    lines = (line.partition("#")[0].strip() for line in ROOT.joinpath(name).read_text("utf-8").splitlines())
    return {one.name: one for one in map(Requirement, filter(None, lines))}


def test_every_pin_lies_in_the_range_that_the_package_asks_for() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    ranges = {one.name: one.specifier for one in map(Requirement, project["dependencies"])}
    pins = {
        name: str(one.specifier).removeprefix("==") for name, one in requirements("requirements.txt").items()
    }
    assert list(ranges) == list(pins)
    assert [name for name, pin in pins.items() if pin not in ranges[name]] == []


def test_tests_add_to_the_app_and_repeat_nothing() -> None:
    app, tests = requirements("requirements.txt"), requirements("requirements-test.txt")
    assert app.keys().isdisjoint(tests)
    assert all(str(one.specifier).startswith("==") for one in tests.values())
