"""Comparing: runs of several libraries side by side, what each came to, and the budget that all meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.answers import Answer
from explorer.values.depgraph import PruningOptions
from explorer.values.native import NativeOptions
from explorer.values.network import Evaluation, NetworkSpec
from explorer.values.runs import Timing
from explorer.values.sparseml import SparseOptions
from explorer.values.training import FineTune

MOST_CONTENDERS = 6  # more lines than that cannot be told apart in one chart
LETTERS = "ABCDEF"  # short names of contenders


class Library(StrEnum):
    """A pruning library that can be compared; the value is its key in the backends."""

    NATIVE = "native"
    DEPGRAPH = "depgraph"
    SPARSEML = "sparseml"

    @property
    def removes(self) -> bool:
        """Whether it deletes channels; the others write zeros."""
        return self is Library.DEPGRAPH


class Budget(StrEnum):
    """What all runs are to have the same amount of."""

    RATIO = "pruning ratio"
    PARAMS = "parameters"
    MACS = "MACs"
    EFFECTIVE_MACS = "effective MACs"
    NONZERO = "non-zeros"
    BYTES = "file size"


AnyOptions = PruningOptions | NativeOptions | SparseOptions


@dataclass(frozen=True, slots=True)
class Contender:
    """One run that is compared: a library, its options and its ratio."""

    library: Library
    options: AnyOptions
    ratio: float  # of channels or weights asked to go, in [0, 1)


@dataclass(frozen=True, slots=True)
class PlanCosts:
    """What is left at one ratio, counted without touching a tensor of the network."""

    params: int  # stored
    nonzero: int
    macs: int  # that ordinary kernels compute
    effective_macs: int  # whose weight is not zero
    bytes: int  # of all stored tensors

    def of(self, budget: Budget) -> int:
        """The figure that a budget limits."""
        figures = {
            Budget.PARAMS: self.params,
            Budget.MACS: self.macs,
            Budget.EFFECTIVE_MACS: self.effective_macs,
            Budget.NONZERO: self.nonzero,
            Budget.BYTES: self.bytes,
        }
        return figures[budget]


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
    accuracy: float | None  # measured on a copy with the plan carried out; None where it means nothing
    estimate: bool  # the library may choose otherwise, since it prunes in several steps


@dataclass(frozen=True, slots=True)
class LayerOutcome:
    """One layer of a network as it is now, counted on its tensors."""

    name: str
    type: str
    width: int  # output channels; 0 where it has none
    params: int
    nonzero: int
    macs: int
    effective_macs: int
    structural_macs: int  # without the rows and columns of its weight that are zero throughout

    @property
    def sparsity(self) -> float:
        """Share of its stored parameters that are zero."""
        return 1 - self.nonzero / self.params if self.params else 0.0


@dataclass(frozen=True, slots=True)
class StepTimes:
    """What one run cost, in seconds, each measured once."""

    graph: float | None  # tracing which channels are coupled; None: not needed
    score: float | None  # scoring and ranking, gradients included; None: the library does it within its step
    step: float  # the library's own work from a fresh copy to the pruned network; under 10 s: the quicker of two
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One network, dense or pruned: everything that was counted and measured on it."""

    layers: tuple[LayerOutcome, ...]
    pruned: Evaluation | None  # right after; the dense network's own accuracy for that one
    recalibrated: Evaluation | None  # None: not done, or no BatchNorm
    fine_tuned: Evaluation | None  # None: not done
    time: Timing  # of one forward pass, in turns with all others
    peak_bytes: int  # held at once in one forward pass, weights included
    file_bytes: int  # of the safetensors file
    compressed_bytes: int  # after zlib
    steps: StepTimes | None = None  # None: the dense network
    differences: tuple[str, ...] = ()  # between plan and library, as sentences

    @property
    def params(self) -> int:
        """Stored parameters."""
        return sum(layer.params for layer in self.layers)

    @property
    def nonzero(self) -> int:
        """Parameters that are not zero."""
        return sum(layer.nonzero for layer in self.layers)

    @property
    def macs(self) -> int:
        """Nominal MACs: what ordinary kernels compute."""
        return sum(layer.macs for layer in self.layers)

    @property
    def effective_macs(self) -> int:
        """MACs whose weight is not zero."""
        return sum(layer.effective_macs for layer in self.layers)

    @property
    def structural_macs(self) -> int:
        """MACs without the rows and columns of weights that are zero throughout."""
        return sum(layer.structural_macs for layer in self.layers)

    @property
    def final(self) -> Evaluation | None:
        """The accuracy after the last step that was taken."""
        return self.fine_tuned or self.recalibrated or self.pruned


@dataclass(frozen=True, slots=True)
class Finished:
    """One contender with what came of it."""

    contender: Contender
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
