"""Torch-Pruning's own regularised pruners: what they add to the gradients of a network that is trained."""

from __future__ import annotations

from typing import Any

import torch
import torch_pruning as tp
from torch import nn

from explorer.anatomy.copies import state_kept
from explorer.anatomy.inputs import Example
from explorer.backends.depgraph.torch_pruning.patches import differentiable, library_errors
from explorer.backends.depgraph.torch_pruning.pruning import Order, Pruner, pruner_of
from explorer.values.sparse_training import Regularizer

FADED = 0.1  # of the largest norm in its group


class _GroupNorm(Pruner, tp.pruner.GroupNormPruner):
    """Source: Fang et al. 2023, arXiv:2301.12900."""


class _BnScale(Pruner, tp.pruner.BNScalePruner):
    """Source: Liu et al. 2017, arXiv:1708.06519."""


class _Growing(Pruner, tp.pruner.GrowingRegPruner):
    """Source: Wang et al. 2021, arXiv:2012.09243."""


_KINDS: dict[Regularizer, Any] = {
    Regularizer.GROUP_NORM: _GroupNorm,
    Regularizer.BN_SCALE: _BnScale,
    Regularizer.GROWING: _Growing,
}


class Penalty:
    """Pulls the channels of one network that may go towards zero.

    Args:
        module: that is trained; its shapes stay.
        example_input: a batch it accepts.
        order: which groups stay whole.
        regularizer: which of the library's.
        strength: of the pull; for the growing one, what an epoch adds at most.
    """

    def __init__(
        self,
        module: nn.Module,
        example_input: Example,
        order: Order,
        regularizer: Regularizer,
        strength: float,
    ) -> None:
        grows = regularizer is Regularizer.GROWING
        how = {"reg": strength / 10, "delta_reg": strength} if grows else {"reg": strength}
        with library_errors("train", module), torch.enable_grad(), differentiable(module), state_kept(module):
            self._pruner = pruner_of(_KINDS[regularizer], module, example_input, order, **how)
            self._pruner.update_regularizer()  # anew, without the groups that stay whole
        self._module, self._grows = module, grows

    def add(self) -> None:
        """Add to the gradients of one step, which lie in ``.grad``."""
        self._pruner.regularize(self._module)

    def next_epoch(self) -> None:
        """Let what grows grow."""
        if self._grows:
            self._pruner.update_reg()

    @torch.no_grad()
    def faded(self) -> tuple[int, int]:
        """Channels whose norm is below a tenth of the largest in their group, and all that may go."""
        norms = [self._pruner.estimate_importance(group).sqrt() for group in self._pruner._groups]
        return sum(int((one < FADED * one.max()).sum()) for one in norms), sum(len(one) for one in norms)
