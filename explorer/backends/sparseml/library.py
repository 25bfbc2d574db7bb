"""The only file that imports SparseML: masks in one shot, and while training. Runs on its island only.

SparseML is left as it is; what it gets wrong silently is refused before a recipe comes here.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.data import DataSet
from explorer.measuring.evaluation import scores_among
from explorer.values import SchedulePoint, SparseOptions
from explorer.values.errors import PruningError, cause_of

# It imports what setuptools is about to drop, which its island pins, and logs where it logs: no news to a server's log.
warnings.filterwarnings("ignore", "pkg_resources is deprecated")
_BEFORE = time.perf_counter()  # torch is there by now: what follows is SparseML's own share
from sparseml.pytorch.optim import ScheduledModifierManager  # noqa: E402
from sparseml.pytorch.sparsification.pruning import BasePruningModifier  # noqa: E402

IMPORT_SECONDS = time.perf_counter() - _BEFORE  # once in a process
logging.getLogger("sparseml").setLevel(logging.WARNING)

GRADIENT_BATCH = 32  # images in one gradient that SparseML samples


def parsed(recipe: str) -> ScheduledModifierManager:
    """SparseML's own reading of a recipe.

    Raises:
        PruningError: with what SparseML says against it.
    """
    try:
        return ScheduledModifierManager.from_yaml(recipe)
    except Exception as error:  # whatever it raises, SparseML's reason is told
        raise PruningError(f"SparseML refuses the recipe: {cause_of(error)}.") from error


def mask_once(module: nn.Module, recipe: str, data: DataSet | None = None) -> float:
    """Apply a recipe in one shot, in place.

    Args:
        data: gives gradients to a modifier that asks for them; None for the others.

    Returns:
        Seconds that SparseML took.

    Raises:
        PruningError: with what SparseML says against it.
    """
    manager = parsed(recipe)
    start = time.perf_counter()
    try:
        manager.apply(module, **(_gradients(data) if data else {}))
    except Exception as error:  # as above
        raise PruningError(f"SparseML failed on this network: {cause_of(error)}.") from error
    return time.perf_counter() - start


@dataclass
class Training:
    """One training run under a recipe; `epochs` drives it."""

    module: nn.Module  # changed in place
    recipe: str
    data: DataSet
    options: SparseOptions
    batch: int
    steps_per_epoch: int
    total_steps: int
    applied: list[SchedulePoint] = field(default_factory=list)  # every update step that SparseML took
    masked: dict[str, int] = field(default_factory=dict)  # at the end: weights under a zero, by layer

    def epochs(self) -> Iterator[tuple[float, float]]:
        """Train; yield the epoch and the mean loss since the last one, at every full epoch and at the end.

        Raises:
            PruningError: with what SparseML says against the run.
        """
        manager = parsed(self.recipe)
        losses: list[float] = []
        try:
            optimizer = self._optimizer(manager)
            for step, rows in zip(range(self.total_steps), self._batches(), strict=False):
                losses.append(self._step(optimizer, rows))
                self._note(manager, step)
                if (step + 1) % self.steps_per_epoch == 0 and step + 1 < self.total_steps:
                    yield (step + 1) / self.steps_per_epoch, sum(losses) / len(losses)
                    losses.clear()
            self._count(manager)
            manager.finalize(self.module)
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as e:
            raise PruningError(f"SparseML failed while it trained: {cause_of(e)}.") from e
        yield self.total_steps / self.steps_per_epoch, sum(losses) / len(losses)

    def _optimizer(self, manager: ScheduledModifierManager) -> Any:
        """SparseML counts steps on the optimizer that it hands back: the original one would mask nothing."""
        plain = torch.optim.AdamW(self.module.parameters(), lr=self.options.learning_rate)
        self._falling = torch.optim.lr_scheduler.CosineAnnealingLR(plain, self.total_steps)
        extra = _gradients(self.data) if self.options.modifier.traits.gradients else {}
        return manager.modify(self.module, plain, steps_per_epoch=self.steps_per_epoch, **extra)

    def _batches(self) -> Iterator[Tensor]:
        """Rows of the train split, in a new order every epoch, without end."""
        order = torch.Generator().manual_seed(self.options.seed)
        while True:
            yield from torch.randperm(len(self.data.train_x), generator=order).split(self.batch)

    def _step(self, optimizer: Any, rows: Tensor) -> float:
        self.module.train()
        loss = _cross_entropy(self.module(self.data.train_x[rows]), self.data.train_y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        self._falling.step()
        if not torch.isfinite(loss):
            raise PruningError(
                "The loss is no number any more: training has broken down. Lower the learning rate."
            )
        return float(loss.detach())

    def _count(self, manager: ScheduledModifierManager) -> None:
        masks = pruner_of(manager).module_masks
        for layer, mask in zip(masks.layer_names, masks.param_masks, strict=True):
            self.masked[layer] = int((mask == 0).sum())

    def _note(self, manager: ScheduledModifierManager, step: int) -> None:
        pruner = pruner_of(manager)
        epoch = pruner._last_update_epoch
        if epoch >= 0 and (not self.applied or epoch > self.applied[-1].epoch):
            self.applied.append(SchedulePoint(step, epoch, _mean(pruner.applied_sparsity)))


def pruner_of(manager: ScheduledModifierManager) -> Any:
    """The one modifier of the recipe that makes masks."""
    return next(one for one in manager.iter_modifiers() if isinstance(one, BasePruningModifier))


def _mean(sparsity: Any) -> float:
    """SparseML keeps one number, one for each layer, or none where it holds the zeros there are."""
    if sparsity is None:
        return 0.0
    values = sparsity if isinstance(sparsity, list) else [sparsity]
    return float(values[0]) if len(set(values)) == 1 else float(sum(values) / len(values))


def _gradients(data: DataSet) -> dict[str, Any]:
    """What SparseML takes labelled images from; some modifiers call the builder with an argument, some without."""

    def batches(*_: object, **__: object) -> Iterator[tuple[list[Tensor], dict[str, Any], Tensor]]:
        while True:
            for rows in torch.arange(len(data.train_x)).split(GRADIENT_BATCH):
                yield [data.train_x[rows]], {}, data.train_y[rows]

    return {"grad_sampler": {"data_loader_builder": batches, "loss_function": _cross_entropy}}


def _cross_entropy(answers: Any, labels: Tensor) -> Tensor:
    """Of the scores among the network's outputs, however it returns them."""
    return functional.cross_entropy(scores_among(answers, len(labels)), labels)
