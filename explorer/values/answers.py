"""Which of several runs to use for which goal: an answer with the numbers it rests on, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.verdict import Confidence, Evidence

DENSE = "dense"  # names the whole network where runs have letters


class Goal(StrEnum):
    """What a person wants of a pruned network, as its heading."""

    SPEED = "Faster on this machine"
    ACCURACY = "As accurate as possible"
    AGREEMENT = "As close to dense as possible"
    METRIC = "As good by the metric as possible"
    FILE = "A smaller file"
    COMPRESSED = "A smaller compressed file"
    MEMORY = "Less memory while it runs"
    SKIPPING = "Less work where zeros are skipped"
    PRUNING = "Pruned in little time"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why one run is not the one to use."""

    letter: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Which runs serve a goal best."""

    goal: Goal
    best: tuple[str, ...]  # letters; empty: none is better than dense, or can't tell
    claim: str  # a sentence
    evidence: tuple[Evidence, ...]  # of the dense network and every run; `what` is "dense" or the letter
    others: tuple[WhyNot, ...]
    confidence: Confidence
