"""Loose words as people type them in notebooks: numbers in texts, arrays and tensors. Knows neither numpy nor torch."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

LONGEST = 80  # characters of a value that a sentence shows


def as_number(loose: Any) -> Any:
    """The number that is meant: 0.5, "0.5", "50%", an array or a tensor of no axes; anything else as it is.

    A text without a point is a whole number.
    """
    if isinstance(loose, str):
        return _written(loose)
    if not isinstance(loose, Real) and getattr(loose, "shape", None) == () and hasattr(loose, "item"):
        loose = loose.item()
    if isinstance(loose, bool) or not isinstance(loose, Real):
        return loose
    return int(loose) if isinstance(loose, Integral) else float(loose)


def is_number(value: object) -> bool:
    """Whether it is a finite number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def shown(value: object) -> str:
    """A value in a sentence: the first line of it, and not too much of that."""
    lines = repr(value).splitlines() or [""]
    short = lines[0][:LONGEST]
    return short if [short] == lines else f"{short.rstrip()} …"


def _written(text: str) -> Any:
    word = text.strip()
    try:
        if word.endswith("%"):
            return float(word[:-1]) / 100
        return int(word) if word.lstrip("+-").isdecimal() else float(word)
    except ValueError:
        return text
