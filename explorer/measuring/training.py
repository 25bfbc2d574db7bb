"""Fine-tuning: a few epochs of training that let a pruned network recover."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from explorer.anatomy.data import DataSet
from explorer.anatomy.loss import Loss, loss_of
from explorer.anatomy.network import Network
from explorer.measuring.evaluation import expect_module
from explorer.measuring.goals import BATCH, Goal, goal_of
from explorer.measuring.judging import evaluate, judge_of
from explorer.values import TrainingPoint
from explorer.values.errors import TrainingError
from explorer.values.loose import as_number
from explorer.values.training import LARGEST_RATE, MOST_EPOCHS

WEIGHT_DECAY = 0.01
POINTS = 4  # of the curve, in every epoch
MOMENTUM, DECAY = 0.9, 5e-4  # of SGD, where a pull adds to the gradients: Adam would even it out


class Pull(Protocol):
    """What adds to the gradients of every step, beside the loss."""

    def add(self) -> None:
        """To the gradients that lie in ``.grad`` now."""

    def next_epoch(self) -> None:
        """Told at the end of each epoch."""


def fine_tune(
    module: nn.Module,
    data: DataSet | Network | None,
    epochs: int,
    learning_rate: float,
    seed: int = 0,
    loss: Loss | Any | None = None,
    pull: Pull | None = None,
) -> Generator[TrainingPoint, None, None]:
    """Train in place: AdamW, one cycle of the learning rate, images shifted by a pixel.

    Args:
        module: changed in place: pass a copy of one's own. It is in eval mode wherever the generator waits.
        data: labelled, of which the test split is only measured on, once before and after every epoch; or the network
            that the module was made of, for its data, what it is judged by, and its loss.
        epochs: passes over the train split, from 1 to 200.
        learning_rate: the highest of the cycle, in (0, 1].
        seed: of batches, shifts and dropout; the caller's random numbers stay as they are.
        loss: in the place of the cross-entropy; see `explorer.wrap`.
        pull: adds to the gradients of each step; SGD with momentum takes it then, in the place of AdamW.

    Yields:
        Where it stands: before the first step, four times an epoch, the last of which has an accuracy.

    Raises:
        TrainingError: for settings out of bounds, with neither data nor a loss, or as soon as that is no number.

    Source: Smith and Topin 2018, arXiv:1708.07120 (one cycle).
    """
    expect_module(module)
    epochs, learning_rate, seed = as_number(epochs), as_number(learning_rate), as_number(seed)
    check_settings(epochs, learning_rate, seed)
    goal = goal_of(data, None if loss is None else loss_of(loss, "module"))
    module.eval()
    before = evaluate(module, data)
    yield TrainingPoint(0.0, before.loss, before.value, by=before.by)
    trainer = _Trainer(module, goal, epochs, learning_rate, seed, pull)
    for epoch in range(epochs):
        done = 0
        for batches in trainer.parts():
            done += len(batches)
            at = epoch + done / trainer.batches
            found = _finite(trainer.loss(batches), at, learning_rate)
            value = evaluate(module, data).value if done == trainer.batches else None
            yield TrainingPoint(at, found, value, by=before.by)
        if pull:
            pull.next_epoch()


def can_train(net: Network) -> bool:
    """Whether a network can be fine-tuned: it has trained weights and labels, or a loss, and something to judge it."""
    return net.judged_on is not None or (net.loss is not None and judge_of(net) is not None)


def check_settings(epochs: object, learning_rate: object, seed: object = 0) -> None:
    """Refuse settings that nothing can be trained with.

    Raises:
        TrainingError: names the setting, its value and what was expected.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or not 1 <= epochs <= MOST_EPOCHS:
        raise TrainingError(f"Epochs must be a whole number from 1 to {MOST_EPOCHS}, got {epochs!r}. Try 10.")
    is_number = isinstance(learning_rate, (int, float)) and not isinstance(learning_rate, bool)
    if not is_number or not 0 < learning_rate <= LARGEST_RATE:  # type: ignore[operator]
        raise TrainingError(
            f"The learning rate must be above 0 and at most {LARGEST_RATE:g}, got {learning_rate!r}. Try 0.002."
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise TrainingError(f"Seed must be a whole number in [0, 2**63), got {seed!r}. Give one, e.g. 0.")


class _Trainer:
    """Takes steps towards a goal, with random numbers of its own."""

    def __init__(
        self, module: nn.Module, goal: Goal, epochs: int, learning_rate: float, seed: int, pull: Pull | None
    ) -> None:
        weights = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if not weights:
            raise TrainingError(
                "All weights of this network are frozen, so it cannot be trained. Unfreeze some of them."
            )
        self.batches = -(-goal.rows // BATCH)  # in one epoch
        self._module = module
        self._goal = goal
        self._pull = pull
        self._optimizer: torch.optim.Optimizer = (
            torch.optim.SGD(weights, learning_rate, MOMENTUM, weight_decay=DECAY)
            if pull
            else torch.optim.AdamW(weights, lr=learning_rate, weight_decay=WEIGHT_DECAY)
        )
        steps = epochs * self.batches
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, learning_rate, total_steps=steps
        )
        self._dice = torch.Generator().manual_seed(seed).get_state()

    def parts(self) -> Iterator[tuple[Tensor, ...]]:
        """The batches of one epoch, in as many parts as the curve has points."""
        with _drawing_from(self._dice):
            order = torch.randperm(self._goal.rows).tensor_split(self.batches)
        count = min(POINTS, self.batches)
        ends = [self.batches * part // count for part in range(count + 1)]
        return (order[start:end] for start, end in pairwise(ends))

    def loss(self, batches: tuple[Tensor, ...]) -> float:
        """Train on these batches; returns their mean loss."""
        with _drawing_from(self._dice), torch.enable_grad():
            self._module.train()
            try:
                return sum(self._step(rows) for rows in batches) / len(batches)
            finally:
                self._module.eval()

    def _step(self, rows: Tensor) -> float:
        loss = self._goal.loss(self._module, rows)
        if not self._optimizer.state and not torch.isfinite(loss):  # no weight has changed yet
            raise TrainingError(
                f"The loss is {loss.item()} on the first batch, before any weight has changed, so there is nothing to "
                "train by. Correct the data, or the loss where it is your own."
            )
        self._optimizer.zero_grad()
        loss.backward()
        if self._pull:
            self._pull.add()
        self._optimizer.step()
        self._schedule.step()
        return loss.item()


def _finite(loss: float, epoch: float, learning_rate: float) -> float:
    """The same loss; one that is no number ends the training in a sentence."""
    if not math.isfinite(loss):
        raise TrainingError(
            f"Training diverged in epoch {math.ceil(epoch)}: the loss is no longer a number. The learning rate of "
            f"{learning_rate:g} is too high for this network; try {learning_rate / 10:g}."
        )
    return loss


@contextmanager
def _drawing_from(dice: Tensor) -> Iterator[None]:
    """Draw random numbers where `dice`, a generator's state, left off; whoever draws beside us notices nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(dice)
        yield
        dice.copy_(torch.get_rng_state())
