"""The linter reads the drawing's scripts as the one module that they are in a browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from explorer.drawing import interactive as component
from explorer.ui.parts import widths_left
from tests.helpers.paths import ROOT

OXLINT = Path(sys.executable).with_name("oxlint")


def lint(source: str, folder: Path) -> str:
    """What the linter finds in a module, one line a finding."""
    folder.joinpath("module.js").write_text(source, "utf-8")
    command = [
        str(OXLINT),
        "--config",
        str(ROOT / ".oxlintrc.json"),
        "--allow=max-lines",
        "--format=unix",
        "module.js",
    ]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30)
    assert bool(run.returncode) == ("module.js:" in run.stdout), run.stderr
    return run.stdout


@pytest.mark.parametrize("scripts", [(), widths_left.SCRIPTS, widths_left.PAIR])
def test_every_name_in_the_drawing_is_declared_and_used(scripts: tuple[str, ...], tmp_path: Path) -> None:
    assert "module.js:" not in lint(component.script(*scripts), tmp_path)


@pytest.mark.parametrize(
    ("added", "found"),
    [
        ("new Camara();", "'Camara' is not defined"),
        ("class Forgotten {}", "Class 'Forgotten' is declared but never used"),
    ],
)
def test_a_name_that_is_not_declared_or_not_used_is_found(added: str, found: str, tmp_path: Path) -> None:
    assert found in lint(f"{component.script()}\n{added}\n", tmp_path)
