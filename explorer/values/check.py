"""What a look at a network found that bears on pruning it: findings as data, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.runs import Progress


class Grade(StrEnum):
    """What a finding means for whoever prunes."""

    FINE = "fine"  # as one would wish
    NOTE = "note"  # to know
    LIMIT = "limit"  # something cannot lose channels
    REFUSED = "refused"  # nothing can, or what came of it is not handed out
    UNKNOWN = "unknown"  # could not be found out


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a finding rests on."""

    what: str  # a layer, a part, a counter, a type of numbers
    found: str  # about it


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps, tried on a copy: it works."""

    told: str  # a sentence
    code: str  # the same in Python
    keep: tuple[str, ...] = ()  # layers that DepGraph is to keep; (): it takes code


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one kind."""

    kind: str  # "walls", "tied weights" …: the word for it in the glossary, too
    grade: Grade
    told: str  # in one sentence or two
    evidence: tuple[Fact, ...] = ()
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Everything that was found of one network."""

    network: str
    groups: int  # coupled groups; 0 where the network cannot be traced
    free: int  # of them may lose channels
    refusal: str  # why DepGraph prunes nothing of it, as a sentence; "" where it does
    findings: tuple[Finding, ...]

    def of(self, kind: str) -> Finding:
        """The finding of that kind; KeyError where there is none."""
        for finding in self.findings:
            if finding.kind == kind:
                return finding
        raise KeyError(kind)


@dataclass(frozen=True, slots=True)
class Checking:
    """How far a check is, and what it found once it is over."""

    progress: Progress
    found: Check | None = None
