"""Parameters that may carry a mask, for every library that writes zeros."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torch import nn

from explorer.anatomy.network import Network
from explorer.anatomy.surgery import Weighted


@dataclass(frozen=True)
class Slot:
    """One parameter that may carry a mask."""

    layer: str  # dotted path
    parameter: str  # "weight" or "bias"

    @property
    def name(self) -> str:
        """The parameter's dotted path."""
        return f"{self.layer}.{self.parameter}"


def maskable(module: nn.Module) -> tuple[Slot, ...]:
    """Weights and biases of convolutions and linear layers that the library masks soundly.

    Left out: layers inside attention, which reads their weights without running them, so masks are never put on
    again in training; and weights that layers share, since ``prune.remove`` on one zeroes the other.
    """
    sharing = Counter(
        id(parameter)
        for layer in module.modules()
        for parameter in layer._parameters.values()
        if parameter is not None
    )
    return tuple(
        Slot(name, parameter)
        for name, layer in _outside_attention(module)
        for parameter in ("weight", "bias")
        if (found := layer._parameters.get(parameter)) is not None and sharing[id(found)] == 1
    )


def _outside_attention(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Convolutions and linear layers, each under its first name however often it is used."""
    layers = list(root.named_modules())
    inside = tuple(f"{name}." for name, layer in layers if isinstance(layer, nn.MultiheadAttention))
    for name, layer in layers:
        if name and isinstance(layer, Weighted) and not name.startswith(inside):
            yield name, layer


def not_maskable(net: Network, path: str) -> str:
    """Why a layer or a block of the network can carry no mask, and what can."""
    reason = _why_not(net.module, path)
    return f"Layer '{path}' of network '{net.name}' cannot be masked: {reason}."


def nothing_maskable(net: Network) -> str:
    """That a network has no layer that can carry a mask, and why the first one that looks like it cannot."""
    for name, layer in net.module.named_modules():
        if isinstance(layer, Weighted) and name:
            others = sum(isinstance(one, Weighted) for one in net.module.modules()) - 1
            more = f" The {others} others cannot, either." if others else ""
            return f"{not_maskable(net, name)}{more}"
    if isinstance(net.module, Weighted):
        return (
            f"Network '{net.name}' is a single layer, and masks are put on layers in a network. Wrap "
            "nn.Sequential(layer)."
        )
    return (
        f"Network '{net.name}' has no convolution and no linear layer, and only these can be masked. Pick another "
        "network."
    )


def _why_not(module: nn.Module, path: str) -> str:
    layer = module.get_submodule(path)
    if not isinstance(layer, Weighted):
        return "convolutions and linear layers can, and it is none and has none in it that can"
    if layer._parameters.get("weight") is None:
        return (
            "its weight is worked out of others (weight_norm, parametrize or a mask), and zeros in it would not stay; "
            "make it permanent first"
        )
    inside = next(
        (name for name, one in module.named_modules() if isinstance(one, nn.MultiheadAttention)), ""
    )
    if inside and path.startswith(f"{inside}."):
        return f"attention '{inside}' reads its weight without running it, so that a mask would not hold in training"
    return "another layer shares its weight, and a mask would fall on both; give it a weight of its own"


TELL_FROM = 0.01  # share of the parameters below which nobody is told that a layer is left out


def left_out(module: nn.Module) -> str:
    """Which layers no mask covers, and what share of the parameters they hold; "" where that is next to none.

    Vectors, such as those of norms, are left aside: nobody expects them to be pruned.
    """
    covered = {slot.name for slot in maskable(module)}
    attention = tuple(n for n, layer in module.named_modules() if isinstance(layer, nn.MultiheadAttention))
    found: dict[str, int] = {}
    for name, parameter in module.named_parameters():
        if parameter.dim() > 1 and name not in covered:
            owner = next((n for n in attention if name.startswith(f"{n}.")), name.rpartition(".")[0])
            owner = (
                name
                if next(module.get_submodule(owner).children(), None) and owner not in attention
                else owner
            )
            found[owner] = found.get(owner, 0) + parameter.numel()
    share = sum(found.values()) / sum(parameter.numel() for parameter in module.parameters())
    if share < TELL_FROM:
        return ""
    return (
        f"Not masked: {', '.join(_named(module, found))}, {100 * share:.0f} % of the parameters. The amount is of the "
        "weights of the other layers."
    )


def _named(module: nn.Module, owners: Iterable[str]) -> Iterator[str]:
    """Layers of one type together."""
    modules, kinds = dict(module.named_modules()), dict[str, list[str]]()
    for owner in owners:
        layer = modules.get(owner)
        kinds.setdefault("Parameter" if layer is None else type(layer).__name__, []).append(owner)
    for kind, (first, *others) in kinds.items():
        yield f"{len(others) + 1} {kind} such as '{first}'" if others else f"'{first}' ({kind})"
