"""Torch-Pruning's known faults, contained: importing this module mends them for this process.

* reshapes: its test for "is this a flatten?" reads ``_saved_self_sizes``, which torch >= 2.1 calls
  ``_saved_self_sym_sizes``; the test is dead code there and a split into heads counts as a flatten;
* index lists then grow by the reshape's factor at each hop until memory ends: one mapping's length
  and the time of grouping are bounded;
* LayerNorm: the kept indices are not sorted, so at high ratios its parameters are permuted;
* every group recomputes all index mappings, though nothing changes while groups are only listed.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch_pruning import ops
from torch_pruning.dependency import graph as tp_graph
from torch_pruning.dependency import index_mapping, shape_infer
from torch_pruning.pruner import function

from explorer.values.errors import PruningError, TimeError

MAPPING_LIMIT = 1_000_000  # channels in one mapping; VGG-16's flatten, the largest in torchvision, has 25,088
GROUPING_SECONDS = 15.0  # for all groups; DenseNet-201, the slowest that can be grouped, takes about 3 s


@contextmanager
def differentiable(module: nn.Module) -> Iterator[None]:
    """Tracing follows autograd: frozen weights must take part, and are frozen again afterwards."""
    # By name: pruning puts new parameters in the place of the old.
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    module.requires_grad_(True)
    try:
        yield
    finally:
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(name not in frozen)


@contextmanager
def library_errors(step: str) -> Iterator[None]:
    """Tell any failure of the library as one sentence, and keep its warnings out of the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PruningError:
            raise
        except Exception as error:
            cause = ": ".join([type(error).__name__, *str(error).splitlines()[:1]]).rstrip(".")
            raise PruningError(
                f"Torch-Pruning could not {step} this network: it uses an operation that the library does not handle "
                f"({cause}). Pick another network."
            ) from error


@contextmanager
def frozen_index_mappings() -> Iterator[None]:
    """Nothing is pruned while groups are listed, so the mappings made while tracing stay right.

    Recomputing them for each group is 63 % of the time that DenseNet-121's groups take.
    """
    original = index_mapping.update_index_mapping
    index_mapping.update_index_mapping = lambda graph: None
    try:
        yield
    finally:
        index_mapping.update_index_mapping = original


_original_reshape = index_mapping.update_reshape_index_mapping
_original_flatten_call = index_mapping._FlattenIndexMapping.__call__


def _reshape_index_mapping(graph: Any, node: Any) -> None:
    """Restore the library's own test under the name that torch gives the sizes today."""
    size = getattr(node.grad_fn, "_saved_self_sym_sizes", None)
    if size is not None and len(size) > 1 and not _is_flatten(graph, node, size):
        return
    _original_reshape(graph, node)


def _is_flatten(graph: Any, node: Any, size: Sequence[int]) -> bool:
    for reader in node.outputs:
        features = shape_infer.infer_in_channels_recursively(graph, reader, [0])
        if features is not None:
            return bool(features == math.prod(size[1:]))
    return False


def _bounded_flatten(self: Any, indices: Any) -> Any:
    if not self.reverse and len(indices) * self._stride > MAPPING_LIMIT:
        raise PruningError(
            f"Torch-Pruning's index mapping grew to {len(indices) * self._stride:,} channels (limit {MAPPING_LIMIT:,}) "
            "because it takes a reshape of this network for a flatten. Pick another network."
        )
    return _original_flatten_call(self, indices)


class BoundedGroup(tp_graph.Group):
    """A group whose making is given up when the time for all groups is over."""

    deadline = math.inf

    @classmethod
    @contextmanager
    def time_limit(cls, seconds: float) -> Iterator[None]:
        """Bound what is grouped inside the ``with`` block."""
        cls.deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            cls.deadline = math.inf

    def add_dep(self, dep: Any, idxs: Any) -> None:
        if time.monotonic() > self.deadline:
            raise TimeError(
                f"The coupled groups of this network took Torch-Pruning over {GROUPING_SECONDS:.0f} s, so they were "
                "given up. Pick a smaller network."
            )
        super().add_dep(dep, idxs)


class _SortedLayerNorm(function.LayernormPruner):
    """Removes the same channels as the library's, but keeps the rest in order."""

    def _prune_parameter_and_grad(self, weight: Tensor, keep_idxs: Tensor, pruning_dim: int) -> nn.Parameter:
        ordered = torch.as_tensor(keep_idxs).sort().values
        return super()._prune_parameter_and_grad(weight, ordered, pruning_dim)


def _install_patches() -> None:
    index_mapping.update_reshape_index_mapping = _reshape_index_mapping
    index_mapping._FlattenIndexMapping.__call__ = _bounded_flatten
    tp_graph.Group = BoundedGroup
    # The library compares bound methods of this very object, so its class changes and not the object.
    function.PrunerBox[ops.OPTYPE.LN].__class__ = _SortedLayerNorm


_install_patches()
