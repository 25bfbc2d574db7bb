"""What training gives back after pruning, whichever library pruned: removed channels stay away, zeros stay zero."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from explorer.anatomy.copies import copied
from explorer.anatomy.data import DataSet
from explorer.anatomy.network import Network
from explorer.measuring.training import can_train, fine_tune
from explorer.values import FineTune, Progress, TrainingPoint
from explorer.values.errors import TrainingError


def check_trainable(net: Network) -> None:
    """Refuse a network that has nothing to be trained or judged by: `TrainingError`."""
    if not can_train(net):
        raise TrainingError(
            f"Network '{net.name}' has no trained weights or no labelled images, and no loss of your own, so there is "
            "nothing to fine-tune. Pick a bundled network with trained weights, or give a loss."
        )


def fine_tuned(
    module: nn.Module,
    data: DataSet | Network,
    settings: FineTune,
    at: float = 0.0,
    share: float | None = None,
    of: str = "",
) -> Generator[Progress, None, tuple[nn.Module, tuple[TrainingPoint, ...]]]:
    """Train a copy on.

    Args:
        data: see `fine_tune`.
        at: how far the whole run is before it.
        share: of the whole run that this takes; None: all that is left.
        of: what is trained, for the progress, e.g. "run 2 of 3, ".

    Yields:
        How far it is, with the curve so far.

    Raises:
        TrainingError: for settings out of bounds, or as soon as the loss is no number.
    """
    trained = copied(module)
    curve: list[TrainingPoint] = []
    share = 1 - at if share is None else share
    with zeros_kept(trained):
        for point in fine_tune(trained, data, settings.epochs, settings.learning_rate, settings.seed):
            curve.append(point)
            epoch = min(int(point.epoch) + 1, settings.epochs)
            done = at + share * point.epoch / settings.epochs
            yield Progress(done, f"{of or 'Fine-tuning, '}epoch {epoch} of {settings.epochs}", tuple(curve))
    return trained, tuple(curve)


@contextmanager
def zeros_kept(module: nn.Module) -> Iterator[None]:
    """Hold every value that is zero at zero: without a gradient no optimizer that starts afresh moves it."""
    pruned = [one for one in module.parameters() if one.requires_grad and _has_pruned_zeros(one)]
    handles = [parameter.register_hook(_without(parameter == 0)) for parameter in pruned]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _has_pruned_zeros(parameter: Tensor) -> bool:
    """Whether some of its values are zero; biases and norms that are so throughout were only never trained."""
    return not bool(parameter.all()) and (parameter.dim() > 1 or bool(parameter.any()))


def _without(zero: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda gradient: gradient.masked_fill(zero, 0.0)
