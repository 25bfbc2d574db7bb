"""What a pruned network is taken away as: files by their names, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be made, or that failed its own check."""

    name: str
    reason: str  # in a sentence


@dataclass(frozen=True, slots=True)
class Onward:
    """A command that hands the network to another tool; printed, never run."""

    tool: str
    command: str
    warning: str = ""  # where widths do not suit it, in a sentence


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files of one pruned network."""

    name: str  # of the folder, without its ending
    files: tuple[tuple[str, bytes], ...]  # name -> content
    failed: tuple[Failed, ...] = ()
    notes: tuple[str, ...] = ()  # what a person should know of it, in sentences
    onward: tuple[Onward, ...] = ()

    def __getitem__(self, name: str) -> bytes:
        """What one file holds; KeyError where there is none of that name."""
        return dict(self.files)[name]

    def __contains__(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return name in dict(self.files)


@dataclass(frozen=True, slots=True)
class Taken:
    """A bundle that was written for a download."""

    name: str  # of the file
    path: str
    bytes: int
    files: tuple[str, ...]
    failed: tuple[Failed, ...] = ()
    notes: tuple[str, ...] = ()
    onward: tuple[Onward, ...] = ()
