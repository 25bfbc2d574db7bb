"""What a subcommand comes to: for machines and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """The result of one subcommand."""

    value: dict[str, Any]  # what --json prints
    text: str  # what a person reads
    complete: bool = True  # False: something that was to be written failed its own check
