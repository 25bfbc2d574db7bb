"""The drawn pictures can be drawn anew; the screenshots are the browser tests' business."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from images import architecture, steps


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
