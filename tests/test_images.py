"""The drawn pictures can be drawn anew; the screenshots are the browser tests' business."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from images import architecture, folders, steps
from tests.helpers.imports import modules

TOYS = {
    "pages.one": "from explorer.ui import two\nfrom explorer.values.three import x",
    "explorer.ui.two": '"""Widgets. And more."""\nimport os\n\nimport streamlit\nfrom explorer import values',
    "explorer.ui": '"""Widgets. And more."""',
    "explorer.values": '"""Plain\nvalues.\n\nMore of them."""',
    "explorer.values.three": "import numpy as np",
}


@pytest.mark.parametrize("drawing", [steps, architecture])
def test_a_picture_is_drawn_from_what_stands(
    drawing: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "picture.png"
    monkeypatch.setattr(drawing, "TARGET", target)
    drawing.main()
    with Image.open(target) as picture:
        assert picture.width >= 1400
        assert len(picture.convert("L").getcolors(256) or []) > 50  # something is on it


def test_the_architecture_in_the_repository_shows_the_imports_as_they_are() -> None:
    with Image.open(architecture.TARGET) as picture:
        assert isinstance(picture, PngImageFile)
        shown = {tuple(arrow) for arrow in json.loads(picture.text[architecture.DATA])}
    assert shown == folders.arrows(modules()), "Draw it anew: python -m images architecture"


def test_an_arrow_is_an_import_and_is_drawn_where_no_way_along_others_leads() -> None:
    arrows = folders.arrows(TOYS)
    assert arrows == {("pages", "ui"), ("pages", "values"), ("ui", "values")}
    assert folders.drawn(arrows) == {("pages", "ui"), ("ui", "values")}


def test_what_is_drawn_reaches_the_same_as_all_imports() -> None:
    arrows = folders.arrows(modules())
    drawn = folders.drawn(arrows)
    assert len(drawn) < len(arrows)
    for name in {name for arrow in arrows for name in arrow}:
        assert folders.below(name, drawn) == folders.below(name, arrows)


def test_a_folder_says_what_it_is_for_and_what_it_stands_on() -> None:
    assert folders.folders(TOYS) == [
        folders.Folder("pages", folders.PAGES, ()),
        folders.Folder("ui", "Widgets.", ("streamlit",)),
        folders.Folder("values", "Plain values.", ("numpy",)),
    ]


def test_every_folder_stands_below_all_that_import_it() -> None:
    arrows = folders.arrows(modules())
    row = folders.rows({name for arrow in arrows for name in arrow}, arrows)
    assert [arrow for arrow in arrows if row[arrow[0]] >= row[arrow[1]]] == []


def test_a_circle_has_no_rows() -> None:
    with pytest.raises(ValueError, match=r"^Folders import each other in a circle: \['a', 'b'\]\.$"):
        folders.rows(["a", "b"], {("a", "b"), ("b", "a")})
