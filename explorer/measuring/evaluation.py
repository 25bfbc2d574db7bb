"""How well a network does on labelled data, and BatchNorm re-calibration after pruning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from explorer.anatomy.data import DataSet
from explorer.anatomy.inputs import Example, as_weights, call, tensors_in
from explorer.anatomy.splits import data_set
from explorer.measuring.telling import Telling
from explorer.values import Evaluation
from explorer.values.errors import NetworkError

BATCH = 128  # what fits into a core's cache: twice as fast as all 450 images at once
PARTS = 8  # of the train split, for re-calibration
EACH = 32  # images in one of them, at least: smaller ones cost more and tell no more
# On how many examples a network was judged, and of how many
tell_judged: Telling[[int, int]] = Telling("judged")
watched = tell_judged.watched


@torch.no_grad()
def evaluate(module: nn.Module, data: DataSet | None) -> Evaluation:
    """Measure accuracy and mean cross-entropy on the test split, in eval mode; `module` stays as it was.

    Raises:
        NetworkError: if there is no data, or the network does not answer with one score per class.
    """
    expect_module(module)
    data = _present(data)
    scores = torch.cat(list(scores_on(module, data)))
    right = (scores.argmax(dim=1) == data.test_y).sum()
    loss = functional.cross_entropy(scores, data.test_y)
    return Evaluation(int(right) / len(data.test_y), float(loss), len(data.test_y))


def scores_on(module: nn.Module, data: DataSet) -> Iterator[Tensor]:
    """What a network answers the test split with, in eval mode: a row of scores an image, a batch at a time.

    Raises:
        NetworkError: if it does not answer with one score per class.
    """
    done = 0
    for batch in data.test_x.split(BATCH):
        with torch.no_grad(), evaluating(module):
            scores = _scores(module, batch, data)
        done += len(batch)
        tell_judged(done, len(data.test_y))
        yield scores


@torch.no_grad()
def recalibrate(module: nn.Module, data: DataSet | None, batches: int | None = None) -> int:
    """Measure every BatchNorm's mean and variance anew, in place; no weight changes.

    Removing channels shifts what the later layers see, and the statistics still describe the dense network.
    Only BatchNorm runs in train mode, so dropout stays off and the result is the same every time.

    Args:
        module: changed in place: pass a copy of one's own.
        data: its train split is used, never its test split.
        batches: how many equal parts the train split is cut into; their statistics are averaged. None: 8, or as many
            as hold 32 images each.

    Returns:
        How many BatchNorm layers were re-calibrated; 0 leaves the network as it was.

    Raises:
        NetworkError: if there is no data, or fewer than two images would fall in a batch.

    Source: Li et al. 2020, EagleEye, arXiv:2007.02491.
    """
    data = _present(data)
    most = len(data.train_x) // 2
    if batches is None:
        batches = min(PARTS, max(len(data.train_x) // EACH, 1))
    if not 1 <= batches <= most and batch_norms(module):
        raise NetworkError(
            f"Re-calibration cuts {len(data.train_x)} train images into 1 to {most} batches, got {batches}. Leave "
            "`batches` out, and give two images at least."
        )
    return recalibrate_on(module, (as_weights(module, part) for part in data.train_x.tensor_split(batches)))


def batch_norms(module: nn.Module) -> list[_BatchNorm]:
    """Those that re-calibration measures anew."""
    return [
        layer for layer in module.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats
    ]


@torch.no_grad()
def recalibrate_on(module: nn.Module, inputs: Iterable[Example]) -> int:
    """The same on batches that are at hand, with or without labels."""
    norms = batch_norms(module)
    with evaluating(module), _cumulative(norms):
        for norm in norms:
            norm.train()
        for batch in inputs if norms else ():
            call(module, batch)
    return len(norms)


def _present(data: DataSet | None) -> DataSet:
    if data is None:
        raise NetworkError(
            "This network has no labelled data, so its accuracy cannot be measured. "
            "Pick a bundled network, wrap your own with data=DataSet(...), or pass the network for its agreement."
        )
    return data_set(data, "data")


def expect_module(module: object) -> None:
    """Refuse what is no module, with what to pass instead."""
    if not isinstance(module, nn.Module):
        inside = " Pass net.module, or what planner.apply returns." if hasattr(module, "module") else ""
        raise NetworkError(
            f"Argument `module` must be a torch.nn.Module, got {type(module).__name__}.{inside}"
        )


def class_scores(module: nn.Module, batch: Tensor) -> Tensor:
    """What a network answers labelled images with: the first of its outputs with one row of scores an image.

    Returns:
        On the device of the images, in full precision.

    Raises:
        NetworkError: if it answers without a single tensor.
    """
    scores = scores_among(module(as_weights(module, batch)), len(batch))
    return scores.to(batch.device, torch.float32) if scores.is_floating_point() else scores.to(batch.device)


def scores_among(answers: Any, count: int) -> Tensor:
    """The first of a network's outputs with so many rows of scores; its first tensor where none has.

    Raises:
        NetworkError: if it answers without a single tensor.
    """
    found = list(tensors_in(answers))
    if not found:
        raise NetworkError("The network returns no tensor, so it cannot be evaluated. Have it return scores.")
    return next((tensor for tensor in found if tensor.dim() == 2 and len(tensor) == count), found[0])


def _scores(module: nn.Module, batch: Tensor, data: DataSet) -> Tensor:
    scores = class_scores(module, batch)
    if scores.shape != (len(batch), data.classes):
        raise NetworkError(
            f"The network answers {len(batch)} inputs with shape {tuple(scores.shape)}, but data set "
            f"'{data.name}' needs ({len(batch)}, {data.classes}), a score per class: its labels go up to "
            f"{data.classes - 1}. Keep the output layer, and number the classes from 0."
        )
    return scores


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Run in eval mode, then put every submodule back into the train or eval mode that it was in."""
    modes = [(layer, layer.training) for layer in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training


@contextmanager
def _cumulative(norms: list[_BatchNorm]) -> Iterator[None]:
    """Forget the running statistics and average new ones over all batches, then restore the momentum."""
    momenta = [norm.momentum for norm in norms]
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
