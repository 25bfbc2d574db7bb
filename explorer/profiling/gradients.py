"""What criteria that need gradients cost before they can score: passes over labelled images."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.data import DataSet
from explorer.evaluation import BATCH
from explorer.profiling.turns import Turns
from explorer.schema import Criterion, GradientCost

HESSIAN_IMAGES = 64  # it takes a backward pass for each


def gradient_costs(module: nn.Module, data: DataSet | None, seconds: float) -> tuple[GradientCost, ...]:
    """Time the gradients that Taylor and Hessian take: all train images in batches, and image by image."""
    if data is None:
        return ()
    batches = list(zip(data.train_x.split(BATCH), data.train_y.split(BATCH), strict=True))
    singles = [(data.train_x[i : i + 1], data.train_y[i : i + 1]) for i in range(HESSIAN_IMAGES)]
    pools = {Criterion.TAYLOR: batches, Criterion.HESSIAN: singles}
    turns = Turns({str(c): partial(_passes, module, pool) for c, pool in pools.items()}, seconds)
    return tuple(
        GradientCost(str(c), len(pool), sum(len(labels) for _, labels in pool), turns.time(str(c)))
        for c, pool in pools.items()
    )


def _passes(module: nn.Module, pool: list[tuple[Tensor, Tensor]]) -> None:
    """Forward and backward for each; gradients are handed back, so the network carries none of them."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for images, labels in pool:
        with torch.enable_grad():
            loss = functional.cross_entropy(module(images), labels)
        torch.autograd.grad(loss, parameters, allow_unused=True)
