"""Files that pages send to the browser as they are: styles, scripts, markup, and what was frozen for them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "assets"


def path(name: str) -> Path:
    """Where it lies; ``st.html`` takes a style so."""
    return _FOLDER / name


def text(name: str) -> str:
    """All of it."""
    return path(name).read_text("utf-8")
