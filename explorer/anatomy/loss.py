"""A loss of one's own: a function of the network that training makes smaller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from explorer.values.errors import NetworkError
from explorer.values.loose import shown

STEPS = 100


@dataclass(frozen=True)
class Loss:
    """What a network is trained by.

    Attributes:
        function: takes the network, in train mode, and behind it a batch of the data: inputs and labels, inputs alone
            where there are no labels, nothing where there is no data. It returns one number, as a tensor.
        name: what sentences call it.
        steps: of one epoch where there is no data, each with a batch that the function brings.
    """

    function: Callable[..., Any]
    name: str
    steps: int = STEPS


def loss_of(given: object, name: str) -> Loss:
    """A loss from a function, whose attribute ``steps`` says how many make an epoch where there is no data.

    Args:
        given: a `Loss`, or the function.
        name: of the network.

    Raises:
        NetworkError: if it is something else, such as a module that compares answers to labels.
    """
    if isinstance(given, Loss):
        return given
    if not callable(given) or isinstance(given, (nn.Module, type)):
        raise NetworkError(
            f"Argument `loss` of network '{name}' must be a function of the network and a batch, got {shown(given)}. "
            "Pass e.g. loss=lambda net, inputs, labels: functional.mse_loss(net(inputs), labels)."
        )
    steps = getattr(given, "steps", STEPS)
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise NetworkError(
            f"Attribute `steps` of the loss of network '{name}' must be a whole number from 1, got {shown(steps)}. "
            f"Leave it out for {STEPS} steps an epoch."
        )
    return Loss(given, getattr(given, "__name__", "loss"), steps)
