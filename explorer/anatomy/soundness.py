"""Do the couplings hold? One check that catches every way of getting them wrong.

Prune, silence the same channels on a copy, and compare the answers. Where a
channel was coupled with the wrong one, the answers differ, or the pruned
network cannot run at all.
"""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from explorer.anatomy.counting import fused_attention_off
from explorer.anatomy.network import Network
from explorer.anatomy.surgery import Cut, slice_channels, zero_channels
from explorer.values.errors import PruningError

TOLERANCE = 1e-3  # relative to the largest output; right couplings stay below 1e-5, wrong ones above this
PROBES = 4  # random inputs that are compared


def check_couplings(net: Network, cut: Cut) -> None:
    """Refuse a network whose channels are coupled wrongly.

    Norms over channels and the scale of attention see how many channels there are; for this check they
    are taken out of both copies, so that only the couplings can make a difference.

    Args:
        net: left untouched.
        cut: channels to try it with, e.g. half of every group.

    Raises:
        PruningError: if the network cannot run without those channels, or answers differently from one
            in which they are silent.
    """
    try:
        pruned = slice_channels(copy.deepcopy(net.module), cut)
        answer(pruned, net.example_input)
        difference = _difference_without_norms(net, pruned, cut)
    except Exception as error:  # whatever a stranger's module raises, the cause is told
        raise _cannot_run(net, error) from error
    if difference == math.inf:
        raise _cannot_run(net, ValueError("its output has another shape or is no number"))
    if difference > TOLERANCE:
        raise PruningError(
            f"DepGraph couples channels of '{net.name}' that do not belong together: with half of them removed its "
            f"output differs by {100 * difference:.0f} % from the same channels silenced. Pick another network."
        )


def check_runs(net: Network, pruned: nn.Module) -> None:
    """Refuse a pruned network whose layers no longer fit together."""
    try:
        answer(pruned, net.example_input)
    except Exception as error:  # as above
        raise _cannot_run(net, error) from error


def _cannot_run(net: Network, error: Exception) -> PruningError:
    cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return PruningError(
        f"DepGraph couples channels of '{net.name}' wrongly: the pruned network cannot run ({cause}). "
        "Pick another network."
    )


def zeroing_difference(net: Network, pruned: nn.Module, cut: Cut) -> float:
    """Largest difference between the pruned network and one with the same channels silenced.

    Returns:
        Relative to the largest output; about 1e-7 where both are the same.
    """
    return _difference(pruned, zero_channels(copy.deepcopy(net.module), cut), _probes(net.example_input))


def output_difference(net: Network, one: nn.Module, other: nn.Module) -> float:
    """Largest difference between the answers of two variants of a network, relative to the largest output."""
    return _difference(one, other, _probes(net.example_input))


def zeroing_note(module: nn.Module, cut: Cut) -> str:
    """Why removing and zeroing differ by nature; '' where they must agree."""
    layers = dict(module.named_modules())
    touched = [layers[path] for path, _ in cut if path in layers]
    return " ".join(
        sentence for kind, sentence in _BY_NATURE.items() if any(isinstance(layer, kind) for layer in touched)
    )


_BY_NATURE = {
    nn.LayerNorm: "LayerNorm takes its mean over the channels there are: zeros count, removed ones do not.",
    nn.GroupNorm: "GroupNorm takes its mean over the channels there are: zeros count, removed ones do not.",
    nn.MultiheadAttention: "Attention divides by the square root of the head size, which shrinks with its channels.",
}


@torch.no_grad()
def answer(module: nn.Module, batch: Tensor) -> tuple[Tensor, ...]:
    """The network's outputs without gradients; nested ones are laid flat."""
    return tuple(_tensors(module(batch)))


def _tensors(output: object) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    nested = (
        output.values() if isinstance(output, dict) else output if isinstance(output, (tuple, list)) else ()
    )
    return [tensor for part in nested for tensor in _tensors(part)]


def _probes(example: Tensor) -> Tensor:
    """Random inputs like the example: of its type, and whole numbers within its range."""
    generator = torch.Generator().manual_seed(0)
    shape = (PROBES, *example.shape[1:])
    if example.is_floating_point():
        return torch.randn(shape, generator=generator).to(example.dtype)
    return torch.randint(int(example.min()), int(example.max()) + 1, shape, generator=generator).to(
        example.dtype
    )


def _difference(pruned: nn.Module, silenced: nn.Module, batch: Tensor) -> float:
    """Largest difference of all outputs, relative to the largest; infinite where shapes or numbers do not match."""
    worst = 0.0
    for ours, theirs in zip(answer(pruned, batch), answer(silenced, batch), strict=True):
        if ours.shape != theirs.shape:
            return math.inf
        scale = theirs.double().abs().max().clamp_min(1e-30)
        worst = max(worst, float((ours.double() - theirs.double()).abs().max() / scale))
    return worst


def _difference_without_norms(net: Network, pruned: nn.Module, cut: Cut) -> float:
    """Norms over channels and attention's scale taken out of both copies."""
    heads = {n: m.head_dim for n, m in net.module.named_modules() if isinstance(m, nn.MultiheadAttention)}
    bare = _without_norms(copy.deepcopy(pruned))
    for name, head_dim in heads.items():
        _undo_scale(bare.get_submodule(name), head_dim)
    silenced = _without_norms(zero_channels(copy.deepcopy(net.module), cut))
    with fused_attention_off():  # it would bring the norms of an encoder back in
        return _difference(bare, silenced, _probes(net.example_input))


class _PerChannel(nn.Module):
    """What is left of a norm over channels without its mean and variance: scale and shift."""

    def __init__(self, norm: nn.LayerNorm | nn.GroupNorm) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias
        self.last = type(norm) is nn.LayerNorm  # torchvision's LayerNorm2d and GroupNorm have channels second

    def forward(self, x: Tensor) -> Tensor:
        if self.weight is None:
            return x
        shape = (-1,) if self.last or x.dim() < 3 else (-1, *([1] * (x.dim() - 2)))
        scaled = x * self.weight.view(shape) if not self.last else x * self.weight
        if self.bias is None:
            return scaled
        return scaled + (self.bias if self.last else self.bias.view(shape))


def _without_norms(module: nn.Module) -> nn.Module:
    for name, layer in list(module.named_modules()):
        if isinstance(layer, (nn.LayerNorm, nn.GroupNorm)) and name:
            owner, _, leaf = name.rpartition(".")
            setattr(module.get_submodule(owner), leaf, _PerChannel(layer))
    return module


@torch.no_grad()
def _undo_scale(attention: nn.Module, head_dim: int) -> None:
    """Scale the queries so that their products are divided by the root of the dense head size."""
    assert isinstance(attention, nn.MultiheadAttention)
    factor = math.sqrt(attention.head_dim / head_dim)
    attention.in_proj_weight[: attention.embed_dim] *= factor
    if attention.in_proj_bias is not None:
        attention.in_proj_bias[: attention.embed_dim] *= factor
