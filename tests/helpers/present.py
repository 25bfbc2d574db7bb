"""Values that may be missing, where a test says that they are not."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value itself; the test fails where there is none."""
    assert value is not None
    return value
