"""What carrying a plan out came to, whichever library did it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.outcome import Outcome
from explorer.values.plan import Plan
from explorer.values.runs import TrainingPoint
from explorer.values.training import FineTune


@dataclass(frozen=True, slots=True)
class Report:
    """Dense and pruned network, each measured, beside what the plan said."""

    backend: str  # its key
    plan: Plan
    dense: Outcome
    pruned: Outcome
    differences: tuple[str, ...]  # between plan and library, as sentences; empty: plan = library
    seconds: float  # the library's own work
    evidence: object = None  # what only this library shows
    settings: FineTune | None = None  # None: nothing was trained
    curve: tuple[TrainingPoint, ...] = ()
    training_seconds: float = 0.0  # measurements included
    trains: bool = True  # whether there are labelled data or a loss to train by

    @property
    def plan_is_library(self) -> bool:
        """Whether the library did exactly what the plan said."""
        return not self.differences
