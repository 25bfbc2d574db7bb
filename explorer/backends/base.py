"""What every pruning library's planner looks like to the rest of the explorer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from torch import nn

PlanT = TypeVar("PlanT")  # what is removed (`schema.Plan`), or what is masked (`schema.NativePlan`)


class Planner(Protocol[PlanT]):
    """One network, one library, one set of options: importances are computed, ranking is done."""

    def plan(self, ratio: float) -> PlanT:
        """What goes at `ratio`; takes milliseconds and touches no tensor of the network."""
        ...

    def apply(self, plan: PlanT) -> nn.Module:
        """Have the real library carry a plan out, on a fresh copy."""
        ...


@dataclass(frozen=True)
class BackendInfo:
    """What a menu may know of a backend without importing its library."""

    title: str
    removes: bool  # True: channels are deleted; False: zeros are written
    target: str  # "module:Class", resolved on first use
