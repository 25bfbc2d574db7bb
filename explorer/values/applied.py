"""What was applied last in an app that a notebook or a script opened: told to it by a file of plain words."""

from __future__ import annotations

import json
from pathlib import Path

from explorer.values.plain_json import built, loads, plain
from explorer.values.project import Wanted
from explorer.values.whole import appearing

FILE = "applied.json"


def write(folder: Path, what: Wanted) -> None:
    """Put it in the place of what was applied before, all at once."""
    with appearing(folder / FILE) as part:
        part.write_text(json.dumps(plain(what, Wanted)), encoding="utf-8")


def read(folder: Path) -> Wanted | None:
    """What was applied last; None before anything was."""
    try:
        found: Wanted = built(Wanted, loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return found
