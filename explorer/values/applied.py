"""What was applied last in an app that a notebook or a script opened: told to it by a file of plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.values.plan import Amount
from explorer.values.whole import appearing

FILE = "applied.json"


@dataclass(frozen=True)
class Applied:
    """Enough to do it again: library, options as a file holds them, and how much."""

    backend: str
    amount: Amount | None  # None: the options say it
    options: Mapping[str, Any] = field(hash=False)


def write(folder: Path, what: Applied) -> None:
    """Put it in the place of what was applied before, all at once."""
    with appearing(folder / FILE) as part:
        part.write_text(json.dumps(vars(what)), encoding="utf-8")


def read(folder: Path) -> Applied | None:
    """What was applied last; None before anything was."""
    try:
        return Applied(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
