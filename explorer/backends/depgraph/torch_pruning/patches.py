"""Torch-Pruning's known faults outside of its graph, contained: importing this module mends them for this process.

* LayerNorm: the kept indices are not sorted, so at high ratios its parameters are permuted;
* transformers' ``Conv1D`` is a linear layer that it does not know: its weight is ``[in, out]``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch_pruning import ops
from torch_pruning.pruner import function

from explorer.anatomy.raising import layer_of
from explorer.anatomy.transposed import Conv1D, widths
from explorer.values.errors import PruningError, class_and_cause


@contextmanager
def differentiable(module: nn.Module) -> Iterator[None]:
    """Tracing follows autograd: frozen weights must take part, and are frozen again afterwards."""
    # By name: pruning puts new parameters in the place of the old.
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    for _, parameter in _floats(module):
        parameter.requires_grad_(True)
    try:
        yield
    finally:
        for name, parameter in _floats(module):
            parameter.requires_grad_(name not in frozen)


def _floats(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Parameters that autograd can follow: quantised ones are whole numbers."""
    return (
        named for named in module.named_parameters() if named[1].is_floating_point() or named[1].is_complex()
    )


@contextmanager
def library_errors(step: str, module: nn.Module) -> Iterator[None]:
    """Tell any failure of the library as one sentence, and keep its warnings out of the log.

    Args:
        step: what it does, e.g. "score".
        module: the network that it works on.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PruningError:
            raise
        except Exception as error:
            layer = layer_of(error, module)
            what = f"'{layer}'" if layer else "this network"
            helps = "Keep that layer, or take it out of the network." if layer else "Pick another network."
            raise PruningError(
                f"Torch-Pruning could not {step} {what} ({class_and_cause(error)}). {helps}"
            ) from error


class _SortedLayerNorm(function.LayernormPruner):
    """Removes the same channels as the library's, but keeps the rest in order."""

    def _prune_parameter_and_grad(self, weight: Tensor, keep_idxs: Tensor, pruning_dim: int) -> nn.Parameter:
        ordered = torch.as_tensor(keep_idxs).sort().values
        return super()._prune_parameter_and_grad(weight, ordered, pruning_dim)


class _AnyLinear(function.LinearPruner):
    """Prunes linear layers of either layout."""

    def prune_out_channels(self, layer: nn.Module, idxs: list[int]) -> nn.Module:
        if not isinstance(layer, Conv1D):
            return super().prune_out_channels(layer, idxs)
        kept = self._but(layer.nf, idxs)
        layer.weight = self._prune_parameter_and_grad(layer.weight, kept, 1)
        layer.bias = self._prune_parameter_and_grad(layer.bias, kept, 0)
        layer.nf = len(kept)
        return layer

    def prune_in_channels(self, layer: nn.Module, idxs: list[int]) -> nn.Module:
        if not isinstance(layer, Conv1D):
            return super().prune_in_channels(layer, idxs)
        kept = self._but(layer.weight.shape[0], idxs)
        layer.weight = self._prune_parameter_and_grad(layer.weight, kept, 0)
        layer.nx = len(kept)
        return layer

    def get_out_channels(self, layer: nn.Module) -> int:
        return widths(layer)[0]

    def get_in_channels(self, layer: nn.Module) -> int:
        return widths(layer)[1]

    def _but(self, size: int, idxs: list[int]) -> list[int]:
        return sorted(set(range(size)) - set(idxs))


ops.TORCH_LINEAR = (nn.Linear, Conv1D)
# The library compares bound methods of these very objects, so their classes change and not the objects.
function.PrunerBox[ops.OPTYPE.LN].__class__ = _SortedLayerNorm
function.PrunerBox[ops.OPTYPE.LINEAR].__class__ = _AnyLinear
for _place in (function, tp.pruner, tp):
    _place.prune_linear_out_channels = function.PrunerBox[ops.OPTYPE.LINEAR].prune_out_channels
    _place.prune_linear_in_channels = function.PrunerBox[ops.OPTYPE.LINEAR].prune_in_channels
