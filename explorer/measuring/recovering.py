"""What training gives back after pruning, whichever library pruned: removed channels stay away, zeros stay zero."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from explorer.anatomy.copies import copied as copy_of
from explorer.anatomy.data import DataSet
from explorer.measuring.evaluation import evaluate
from explorer.measuring.training import fine_tune
from explorer.values import Evaluation, FineTune, TrainingPoint


def recovered(
    module: nn.Module, data: DataSet, settings: FineTune
) -> Generator[TrainingPoint, None, Evaluation]:
    """Fine-tune a copy, and measure it.

    Yields:
        Where training stands.

    Raises:
        TrainingError: for settings out of bounds, or as soon as the loss is no number.
    """
    copied = copy_of(module)
    with zeros_kept(copied):
        yield from fine_tune(copied, data, settings.epochs, settings.learning_rate, settings.seed)
    return evaluate(copied, data)


@contextmanager
def zeros_kept(module: nn.Module) -> Iterator[None]:
    """Hold every weight that is zero at zero: without a gradient no optimizer that starts afresh moves it."""
    weights = [p for p in module.parameters() if p.dim() > 1 and p.requires_grad and not bool(p.all())]
    handles = [weight.register_hook(_without(weight == 0)) for weight in weights]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _without(zero: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda gradient: gradient.masked_fill(zero, 0.0)
