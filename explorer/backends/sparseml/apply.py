"""Have SparseML carry a plan out for a notebook: in a process of its own, which is handed weights and no code."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from safetensors.torch import load, save
from torch import nn

from explorer.anatomy.network import Network
from explorer.backends.sparseml.layers import weight_of
from explorer.backends.sparseml.options import check_mode
from explorer.backends.sparseml.recipe import write_recipe
from explorer.measuring.saving import saved
from explorer.process.engine import EngineProcess
from explorer.process.frames import Request
from explorer.process.island_settings import sparse_settings
from explorer.sources import bundled
from explorer.sources.digits import digits
from explorer.values import RunMode
from explorer.values.errors import PruningError

if TYPE_CHECKING:
    from explorer.backends.sparseml.planner import SparsePlanner

ONE_SHOT = 300.0  # seconds
TRAINING = 3600.0


def carry_out(planner: SparsePlanner, mode: RunMode) -> nn.Module:
    """A copy of the planner's network as SparseML leaves it.

    Raises:
        PruningError: where the modifier cannot be run so, or SparseML fails.
        IslandError: if SparseML is not set up.
        EngineError: if its process hung, was killed or ran out of memory.
    """
    check_mode(planner.net, planner.options, mode)
    alone = mode is RunMode.ONE_SHOT and not planner.options.modifier.needs_gradients
    request = _masking(planner) if alone else _training(planner, mode)
    process = EngineProcess(sparse_settings())
    try:
        state: bytes = process.call(request, ONE_SHOT if alone else TRAINING)
    finally:
        process.stop()
    module = copy.deepcopy(planner.net.module)
    module.load_state_dict(load(state), strict=not alone)
    return module.eval()


def _masking(planner: SparsePlanner) -> Request:
    """One shot asks nothing of a network but its weights, so that any module will do."""
    module, layers = planner.net.module, planner.ranked.layers
    weights = {f"{layer}.weight": weight_of(module, layer).detach().contiguous() for layer in layers}
    kinds = tuple((layer, isinstance(module.get_submodule(layer), nn.Linear)) for layer in layers)
    recipe = write_recipe(planner.net, planner.options)
    return Request("mask_layers", (save(weights), kinds, recipe), doing="masking with SparseML")


def _training(planner: SparsePlanner, mode: RunMode) -> Request:
    _check_rebuildable(planner.net)
    arguments = (planner.net.spec, saved(planner.net.module), planner.options, mode)
    return Request("train", arguments, doing="training with SparseML")


def _check_rebuildable(net: Network) -> None:
    """SparseML's process builds the network itself: it is handed no code."""
    if net.name not in bundled.NETWORKS or net.data is not digits():
        raise PruningError(
            f"SparseML trains in a process of its own, which knows the bundled networks and their digits only, not "
            f"'{net.name}'. Pick one of {', '.join(bundled.NETWORKS)}, or a modifier that masks in one shot."
        )
