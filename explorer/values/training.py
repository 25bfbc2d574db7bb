"""Fine-tuning: settings in, report out."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.depgraph import Plan
from explorer.values.network import Evaluation
from explorer.values.runs import TrainingPoint

MOST_EPOCHS = 200
LARGEST_RATE = 1.0


@dataclass(frozen=True, slots=True)
class FineTune:
    """How to train on after pruning; the same settings give the same weights."""

    epochs: int = 10
    learning_rate: float = 0.002  # the highest of the one-cycle schedule
    seed: int = 0  # of the order of the images, their shifts, and dropout


@dataclass(frozen=True, slots=True)
class FineTuneReport:
    """What pruning took and fine-tuning gave back, each step measured on the test split."""

    plan: Plan
    settings: FineTune
    params: int
    nonzero: int  # after training, which fills no removed channel
    macs: int
    effective_macs: int  # those whose weight is not zero
    file_bytes: int  # the fine-tuned network's safetensors file
    differences: tuple[str, ...]  # sentences; empty: plan = library
    dense: Evaluation
    pruned: Evaluation
    recalibrated: Evaluation | None  # None without BatchNorm: there is nothing to re-calibrate
    fine_tuned: Evaluation
    curve: tuple[TrainingPoint, ...]
    library_seconds: float  # pruning
    training_seconds: float  # fine-tuning, its measurements included

    @property
    def plan_is_library(self) -> bool:
        """Whether the library removed exactly what the plan said."""
        return not self.differences
