"""Fine-tuning: settings in, report out."""

from __future__ import annotations

from dataclasses import dataclass

MOST_EPOCHS = 200
LARGEST_RATE = 1.0


@dataclass(frozen=True, slots=True)
class FineTune:
    """How to train on after pruning; the same settings give the same weights."""

    epochs: int = 10
    learning_rate: float = 0.002  # the highest of the one-cycle schedule
    seed: int = 0  # of the order of the images, their shifts, and dropout
