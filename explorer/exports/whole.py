"""Files and folders that appear whole or not at all; what a killed writer leaves, the next one clears away."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.values import whole
from explorer.values.errors import ExportError
from explorer.values.whole import PART

FRESH = 60.0  # seconds for which a part may be somebody's who has not yet locked it
_UNSAFE = re.compile(r"[^\w.()+-]+", re.ASCII)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices to Windows


def file_name(name: str) -> str:
    """A network's name as every system and every link takes it."""
    safe = _UNSAFE.sub("-", name).strip(".-") or "network"
    return f"{safe}-" if _RESERVED.fullmatch(safe) else safe


def write_page(path: Path, text: str) -> None:
    """Write one file, which appears when it is complete.

    Raises:
        ExportError: if the disk is full or may not be written; what is there stays whole.
    """
    with telling(path), appearing(path) as new:
        new.write_text(text, encoding="utf-8")


def check_page(path: Path, replace: bool) -> None:
    """Refuse to write over what is there.

    Raises:
        ExportError: in one sentence.
    """
    if path.is_dir() or (path.exists() and not replace):
        raise ExportError(
            f"'{path}' is there already and is left as it is. Give another name, or replace it (--replace)."
        )


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """As `values.whole` has it, readable by everybody."""
    clear(path.parent, _literal(path.name))
    with whole.appearing(path, 0o644) as new, _held(new):
        yield new


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """A folder beside `path` to write into, which is gone at the end unless it was renamed."""
    clear(path.parent, _literal(path.name))
    new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent))
    with _held(new):
        try:
            yield new
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _held(part: Path) -> Iterator[None]:
    """While it lasts, nobody clears a part away."""
    handle = os.open(part, os.O_RDONLY if part.is_dir() else os.O_RDWR)  # NFS locks no file that is only read
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def clear(folder: Path, name: str = "*") -> None:
    """Remove what killed writers of one name left: parts of this user's that nobody holds any more."""
    for part in folder.glob(f".{name}.*{PART}"):
        with suppress(OSError):
            if _is_left(part):
                shutil.rmtree(part) if part.is_dir() else part.unlink()


def _is_left(part: Path) -> bool:
    found = part.lstat()
    if part.is_symlink() or found.st_uid != os.getuid() or time.time() - found.st_mtime < FRESH:
        return False
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a writer that lives holds it
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(handle)


def _literal(name: str) -> str:
    """A name that `glob` takes as it is."""
    return re.sub(r"([*?[])", r"[\1]", name)


@contextmanager
def telling(target: Path) -> Iterator[None]:
    """What the disk refuses, in one sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else (error.strerror or str(error)).lower()
        remedy = "Make room" if full else "Give a folder that you may write to"
        raise ExportError(
            f"'{target}' could not be written: {why}. What was there before is left as it was. {remedy}, and try again."
        ) from error
