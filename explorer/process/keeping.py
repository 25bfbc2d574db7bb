"""Finished runs on disk: what each was started with and came to, as JSON of frozen values."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from importlib import import_module

from explorer.process.folder import Folder
from explorer.process.frames import is_plain
from explorer.values import JobStatus, places
from explorer.values.errors import ExplorerError, FormatError
from explorer.values.loose import shown
from explorer.values.plain_json import built, loads, plain

log = logging.getLogger(__name__)

VERSION = 1
MOST, BYTES, LARGEST = 200, 200_000_000, 20_000_000  # runs; of all files; of one
_STARTS = "explorer.ui."  # what runs are started with is defined beside their pages


@dataclass(frozen=True, slots=True)
class KeptJob:
    """A finished run."""

    status: JobStatus
    about: object  # what it was started with
    server: str  # that ran it


class Keeping:
    """The last finished runs of all servers of this user."""

    def __init__(self, folder: Folder | None = None) -> None:
        self._folder = folder or Folder(places.kept_folder() / "runs", MOST, BYTES)

    def write(self, job: KeptJob) -> None:
        """Keep a run; where that cannot be, the log says why and the run goes on without."""
        try:
            text = json.dumps({"version": VERSION} | plain(job, KeptJob), separators=(",", ":"))
            if len(text) > LARGEST:
                log.warning("Run %s has %d bytes, so it is not kept on disk", job.status.id, len(text))
            else:
                self._folder.write(job.status.id, text)
        except (OSError, TypeError, ValueError) as error:
            log.warning("Run %s is not kept on disk: %s", job.status.id, error)

    def read(self, job_id: str) -> KeptJob | None:
        """A run that was kept; None where there is none.

        Raises:
            FormatError: if its file cannot be read, is damaged, or of another version.
        """
        try:
            text = self._folder.read(job_id)
            return None if text is None else _job(text)
        except (OSError, ValueError, TypeError, ExplorerError) as error:
            raise FormatError(
                f"The run '{job_id}' was kept, but its file cannot be read: {str(error).rstrip('.')}. Start it again."
            ) from error


def _job(text: str) -> KeptJob:
    held = loads(text)
    version = held.pop("version", None) if isinstance(held, dict) else None
    if version != VERSION:
        raise FormatError(f"it is of version {shown(version)}, and this explorer reads {VERSION}")
    job: KeptJob = built(KeptJob, held, "the run", known=plain_class)
    return job


def plain_class(module: str, name: str) -> type:
    """A class of plain values, or of what a run is started with."""
    if not (is_plain(module) or module.startswith(_STARTS)) or not name.isidentifier():
        raise FormatError(
            f"it names the class {shown(f'{module}:{name}')}; expected one of the explorer's values"
        )
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise FormatError(f"it names the class {shown(name)}, which is no more") from error
    if not isinstance(found, type) or found.__module__ != module:
        raise FormatError(f"it names {shown(name)}, which is no class")
    return found
