"""What a subcommand comes to: for machines and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DONE, REFUSED, INCOMPLETE, MISSED, INTERRUPTED = 0, 1, 3, 4, 130  # exit statuses; argparse itself ends with 2


@dataclass(frozen=True)
class Answer:
    """The result of one subcommand."""

    value: dict[str, Any]  # what --json prints
    text: str  # what a person reads
    status: int = DONE
