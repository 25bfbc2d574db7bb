"""Sparse training: weights are trained towards channels that pruning can take at little cost."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.named import Named
from explorer.values.runs import TrainingPoint
from explorer.values.yardstick import Evaluation

LARGEST_STRENGTH = 10.0


class Regularizer(Named):
    """What pulls channels towards zero while a network is trained: a pruner of Torch-Pruning."""

    strength: float  # that suits most networks

    GROUP_NORM = (
        "group_norm",
        "group norm",
        "All weights of a channel, in every layer of its group, shrink together; the weakest channels fastest.",
        5e-3,
    )
    GROWING = (
        "growing",
        "growing",
        "Each channel's decay grows from epoch to epoch, fastest for the weakest channels.",
        1e-2,
    )
    BN_SCALE = (
        "bn_scale",
        "BN scale",
        "Every BatchNorm scale shrinks by the same amount in each step, as in network slimming.",
        5e-2,
    )

    def __init__(self, word: str, label: str = "", told: str = "", strength: float = 0.0) -> None:
        super().__init__(word, label, told)
        self.strength = strength


@dataclass(frozen=True, slots=True)
class SparseTraining:
    """How to train; the same settings give the same weights."""

    regularizer: Regularizer = Regularizer.GROUP_NORM
    # Of the pull, a factor of the weights in their gradient; None: as suits most
    strength: float | None = None
    epochs: int = 15
    learning_rate: float = 0.05  # the highest of the one-cycle schedule
    seed: int = 0

    @property
    def pull(self) -> float:
        """The strength that is meant."""
        return self.regularizer.strength if self.strength is None else self.strength


@dataclass(frozen=True, slots=True)
class SparselyTrained:
    """What sparse training made of a network."""

    settings: SparseTraining
    dense: Evaluation  # before
    trained: Evaluation
    curve: tuple[TrainingPoint, ...]
    faded: int  # channels whose norm in their group is below a tenth of the largest one's
    channels: int  # that may go in all
