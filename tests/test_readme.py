"""What the README shows runs, and what it explains is what the app explains."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from explorer.words.glossary import TERMS
from tests.helpers.paths import ROOT

README = ROOT.joinpath("README.md").read_text("utf-8")


def test_the_notebook_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, Any] = {
        "my_module": nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)),
        "example_input": torch.randn(1, 3, 8, 8),
    }
    exec(code, names)
    assert names["plan"].params < names["plan"].params_before
    assert sum(p.numel() for p in names["pruned"].parameters()) == names["plan"].params
    assert names["mine"].name == "mine"
    assert sum(p.numel() for p in names["smaller"].parameters()) == names["spent"].solved.params


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 5
    assert [picture for picture in pictures if not ROOT.joinpath(picture).exists()] == []


def test_the_words_are_those_of_the_app() -> None:
    table = dict(
        re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", README.split("## Words")[1], flags=re.MULTILINE)
    )
    assert table == TERMS


def test_every_linked_file_is_there() -> None:
    links = re.findall(r"\]\((explorer/[^)]+)\)", README)
    assert links
    assert [link for link in links if not ROOT.joinpath(link).exists()] == []
