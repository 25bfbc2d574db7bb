"""What one ratio leaves of a network, whichever library prunes it: known before any weight is touched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.by_hand import Channels

Amount = float | int  # a float is a fraction in [0, 1], an int a count: 1 is not 1.0
Asked = Amount | Channels  # of a library: an amount, or channels by layer
Counts = tuple[int, ...]  # one number for each layer


class Budget(StrEnum):
    """What all runs are to have the same amount of."""

    RATIO = "pruning ratio"
    PARAMS = "parameters"
    MACS = "MACs"
    EFFECTIVE_MACS = "effective MACs"
    NONZERO = "non-zeros"
    BYTES = "tensors"  # in bytes; a saved file adds a header

    @property
    def figure(self) -> str:
        """What plans, outcomes and flags call it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """One layer before and after."""

    name: str  # dotted path
    type: str
    width_before: int  # output channels; 0 where it has none
    width: int
    params_before: int
    params: int  # stored
    nonzero: int  # parameters that are not zero
    macs_before: int
    macs: int  # that ordinary kernels compute
    effective_macs: int  # those whose weight is not zero

    @property
    def sparsity(self) -> float:
        """Share of the stored parameters that are zero."""
        return 1 - self.nonzero / self.params if self.params else 0.0


@dataclass(frozen=True, slots=True)
class DenseLayers:
    """The whole network that all plans of one planner start from, in columns: one entry for each layer."""

    names: tuple[str, ...]  # dotted paths
    types: tuple[str, ...]
    widths: Counts  # output channels; 0 where a layer has none
    params: Counts
    nonzero: Counts
    macs: Counts
    bytes: int  # of all stored tensors
    effective_macs: Counts = ()  # whose weight is not zero; (): kept by an explorer that did not count them


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
        found: int = getattr(self, budget.figure)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left at one ratio: the library leaves the same, unless `estimate` says otherwise.

    In columns, since a plan is made many times a second; `layers` are its rows.
    """

    ratio: float  # of channels or weights asked to go, in [0, 1)
    dense: DenseLayers
    widths: Counts  # parallel to the columns of `dense`, as are the next four
    layer_params: Counts
    layer_nonzero: Counts
    layer_macs: Counts
    layer_effective_macs: Counts
    bytes: int  # of all stored tensors
    warnings: tuple[str, ...] = ()
    estimate: str = ""  # why the library may do otherwise; "" where the plan is exact
    # Which layers the library does not touch, and their share; "" where that is next to none
    left_out: str = ""

    @property
    def layers(self) -> tuple[LayerPlan, ...]:
        """Every layer before and after."""
        dense = self.dense
        columns = (
            dense.names,
            dense.types,
            dense.widths,
            self.widths,
            dense.params,
            self.layer_params,
            self.layer_nonzero,
            dense.macs,
            self.layer_macs,
            self.layer_effective_macs,
        )
        return tuple(LayerPlan(*row) for row in zip(*columns, strict=True))

    @property
    def params(self) -> int:
        """Stored parameters."""
        return sum(self.layer_params)

    @property
    def nonzero(self) -> int:
        """Parameters that are not zero."""
        return sum(self.layer_nonzero)

    @property
    def macs(self) -> int:
        """MACs that ordinary kernels compute for one input."""
        return sum(self.layer_macs)

    @property
    def effective_macs(self) -> int:
        """MACs whose weight is not zero: what hardware that skips zeros would compute."""
        return sum(self.layer_effective_macs)

    @property
    def sparsity(self) -> float:
        """Share of the stored parameters that are zero."""
        return 1 - self.nonzero / self.params

    @property
    def params_before(self) -> int:
        """Parameters of the dense network."""
        return sum(self.dense.params)

    @property
    def macs_before(self) -> int:
        """MACs of the dense network."""
        return sum(self.dense.macs)

    @property
    def effective_macs_before(self) -> int | None:
        """MACs of the dense network whose weight is not zero; None where that was not counted."""
        found = self.dense.effective_macs
        return sum(found) if found else None

    @property
    def bytes_before(self) -> int:
        """Bytes of the dense network."""
        return self.dense.bytes

    @property
    def costs(self) -> PlanCosts:
        """The figures that budgets limit."""
        return PlanCosts(self.params, self.nonzero, self.macs, self.effective_macs, self.bytes)
