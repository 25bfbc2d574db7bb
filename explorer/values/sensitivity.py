"""How much each group matters, and the ratios that a budget leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from explorer.values.depgraph import ChannelCriterion, ChannelOptions
from explorer.values.network import NetworkSpec
from explorer.values.timing import Timing
from explorer.values.yardstick import Evaluation


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How sensitivity is measured."""

    criterion: ChannelCriterion = ChannelCriterion.L2  # decides which channels of the group go
    ratios: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    recalibrated: bool = False  # measured after BatchNorm re-calibration
    seed: int = 0  # random only

    @property
    def scoring(self) -> ChannelOptions:
        """Options of a planner that scores channels in this way."""
        return ChannelOptions(criterion=self.criterion, seed=self.seed)


@dataclass(frozen=True, slots=True)
class SensitivityPoint:
    """The network with one group pruned at one ratio, measured."""

    ratio: float  # asked for
    removed: int  # channels of the group that went
    value: float  # in the yardstick of the dense network's evaluation
    loss: float


@dataclass(frozen=True, slots=True)
class GroupSensitivity:
    """What pruning one group alone does."""

    id: int  # of the group
    layer: str  # names the group where ratios of their own are given; the root if no layer can
    nameable: bool  # whether `layer` can
    channels: int
    points: tuple[SensitivityPoint, ...]  # rising ratios


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """All groups of a network, pruned one at a time on copies."""

    spec: NetworkSpec
    options: SweepOptions
    dense: Evaluation  # on the same images
    groups: tuple[GroupSensitivity, ...]  # in the planner's order
    seconds: float
    where: str  # which workers did it, e.g. "2 local worker processes"
    lost: int | None = None  # workers that died and were replaced; None where the cluster sees to it
    network: str = ""  # identity of the network that was measured: another may have the same name

    def drop(self, point: SensitivityPoint) -> float:
        """How much worse it is without the channels, in the yardstick's unit; below 0 where it is better."""
        return self.dense.by.lost(self.dense.value, point.value)

    def mean_drop(self, group: GroupSensitivity) -> float:
        """Mean drop over all ratios: one number to sort by."""
        return sum(map(self.drop, group.points)) / max(len(group.points), 1)


class BudgetKind(StrEnum):
    """What a budget counts."""

    MACS = "MACs"
    PARAMS = "parameters"
    BYTES = "bytes"
    MILLISECONDS = "milliseconds"


@dataclass(frozen=True, slots=True)
class CostBudget:
    """At most so much of one cost, as a share of the dense network's."""

    kind: BudgetKind
    share: float  # in (0, 1]


@dataclass(frozen=True, slots=True)
class GroupRatio:
    """What one group loses."""

    id: int
    layer: str
    ratio: float  # with two digits: it means exactly these channels to Torch-Pruning
    removed: int
    channels: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """One way to spend a budget: exact costs, what to expect of it, and what was measured."""

    groups: tuple[GroupRatio, ...]
    cost: float  # in the budget's kind; milliseconds are an estimate, the rest is exact
    params: int
    macs: int
    bytes: int
    expected_loss: float | None  # None: a group loses more than its sensitivity was measured for
    expected_value: float | None  # likewise
    measured: Evaluation  # on examples that no sensitivity was measured on, where there are others
    latency: Timing | None = None  # where the budget is in milliseconds

    @property
    def overrides(self) -> tuple[tuple[str, float], ...]:
        """As `ChannelOptions` takes them; the ratio for the rest is then 0."""
        return tuple((group.layer, group.ratio) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Solution:
    """A budget spent by sensitivity, beside the same ratio for every group."""

    budget: CostBudget
    limit: float  # the budget in its own unit
    dense_cost: float
    dense: Evaluation  # on the same examples
    solved: Allocation
    uniform: Allocation | None  # None: no one ratio meets the budget
    uniform_ratio: float | None  # the lowest that meets it, of those with two digits
    dense_latency: Timing | None = None  # where the budget is in milliseconds
    # Of the latency model: largest relative miss on networks it was fitted to
    model_error: float | None = None
