"""Layers whose channels cannot be cut by themselves, and layers that an example does not reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from explorer.anatomy.attention import attentions
from explorer.anatomy.naming import Naming
from explorer.anatomy.surgery import Weighted

_LISTS = (nn.ModuleList, nn.ModuleDict, nn.Sequential)
_LAYERS = (*Weighted.__args__, nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)


def bound_layers(module: nn.Module) -> dict[str, str]:
    """Why the channels of a layer or parameter have to stay, by its dotted path."""
    return dict(_shared(module)) | dict(calculated(module))


def tied(module: nn.Module) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Weights that several layers have in common: the layers' dotted paths, and the weight's names."""
    owners: dict[tuple[int, int], list[str]] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        if parameter.numel():
            owners.setdefault((parameter.data_ptr(), parameter.numel()), []).append(name)
    for names in owners.values():
        layers = tuple(dict.fromkeys(name.rpartition(".")[0] for name in names))
        if len({id(module.get_submodule(layer)) for layer in layers}) > 1:
            yield layers, tuple(names)


def _shared(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Weights that several layers have in common: each layer would be cut by itself."""
    for layers, names in tied(module):
        others = ", ".join(f"'{layer}'" for layer in layers)
        for path in (*layers, *names):
            yield path, f"{others} share one weight, and it can be cut for none of them alone."


def calculated(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Weights that are worked out of others before each run, as by weight_norm, parametrize or an attached mask."""
    for name, layer in module.named_modules():
        if is_calculated(layer):
            why = f"'{name}' works its weight out of others (weight_norm, parametrize or a mask): make it permanent."
            yield name, why


def is_calculated(layer: nn.Module | nn.Parameter) -> bool:
    """Whether a layer works its weight out of others: then it stays whole."""
    weight = getattr(layer, "weight", None) if isinstance(layer, _LAYERS) else None
    return (
        isinstance(weight, Tensor)
        and isinstance(layer, nn.Module)
        and layer._parameters.get("weight") is None
    )


@dataclass(frozen=True)
class End:
    """Where data would enter a part of a network that did not run, or leave it."""

    layer: str  # dotted path
    width: int  # channels that it reads, or gives out
    reads: bool


def unreached(module: nn.Module, called: Collection[str]) -> tuple[End, ...]:
    """Both ends of all parts that did not run, but for those that no code names: they never will.

    Args:
        module: the network.
        called: dotted paths of the modules that ran.
    """
    ends = [(path, end) for path, part in idle(module, called) for end in _ends(path, part)]
    naming = Naming(module) if ends else None
    return tuple(end for path, end in ends if naming and not naming.leaves_out(path))


def idle(module: nn.Module, called: Collection[str]) -> Iterator[tuple[str, nn.Module]]:
    """The largest parts of a network of which nothing ran, by dotted path.

    Args:
        module: the network.
        called: dotted paths of the modules that ran.
    """
    ran = {layer for name, layer in module.named_modules() if name in called}
    whole = {found.owner for found in attentions(module) if not found.adapter.called}
    whole |= {layer for layer in module.modules() if isinstance(layer, nn.MultiheadAttention)}
    return _idle(module, "", ran, whole)


def _idle(
    module: nn.Module, path: str, ran: Collection[nn.Module], whole: Collection[nn.Module]
) -> Iterator[tuple[str, nn.Module]]:
    """The largest parts of which nothing ran, under whatever name; some modules use what is in them without that."""
    for name, child in module.named_children():
        inner = f"{path}.{name}".lstrip(".")
        beneath = any(layer in ran for layer in child.modules())
        if beneath and child not in whole:
            yield from _idle(child, inner, ran, whole)
        elif not beneath and isinstance(child, _LISTS[:2]):
            yield from _idle(child, inner, ran, whole)  # each of its members may be called by itself
        elif not beneath:
            yield inner, child


def _ends(path: str, part: nn.Module) -> Iterator[End]:
    layers = [(f"{path}.{name}".rstrip("."), layer) for name, layer in part.named_modules() if _reads(layer)]
    if layers:
        (first, entry), (last, leaving) = layers[0], layers[-1]
        yield End(first, _reads(entry), True)
        yield End(last, _gives(leaving), False)


def _gives(layer: nn.Module) -> int:
    """Channels that a layer gives out; those that it takes in where it has no others."""
    width = getattr(layer, "out_channels", 0) or getattr(layer, "out_features", 0)
    return int(width) or _reads(layer)


def _reads(layer: nn.Module) -> int:
    """Channels that a layer takes in; 0 for whatever takes no channels."""
    for attribute in ("in_channels", "in_features", "num_features", "num_channels", "embed_dim"):
        width = getattr(layer, attribute, 0) if isinstance(layer, (*_LAYERS, nn.MultiheadAttention)) else 0
        if width:
            return int(width)
    return layer.normalized_shape[-1] if isinstance(layer, nn.LayerNorm) else 0
