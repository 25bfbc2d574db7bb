"""A network in this process: the torch module, an input it accepts, the data it is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from explorer.values import NetworkSpec, Weights
from explorer.values.errors import NetworkError

if TYPE_CHECKING:
    from explorer.anatomy.data import DataSet


@dataclass(frozen=True)
class Network:
    """A loaded network. Nobody changes `module`: whoever prunes works on a copy."""

    spec: NetworkSpec
    module: nn.Module  # in eval mode
    example_input: Tensor  # batch of one
    data: DataSet | None  # None where no labelled data belongs to the network

    @property
    def name(self) -> str:
        """The name it was loaded or wrapped under."""
        return self.spec.name

    @property
    def judged_on(self) -> DataSet | None:
        """Data for accuracy; None also for random weights, whose accuracy would mean nothing."""
        return None if self.spec.weights is Weights.RANDOM else self.data


def wrap(
    module: nn.Module, example_input: Tensor, data: DataSet | None = None, name: str = "mine"
) -> Network:
    """Take any ``nn.Module`` of one's own into the explorer.

    Args:
        module: left untouched but for being put into eval mode.
        example_input: one batch that the module accepts, e.g. shape ``[1, 3, 224, 224]``.
        data: labelled train and test split, where accuracy is wanted.
        name: what the explorer calls it.

    Raises:
        NetworkError: if either is of another type, or the module has no weights, holds NaN or infinite
            weights, or cannot run its input.
    """
    _check_types(module, example_input, name)
    module = module.eval()
    check_weights(module, name)
    check_forward(module, example_input, name)
    return Network(NetworkSpec(name, Weights.TRAINED), module, example_input, data)


def expect_network(net: object) -> None:
    """Refuse what has not been taken in by `wrap` or loaded."""
    if not isinstance(net, Network):
        raise NetworkError(
            f"Expected a Network, got {type(net).__name__}. Load one with explorer.load, or take a module of your "
            "own in with explorer.wrap."
        )


def _check_types(module: object, example_input: object, name: str) -> None:
    if not isinstance(module, nn.Module):
        raise NetworkError(
            f"Network '{name}' must be a torch.nn.Module, got {type(module).__name__}. Pass the module."
        )
    if not isinstance(example_input, Tensor) or example_input.dim() < 2:
        found = (
            f"a tensor of shape {tuple(example_input.shape)}" if isinstance(example_input, Tensor) else None
        )
        raise NetworkError(
            f"The example input of '{name}' must be one tensor with a batch axis, got "
            f"{found or type(example_input).__name__}. Pass e.g. torch.randn(1, 3, 224, 224)."
        )


def check_weights(module: nn.Module, name: str) -> None:
    """Refuse a network that has nothing to prune or whose weights are no numbers."""
    parameters = list(module.named_parameters())
    if not parameters:
        raise NetworkError(
            f"Network '{name}' has no weights, so there is nothing to prune. Pick a network with layers."
        )
    for parameter_name, parameter in parameters:
        if isinstance(parameter, UninitializedParameter) or parameter.is_meta:
            raise NetworkError(
                f"'{parameter_name}' of network '{name}' has no values yet (it is lazy or meta), so nothing can be "
                "ranked. Initialise the network first."
            )
        if not torch.isfinite(parameter).all():
            bad = int((~torch.isfinite(parameter)).sum())
            raise NetworkError(
                f"Network '{name}' holds {bad} NaN or infinite values in '{parameter_name}', so no weight can be "
                "ranked. Load weights that are all finite numbers."
            )


def check_forward(module: nn.Module, example_input: Tensor, name: str) -> None:
    """Run the forward pass once, so that its real error is told and not a tracer's."""
    try:
        with torch.no_grad():
            module(example_input)
    except Exception as error:
        shape = "×".join(map(str, example_input.shape))
        cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise NetworkError(
            f"Network '{name}' cannot run an input of shape {shape}: {cause}. "
            "Give an example input that its forward pass accepts."
        ) from error
