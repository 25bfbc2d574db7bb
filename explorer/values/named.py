"""Words that options take: each with the label that a person reads, and what it asks of a network."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Need(StrEnum):
    """What a network must have for a word to mean something there."""

    IMAGES = "labelled images"
    BATCHNORM = "BatchNorm layers"
    HEADS = "attention heads that can go whole"


class Named(StrEnum):
    """Words with labels. A member is written as ``LINF = "linf", "L∞", "The largest absolute value."``.

    The word stands in notebooks, files and flags, the label on pages and in their links.
    """

    label: str
    told: str  # one sentence on it; "" where the label says it all
    need: Need | None

    def __new__(cls, word: str, *facts: object) -> Self:
        """A member that is its word; the facts on it are for `__init__`."""
        member = str.__new__(cls, word)
        member._value_ = word
        return member

    def __init__(self, word: str, label: str = "", told: str = "") -> None:
        self.label, self.told, self.need = label or word, told, None
