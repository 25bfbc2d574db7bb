"""What gradient criteria need to know of a network: gradients of the loss on labelled data."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.copies import copied as copy_of
from explorer.anatomy.data import DataSet
from explorer.measuring.evaluation import class_scores
from explorer.values import ChannelCriterion, Progress
from explorer.values.errors import PruningError


def gather_gradients(
    module: nn.Module, data: DataSet | None, criterion: ChannelCriterion
) -> Generator[Progress, None, dict[str, Tensor]]:
    """Pass train images through a copy of `module` in eval mode, and keep what the criterion asks for.

    Args:
        module: left untouched.
        data: its train split is used, never its test split.
        criterion: Taylor wants the gradient of the mean loss, Hessian the mean over images of each image's
            squared gradient (the diagonal of the empirical Fisher matrix).

    Yields:
        How far it is.

    Returns:
        Parameter name -> tensor of the parameter's shape; empty for criteria without gradients. Zeros for a
        parameter that the loss does not depend on.

    Raises:
        PruningError: if there is no labelled data.
    """
    wanted = criterion.traits.gradients
    if wanted is None:
        return {}
    if data is None:
        raise PruningError(
            f"The criterion '{criterion}' passes labelled images through the network, and none belong to this one. "
            "Pick a criterion that reads the weights alone, such as l2, or a network with data."
        ).about("criterion")
    copied = copy_of(module).eval().requires_grad_(True)
    samples = images_of(criterion, data)
    return (yield from _summed(copied, _batches(data, samples, wanted.batch), wanted.squared, samples))


def images_of(criterion: ChannelCriterion, data: DataSet) -> int:
    """How many train images a criterion has passed through the network; 0 where it reads the weights alone."""
    wanted = criterion.traits.gradients
    return min(wanted.images, len(data.train_x)) if wanted else 0


def _batches(data: DataSet, samples: int, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(data.train_x[:samples].split(size), data.train_y[:samples].split(size), strict=True)


def _summed(
    module: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], squared: bool, samples: int
) -> Generator[Progress, None, dict[str, Tensor]]:
    """Gradients of the mean loss, or the mean of each batch's squares."""
    total = {name: torch.zeros_like(parameter) for name, parameter in module.named_parameters()}
    done = 0
    for images, labels in batches:
        module.zero_grad()
        with torch.enable_grad():
            functional.cross_entropy(class_scores(module, images), labels, reduction="sum").backward()
        for name, parameter in module.named_parameters():
            if parameter.grad is not None:
                total[name] += parameter.grad.square() if squared else parameter.grad
        done += len(labels)
        yield Progress(done / samples, f"Passing train image {done} of {samples} through the network")
    if not all(bool(torch.isfinite(value).all()) for value in total.values()):
        raise PruningError(
            "The gradients of the loss on the train images are no numbers, so they can score nothing. Look for NaN or "
            "infinite values in the images and the network's answers, or pick a criterion without data, such as l2."
        ).about("criterion")
    return {name: value / samples for name, value in total.items()}
