"""A project: the tree of a person's runs, with what each asked for and came to, and what they call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.values.history import AppliedRun
from explorer.values.plan import Asked
from explorer.values.training import FineTune

MOST_RUNS = 500
LONGEST_NAME = 80  # characters
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Enough to start a run again."""

    backend: str  # its key
    options: Mapping[str, Any] = field(hash=False)  # as files hold them
    amount: Asked | None = None  # None: the options say it
    fine_tune: FineTune | None = None  # None: nothing is trained afterwards


@dataclass(frozen=True, slots=True)
class Kept:
    """One run of a project."""

    run: AppliedRun
    wanted: Wanted | None = None  # None: it was one of several that were compared
    parent: str = ""  # id of the run that it goes on from; "": of the dense network
    name: str = ""  # that a person gave it
    note: str = ""
    pinned: bool = False

    @property
    def id(self) -> str:
        """Of the run, as other runs name their parent."""
        return self.run.id


@dataclass(frozen=True, slots=True)
class Project:
    """Runs, oldest first: each stands behind the one that it goes on from."""

    runs: tuple[Kept, ...] = ()

    def __contains__(self, run_id: str) -> bool:
        """Whether it holds a run of that id."""
        return any(kept.id == run_id for kept in self.runs)

    @property
    def judged(self) -> tuple[Kept, ...]:
        """The pinned runs, or all where none is."""
        return tuple(kept for kept in self.runs if kept.pinned) or self.runs

    @property
    def tree(self) -> tuple[tuple[Kept, int], ...]:
        """All runs with their depth, each right behind its parent's earlier children."""
        children: dict[str, list[Kept]] = {}
        for kept in self.runs:
            children.setdefault(kept.parent, []).append(kept)
        return tuple(_below(children))

    def with_(self, *new: Kept) -> Project:
        """The same with more runs; one whose id it holds already is left as it is here."""
        held = {kept.id for kept in self.runs}
        runs = [*self.runs, *(kept for kept in new if kept.id not in held)]
        return Project(tuple(runs[-MOST_RUNS:])).mended

    def changed(self, run_id: str, **how: Any) -> Project:
        """The same with other parts of one run."""
        return Project(tuple(replace(kept, **how) if kept.id == run_id else kept for kept in self.runs))

    def without(self, *ids: str) -> Project:
        """The same without some runs; what went on from them goes on from what they went on from."""
        above = {kept.id: kept.parent for kept in self.runs}

        def left(parent: str) -> str:
            while parent in ids:
                parent = above[parent]
            return parent

        rest = (kept for kept in self.runs if kept.id not in ids)
        return Project(tuple(replace(kept, parent=left(kept.parent)) for kept in rest))

    @property
    def mended(self) -> Project:
        """The same; runs whose parent is gone go on from the dense network."""
        ids = {kept.id for kept in self.runs}
        return Project(tuple(kept if kept.parent in ids else replace(kept, parent="") for kept in self.runs))


def _below(children: Mapping[str, list[Kept]]) -> Iterator[tuple[Kept, int]]:
    waiting = [(kept, 0) for kept in reversed(children.get("", []))]
    while waiting:
        kept, depth = waiting.pop()
        yield kept, depth
        waiting += [(child, depth + 1) for child in reversed(children.get(kept.id, []))]
