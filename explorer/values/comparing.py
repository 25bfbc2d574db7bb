"""Comparing: runs of several libraries side by side, what each came to, and the budget that all meet."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.answers import Answer
from explorer.values.depgraph import ChannelOptions
from explorer.values.native import NativeOptions
from explorer.values.network import NetworkSpec
from explorer.values.outcome import Outcome
from explorer.values.plan import PlanCosts
from explorer.values.sparseml import SparseOptions
from explorer.values.training import FineTune

MOST_CONTENDERS = 6  # more lines than that cannot be told apart in one chart
LETTERS = "ABCDEF"  # short names of contenders


AnyOptions = ChannelOptions | NativeOptions | SparseOptions


@dataclass(frozen=True, slots=True)
class Contender:
    """One run that is compared: a library, its options and its ratio."""

    library: str  # its key in the backends
    options: AnyOptions
    ratio: float  # of channels or weights asked to go, in [0, 1)


@dataclass(frozen=True, slots=True)
class Solved:
    """The ratio at which one contender comes closest to a budget."""

    contender: Contender  # with that ratio
    costs: PlanCosts | None  # None: the options are refused
    wanted: float | None = None  # the budget in its own unit; None: the ratio was given
    reached: float | None = None
    problem: str = ""  # why it cannot be run so, in one sentence

    @property
    def off_by(self) -> float | None:
        """How far the budget is missed, as a share of it; positive is above."""
        return (
            (self.reached - self.wanted) / self.wanted if self.wanted and self.reached is not None else None
        )


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One contender at one ratio."""

    ratio: float
    costs: PlanCosts  # planned
    value: float | None  # as dense is judged, on a copy with the plan carried out; None: nobody can tell yet
    estimate: bool  # the library may choose otherwise, since it prunes in several steps


@dataclass(frozen=True, slots=True)
class Finished:
    """One contender with what came of it."""

    contender: Contender
    removes: bool  # whether its library deletes channels; the others write zeros
    outcome: Outcome | None
    curve: tuple[CurvePoint, ...] = ()
    problem: str = ""  # why there is no outcome, or why it could not be fine-tuned, in one sentence

    @property
    def plan_is_library(self) -> bool:
        """Whether the library is known to have done what the plan said, to the last value."""
        estimated = any(point.estimate for point in self.curve)
        return self.outcome is not None and not self.outcome.differences and not estimated


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """What is compared."""

    spec: NetworkSpec
    contenders: tuple[Contender, ...]
    fine_tune: FineTune | None = None  # None: nothing is trained
    letters: str = LETTERS  # of the contenders, in their order; those that cannot be run leave gaps


@dataclass(frozen=True, slots=True)
class Comparison:
    """All contenders beside the dense network, measured in one process."""

    request: CompareRequest
    dense: Outcome
    runs: tuple[Finished, ...]
    threads: int  # of a forward pass
    answers: tuple[Answer, ...] = ()  # which run to use for which goal
