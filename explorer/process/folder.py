"""A folder of texts, or of files, on this machine: private, bounded, each file old or new and never half."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import time

from explorer.values.whole import PART, appearing

ENDING = ".json"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # nothing that leads out of the folder
_ABANDONED = 3600.0  # seconds after which a file that was never finished goes


class Folder:
    """Texts by id, readable by the user of this process alone.

    Args:
        path: made when the first text is written.
        most: files; the ones written longest ago make room.
        bytes_: of all files together.
    """

    def __init__(self, path: Path, most: int, bytes_: int) -> None:
        self._path = path
        self._most = most
        self._bytes = bytes_

    def write(self, text_id: str, text: str) -> None:
        """Put a text in the place of the one of that id, all at once; OSError where that cannot be."""
        self._make()
        with appearing(self._file(text_id)) as part:
            part.write_text(text, encoding="utf-8")
        self._make_room()

    def place(self, name: str) -> Path:
        """Where another process may write a file, once older ones have made room; OSError where that cannot be."""
        self._make()
        self._make_room()
        return self._path / name

    def _make(self) -> None:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.chmod(0o700)  # it may have been there

    def read(self, text_id: str) -> str | None:
        """The text of that id; None where there is none.

        Raises:
            OSError: if it cannot be read.
            UnicodeDecodeError: if it is damaged.
        """
        try:
            return self._file(text_id).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError, KeyError):
            return None

    def _file(self, text_id: str) -> Path:
        if not _ID.fullmatch(text_id):
            raise KeyError(text_id)
        return self._path / f"{text_id}{ENDING}"

    def _make_room(self) -> None:
        count = size = 0
        for path, written, length in sorted(self._files(), key=lambda one: -one[1]):
            count, size = count + 1, size + length
            is_left = path.suffix == PART and time() - written > _ABANDONED
            if is_left or count > self._most or size > self._bytes:
                path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        """Each with when it was written (seconds) and its bytes."""
        for path in self._path.iterdir():
            with suppress(FileNotFoundError):  # another server made room
                found = path.stat()
                yield path, found.st_mtime, found.st_size
