"""DepGraph: options in, plan and report out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from explorer.schema.network import Evaluation


class Criterion(StrEnum):
    """How a channel's importance is computed."""

    L1 = "l1"
    L2 = "l2"


class Scope(StrEnum):
    """Which channels are ranked together."""

    LOCAL = "local"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class PruningOptions:
    """Options of the DepGraph backend; all that a planner depends on beside the network."""

    criterion: Criterion = Criterion.L2
    scope: Scope = Scope.LOCAL
    round_to: int | None = None
    keep: tuple[str, ...] = ()  # layers whose outputs stay, by dotted path


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer before and after."""

    name: str
    type: str
    width_before: int  # output channels
    width_after: int
    params_before: int
    params_after: int
    macs_before: int
    macs_after: int


@dataclass(frozen=True, slots=True)
class GroupChange:
    """How many channels one group loses."""

    id: int
    root: str
    channels: int
    removed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes at one ratio, exactly: an estimate of nothing, the library does the same."""

    ratio: float
    layers: tuple[LayerChange, ...]
    groups: tuple[GroupChange, ...]
    bytes_before: int
    bytes: int
    warnings: tuple[str, ...] = ()
    removed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def params(self) -> int:
        """Parameters after pruning."""
        return sum(row.params_after for row in self.layers)

    @property
    def params_before(self) -> int:
        """Parameters of the dense network."""
        return sum(row.params_before for row in self.layers)

    @property
    def macs(self) -> int:
        """MACs after pruning."""
        return sum(row.macs_after for row in self.layers)

    @property
    def macs_before(self) -> int:
        """MACs of the dense network."""
        return sum(row.macs_before for row in self.layers)


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What the library really did, measured, beside what the plan said."""

    plan: Plan
    params: int
    macs: int
    file_bytes: int  # the pruned network's safetensors file
    output_shape: tuple[int, ...]
    differences: tuple[str, ...]  # sentences; empty: plan = library
    zeroing_difference: float  # largest |removed - zeroed| relative to the largest output
    zeroing_note: str  # "" or why they differ by nature
    dense: Evaluation | None
    pruned: Evaluation | None
    recalibrated: Evaluation | None  # after BatchNorm re-calibration; None without BatchNorm or data
    library_seconds: float

    @property
    def plan_is_library(self) -> bool:
        """Whether the library removed exactly what the plan said."""
        return not self.differences
