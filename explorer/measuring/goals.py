"""What training makes smaller: the cross-entropy on labelled data, or a loss of the person's own."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.blame import told
from explorer.anatomy.data import DataSet
from explorer.anatomy.inputs import stacked
from explorer.anatomy.loss import Loss
from explorer.anatomy.network import Network
from explorer.anatomy.own_inputs import OwnInputs
from explorer.anatomy.splits import data_set
from explorer.measuring.evaluation import class_scores
from explorer.values.errors import TrainingError
from explorer.values.loose import shown

BATCH = 64
SHIFTED = 0.5  # share of the images that are moved


class Goal(Protocol):
    """A loss, and the rows that it is worked out on."""

    @property
    def rows(self) -> int:
        """How many an epoch has."""
        ...

    def loss(self, module: nn.Module, rows: Tensor) -> Tensor:
        """Of one batch, given by the numbers of its rows."""
        ...


def goal_of(data: DataSet | Network | None, loss: Loss | None) -> Goal:
    """What a network is trained by.

    Args:
        data: labelled, or a network with all that belongs to it.
        loss: in the place of the network's own.

    Raises:
        TrainingError: if there are neither labels nor a loss.
    """
    net = data if isinstance(data, Network) else None
    given = loss or (net and net.loss)
    labelled = net.judged_on or (net.data if given else None) if net else data
    if given:
        return _Own(
            given, None if labelled is None else data_set(labelled, "data"), net.inputs if net else None
        )
    if labelled is None:
        raise TrainingError(
            "Fine-tuning needs trained weights and labelled images, which this network lacks. Pick a bundled network "
            "with trained weights, or wrap your own with data=DataSet(...), or with a loss=... of your own."
        )
    return _Classes(data_set(labelled, "data"))


def shifted(images: Tensor) -> Tensor:
    """Move half of the images by up to one pixel each way; what comes in at the edge is background.

    Args:
        images: shape ``[N, channels, height, width]``; rows of any other shape, and whole numbers, stay as they are.
    """
    if images.dim() != 4 or not images.is_floating_point():
        return images
    count, channels, height, width = images.shape
    padded = functional.pad(images, (1, 1, 1, 1), value=float(images.min()))
    moved = torch.rand(count, 1, 1) < SHIFTED
    down, right = torch.where(moved, torch.randint(0, 3, (2, count, 1, 1)), 1)
    rows, columns = down + torch.arange(height).view(-1, 1), right + torch.arange(width)
    every = torch.arange(count).view(-1, 1, 1, 1), torch.arange(channels).view(-1, 1, 1)
    return padded[every[0], every[1], rows.unsqueeze(1), columns.unsqueeze(1)]


class _Classes:
    """Cross-entropy on labelled data."""

    def __init__(self, data: DataSet) -> None:
        self._data = data
        self.rows = len(data.train_x)

    def loss(self, module: nn.Module, rows: Tensor) -> Tensor:
        scores = class_scores(module, shifted(self._data.train_x[rows]))
        return functional.cross_entropy(scores, self._data.train_y[rows])


class _Own:
    """A person's own loss, on whatever data there is."""

    def __init__(self, loss: Loss, data: DataSet | None, inputs: OwnInputs | None) -> None:
        self._loss, self._data = loss, data
        self._inputs = inputs.choosing if inputs else ()
        self.rows = len(data.train_x) if data else len(self._inputs) or loss.steps * BATCH

    def loss(self, module: nn.Module, rows: Tensor) -> Tensor:
        called = f"Your loss '{self._loss.name}'"
        try:
            found = self._loss.function(module, *self._batch(rows))
        except Exception as error:  # whatever a person's function raises, the cause is told
            raise TrainingError(
                f"{called} raised {told(error)}. Correct the function: it gets the "
                f"network, in train mode, and {self._given} behind it."
            ) from error
        if not isinstance(found, Tensor) or found.numel() != 1 or not found.requires_grad:
            raise TrainingError(
                f"{called} must return a tensor of one number that depends on the weights, got {shown(found)}. Return "
                "e.g. a mean over the batch, without .item() or .detach()."
            )
        return found.reshape(())

    def _batch(self, rows: Tensor) -> tuple[Any, ...]:
        if self._data:
            return shifted(self._data.train_x[rows]), self._data.train_y[rows]
        return (stacked([self._inputs[int(row)] for row in rows]),) if self._inputs else ()

    @property
    def _given(self) -> str:
        if self._data:
            return "a batch of inputs and their labels"
        return "a batch of inputs" if self._inputs else "nothing"
