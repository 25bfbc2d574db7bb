"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"  # ends the names of what is not complete


@contextmanager
def appearing(path: Path, mode: int = 0o600) -> Iterator[Path]:
    """A file beside `path` to write into; it takes that name at the end, and is gone where that fails."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        new.chmod(mode)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
