"""The errors a page may show. Every message is one clear sentence or two.

It says what was wrong with its value, what was expected, and what to do next.
"""

from __future__ import annotations

from typing import Self


class ExplorerError(Exception):
    """Anything the explorer refuses or cannot do; the only thing a page catches."""

    field = ""  # the option that causes it; "" where none does

    def about(self, field: str) -> Self:
        """The same error, with the option that causes it."""
        self.field = field
        return self


MOST = 200  # characters of a foreign error that a sentence quotes


def cause_of(error: BaseException) -> str:
    """The first line of what an error says, or its name where it says nothing, as part of a sentence."""
    line = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return line.rstrip(" .:") if len(line) <= MOST else f"{line[:MOST].rpartition(' ')[0]} …"


def class_and_cause(error: BaseException) -> str:
    """The same behind the error's class, e.g. "ValueError: it is too small"."""
    name, cause = type(error).__name__, cause_of(error)
    return name if cause == name else f"{name}: {cause}"


class UnknownNameError(ExplorerError):
    """A network, layer, group or option of that name does not exist."""


class FlagError(ExplorerError):
    """The app was started with flags that cannot be followed."""


class NetworkError(ExplorerError):
    """A network cannot be loaded, traced or run."""


class DownloadError(NetworkError):
    """Pretrained weights could not be downloaded."""


class PruningError(ExplorerError):
    """A plan cannot be made or a library refused to carry it out."""


class TimeError(PruningError):
    """A library took longer than it may."""


class ExportError(ExplorerError):
    """Something is to be taken away in a format that does not hold it."""


class FormatError(ExplorerError):
    """A file does not hold what its format says."""


class TrainingError(ExplorerError):
    """Training cannot start as asked, or its loss is no longer a number."""


class EngineError(ExplorerError):
    """The process that runs the libraries was killed, hung or ran out of memory."""


class BusyError(ExplorerError):
    """So many jobs wait already that no other is taken."""


class CancelledError(ExplorerError):
    """A person stopped a job."""
