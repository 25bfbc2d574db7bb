"""The app started with a file that somebody wrote: picked first, pruned, changed on disk and read anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.words import formats
from tests.helpers.own import NET, TWO
from tests.helpers.paths import ROOT
from tests.helpers.running import RunningApp, streamlit_server

pytestmark = pytest.mark.browser

PATIENCE = 60_000


def params(width: int) -> int:
    """Parameters of `NET`: two convolutions and a norm, two linear layers beside them, two after their sum."""
    return (27 + 1) * width + 2 * width + (9 * width + 1) * 24 + 11 * 32 + 33 * 24 + 25 * 1 + 25 * 5


@pytest.fixture
def own_app(tmp_path: Path) -> Iterator[RunningApp]:
    (tmp_path / "net.py").write_text(NET)
    with streamlit_server(("explorer", *TWO.split()), folder=tmp_path, PYTHONPATH=str(ROOT)) as app:
        yield app


def shown_params(page: Page) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text="Parameters").first.get_by_test_id("stMetricValue")


def test_a_network_of_a_file_is_shown_pruned_and_read_anew(
    own_app: RunningApp, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{own_app.url}/?network=evil.py:build")
    expect(page.get_by_text("“evil.py:build”, which this server was not started with")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.get_by_role("heading", name="net.py:build")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Input {picture: 1×3×16×16, facts: 1×10}")).to_be_visible(timeout=PATIENCE)
    expect(shown_params(page)).to_have_text(formats.count(params(16)), timeout=PATIENCE)
    net = tmp_path / "net.py"
    net.write_text(net.read_text().replace("width=16", "width=40"))
    page.get_by_role("button", name="Reload").click()
    expect(shown_params(page)).to_have_text(formats.count(params(40)), timeout=PATIENCE)
    page.get_by_role("link", name="DepGraph pruning").click()
    page.get_by_role("button", name="Apply with Torch-Pruning").click(timeout=PATIENCE)
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
