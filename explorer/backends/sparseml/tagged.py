"""A recipe between its text and its options: tagged entries, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RecipeFault(Exception):
    """Why a recipe is refused, in one sentence, and which option causes it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Tagged:
    """One modifier of a recipe: the word behind the exclamation mark, and its fields."""

    tag: str
    fields: Mapping[str, Any]
