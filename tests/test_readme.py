"""README and docs: what they show runs, what they name is there, and what they explain is what the app explains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from explorer.bundles.checking import answers_same
from explorer.ui.shell import frame
from explorer.words.glossary import TERMS
from tests.helpers.bundles import nothing_checked
from tests.helpers.paths import ROOT

README = ROOT.joinpath("README.md").read_text("utf-8")
TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.large
def test_the_notebook_example_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, Any] = {
        "my_module": nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)),
        "example_input": torch.randn(1, 3, 8, 8),
        "folder": tmp_path / "net.pruned",
    }
    with nothing_checked():
        exec(code, names)
    assert names["plan"].params < names["plan"].params_before
    assert sum(p.numel() for p in names["pruned"].parameters()) == names["plan"].params
    assert names["mine"].name == "mine"
    assert answers_same(names["again"], names["pruned"], names["net"].example_input)
    assert sum(p.numel() for p in names["smaller"].parameters()) == names["spent"].solved.params


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 12_000


def test_the_readme_shows_pictures_and_leads_to_all_else() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert sum(target.endswith(".png") for target in targets) >= 5
    assert {str(text.relative_to(ROOT)) for text in TEXTS} - {"README.md"} <= set(targets)


def test_the_readme_has_a_line_for_every_page() -> None:
    assert re.findall(r"^\| \*\*(.+?)\*\* \|", README, flags=re.MULTILINE) == list(frame.PAGES.values())


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_every_linked_file_is_there(text: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text.read_text("utf-8"))
    assert [link for link in links if not text.parent.joinpath(link).exists()] == []


def test_the_words_are_those_of_the_app() -> None:
    glossary = ROOT.joinpath("docs/glossary.md").read_text("utf-8")
    assert dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", glossary, flags=re.MULTILINE)) == TERMS


def test_hooks_run_what_make_lint_runs() -> None:
    (recipe,) = re.findall(
        r"^lint:.*\n((?:\t.+\n)+)", ROOT.joinpath("Makefile").read_text(), flags=re.MULTILINE
    )
    linted = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]
    config = yaml.safe_load(ROOT.joinpath(".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"] for hook in config["repos"][0]["hooks"]]
    assert len(hooks) == len(linted)
    assert all(line.startswith(hook) for line, hook in zip(linted, hooks, strict=True))
