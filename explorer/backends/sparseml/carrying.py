"""Have SparseML carry a plan out for a notebook: in a process of its own, which is handed weights and no code."""

from __future__ import annotations

from collections.abc import Sequence

from safetensors.torch import load, save
from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.network import Network
from explorer.backends.base import Listener
from explorer.backends.sparseml.layers import weight_of
from explorer.backends.sparseml.options import check_mode
from explorer.backends.sparseml.recipe import write_recipe
from explorer.measuring.saving import saved
from explorer.process.engine import EngineProcess
from explorer.process.frames import Request
from explorer.process.island_settings import sparse_settings
from explorer.sources import bundled
from explorer.values import RunMode, SparseOptions
from explorer.values.errors import PruningError

ONE_SHOT = 300.0  # seconds
TRAINING = 3600.0


def carry_out(
    net: Network, options: SparseOptions, layers: Sequence[str], mode: RunMode, on_progress: Listener
) -> nn.Module:
    """A copy of the network as SparseML leaves it.

    Args:
        layers: whose weights the recipe masks.
        on_progress: told how far training is.

    Raises:
        PruningError: where the modifier cannot be run so, or SparseML fails.
        IslandError: if SparseML is not set up.
        EngineError: if its process hung, was killed or ran out of memory.
    """
    check_mode(net, options, mode)
    alone = mode is RunMode.ONE_SHOT and not options.modifier.traits.gradients
    request = _masking(net, options, layers) if alone else _training(net, options, mode)
    process = EngineProcess(sparse_settings())
    try:
        state: bytes = process.call(request, ONE_SHOT if alone else TRAINING, on_progress)
    finally:
        process.stop()
    module = copied(net.module)
    module.load_state_dict(load(state), strict=not alone)
    return module.eval()


def _masking(net: Network, options: SparseOptions, layers: Sequence[str]) -> Request:
    """One shot asks nothing of a network but its weights, so that any module will do."""
    module = net.module
    weights = {f"{layer}.weight": weight_of(module, layer).detach().contiguous() for layer in layers}
    kinds = tuple((layer, isinstance(module.get_submodule(layer), nn.Linear)) for layer in layers)
    return Request(
        "mask_layers", (save(weights), kinds, write_recipe(net, options)), doing="masking with SparseML"
    )


def _training(net: Network, options: SparseOptions, mode: RunMode) -> Request:
    _check_rebuildable(net)
    arguments = (net.spec, saved(net.module), options, mode)
    return Request("train", arguments, doing="training with SparseML")


def _check_rebuildable(net: Network) -> None:
    """SparseML's process builds the network itself: it is handed no code."""
    name = net.spec.base
    if name not in bundled.NETWORKS or net.data is not bundled.data(name):
        raise PruningError(
            f"SparseML trains in a process of its own, which knows the bundled networks and their digits only, not "
            f"'{net.name}'. Pick one of {', '.join(bundled.NETWORKS)}, or a modifier that masks in one shot."
        )
