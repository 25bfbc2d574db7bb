"""Folders for what this process has others write: private, and gone when it ends."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from collections.abc import Collection
from functools import cache
from pathlib import Path


@cache
def scratch(name: str) -> Path:
    """The one folder of that name, which only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_file(folder: Path, ending: str, most: int, held: Collection[Path] = ()) -> str:
    """Where another file may be written, by a name that nobody guesses; the oldest ones make room for it.

    Args:
        most: of that ending, but for those `held`.
    """
    there = sorted(set(folder.glob(f"*{ending}")) - set(held), key=lambda file: file.stat().st_mtime)
    for old in there[: max(0, len(there) - most + 1)]:
        old.unlink(missing_ok=True)
    return str(folder / f"{secrets.token_urlsafe(9)}{ending}")
