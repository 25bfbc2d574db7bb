"""Clocks around SparseML's own steps before a training run: its set-up, and its first masks."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import nn

from explorer.backends.sparseml.library import parsed, pruner_of
from explorer.values.errors import PruningError, cause_of


@dataclass(frozen=True)
class Begun:
    """A network that SparseML has set up and masked, ready to be trained."""

    module: nn.Module
    optimizer: Any  # the one to step: SparseML counts on it and holds the masks
    initialising: float  # seconds to read the recipe, find the layers, attach hooks and wrap the optimizer
    masking: float  # seconds to score all weights, make the masks and write the zeros


def begin(module: nn.Module, plain: torch.optim.Optimizer, recipe: str, steps_per_epoch: int) -> Begun:
    """Do to `module`, in place, what SparseML does before the first training step.

    Raises:
        PruningError: with what SparseML says against it.
    """
    start = perf_counter()
    manager = parsed(recipe)
    try:
        optimizer = manager.modify(module, plain, steps_per_epoch=steps_per_epoch)
        ready = perf_counter()
        pruner_of(manager).check_mask_update(module, 0.0, steps_per_epoch)
    except Exception as error:  # whatever it raises, SparseML's reason is told
        raise PruningError(f"SparseML failed on this network: {cause_of(error)}.") from error
    return Begun(module, optimizer, ready - start, perf_counter() - ready)
