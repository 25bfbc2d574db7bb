"""Do the couplings hold? One check that catches every way of getting them wrong.

Prune, silence the same channels on a copy, and compare the answers. Where a
channel was coupled with the wrong one, the answers differ, or the pruned
network cannot run at all.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from explorer.errors import PruningError
from explorer.network import Network
from explorer.surgery import Cut, slice_channels, zero_channels

TOLERANCE = 1e-4  # relative to the largest output; right couplings stay below 1e-6, wrong ones above this
PROBES = 4  # random inputs that are compared


def check_couplings(net: Network, cut: Cut) -> None:
    """Refuse a network whose channels are coupled wrongly.

    Args:
        net: left untouched.
        cut: channels to try it with, e.g. half of them.

    Raises:
        PruningError: if the network cannot run without those channels, or answers differently from one
            in which they are silent, and no layer in it makes that difference by nature.
    """
    pruned = slice_channels(copy.deepcopy(net.module), cut)
    check_runs(net, pruned)
    difference = zeroing_difference(net, pruned, cut)
    if difference > TOLERANCE and not zeroing_note(net.module, cut):
        raise PruningError(
            f"DepGraph couples channels of '{net.name}' that do not belong together: with half of them removed its "
            f"output differs by {difference:.0%} from the same channels silenced. Pick another network."
        )


def check_runs(net: Network, pruned: nn.Module) -> None:
    """Refuse a pruned network whose layers no longer fit together."""
    try:
        answer(pruned, net.example_input)
    except (RuntimeError, ValueError, IndexError, AssertionError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise PruningError(
            f"DepGraph couples channels of '{net.name}' wrongly: the pruned network cannot run ({cause}). "
            "Pick another network."
        ) from error


def zeroing_difference(net: Network, pruned: nn.Module, cut: Cut) -> float:
    """Largest difference between the pruned network and one with the same channels silenced.

    Returns:
        Relative to the largest output; about 1e-7 where both are the same.
    """
    zeroed = zero_channels(copy.deepcopy(net.module), cut)
    batch = torch.randn(PROBES, *net.example_input.shape[1:], generator=torch.Generator().manual_seed(0))
    removed, silenced = answer(pruned, batch), answer(zeroed, batch)
    scale = silenced.abs().max().clamp_min(torch.finfo(silenced.dtype).tiny)
    return float((removed - silenced).abs().max() / scale)


def zeroing_note(module: nn.Module, cut: Cut) -> str:
    """Why removing and zeroing differ by nature; '' where they must agree."""
    layers = dict(module.named_modules())
    touched = {type(layers[path]) for path, _ in cut if path in layers}
    return " ".join(sentence for kind, sentence in _BY_NATURE.items() if kind in touched)


_BY_NATURE = {
    nn.LayerNorm: "LayerNorm takes its mean over the channels there are: zeros count, removed ones do not.",
    nn.GroupNorm: "GroupNorm takes its mean over the channels there are: zeros count, removed ones do not.",
    nn.MultiheadAttention: "Attention divides by the square root of the head size, which shrinks with its channels.",
}


@torch.no_grad()
def answer(module: nn.Module, batch: Tensor) -> Tensor:
    """The network's output, without gradients."""
    scores: Tensor = module(batch)
    return scores
