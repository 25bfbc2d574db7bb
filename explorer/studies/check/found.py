"""What one look at a network comes to, and numbers in words."""

from __future__ import annotations

from typing import NamedTuple

from explorer.values.check import Fact, Grade, Remedy


class Found(NamedTuple):
    """What one kind found; see `Finding`."""

    grade: Grade
    told: str
    evidence: tuple[Fact, ...] = ()
    remedy: Remedy | None = None


def params_in_words(number: int) -> str:
    return counted(number, "parameter", "parameters")


def counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
