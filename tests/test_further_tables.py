"""A fourth library, a third source and one more export: each one line of a table that the server is told of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from explorer.words import formats
from tests.helpers.paths import ROOT
from tests.helpers.running import FROM_CHECKOUT, RunningApp, streamlit_server

TABLES = ",".join(f"tests.helpers.toy_tables:{table}" for table in ("BACKENDS", "SOURCES", "EXPORTS"))
TOLD = os.environ | {"PRUNING_EXPLORER_TABLES": TABLES}
PATIENCE = 60_000
NOTEBOOK = """
import json
import explorer
net = explorer.load("toy-perceptron")
planner = explorer.planner(net, "toy", start=4)
plan = planner.plan(0.5)
zeros = [int((p == 0).sum()) for p in planner.apply(plan).parameters() if p.dim() > 1]
print(json.dumps([plan.nonzero, plan.params, zeros, explorer.export((), "runs_names")]))
"""


def test_the_contract_holds_for_a_library_of_ones_own() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "tests/backends/test_contract.py", "-k", "toy"]
    run = subprocess.run(command, cwd=ROOT, env=TOLD, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout


def test_a_notebook_finds_them() -> None:
    run = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], cwd=ROOT, env=TOLD, capture_output=True, text=True, check=True
    )
    params, zeros = 64 * 32 + 32 + 32 * 10 + 10, [64 * 32 // 2, 32 * 10 // 2]
    assert json.loads(run.stdout) == [params - sum(zeros), params, zeros, ""]


def test_a_table_that_is_not_there_is_named() -> None:
    told = os.environ | {"PRUNING_EXPLORER_TABLES": "nowhere:BACKENDS"}
    run = subprocess.run(
        [sys.executable, "-c", "import explorer.backends; list(explorer.backends.BACKENDS)"],
        cwd=ROOT,
        env=told,
        capture_output=True,
        text=True,
    )
    assert "The table 'nowhere:BACKENDS' of PRUNING_EXPLORER_TABLES cannot be read" in run.stderr


@pytest.fixture(scope="module")
def told_app() -> Iterator[RunningApp]:
    """A server that was told of the tables by its arguments."""
    with streamlit_server(FROM_CHECKOUT, after=("--", "--tables", TABLES)) as app:
        yield app


@pytest.mark.browser
def test_they_show_up_on_their_page_in_compare_and_in_the_history(told_app: RunningApp, page: Page) -> None:
    page.goto(f"{told_app.url}/library?network=toy-perceptron&toy_ratio=0.25")
    expect(page.get_by_role("heading", name="Toy", exact=True)).to_be_visible(timeout=PATIENCE)
    params = 64 * 32 + 32 + 32 * 10 + 10
    kept = params - 64 * 32 // 4 - 32 * 10 // 4
    expect(page.get_by_text(formats.count(kept), exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Apply with the toy").click()
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Save the names")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("Toy · ")).to_be_visible(timeout=PATIENCE)
