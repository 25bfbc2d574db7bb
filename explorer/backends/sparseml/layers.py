"""Which layers a recipe masks, and which of them a mask type fits."""

from __future__ import annotations

import re

from torch import Tensor, nn

from explorer.backends.slots import maskable
from explorer.values import MaskType, SparseOptions

ALL_PRUNABLE = "__ALL_PRUNABLE__"  # SparseML: every convolution, linear layer and embedding
BLOCK = 4
_PRUNABLE = (nn.Linear, nn.modules.conv._ConvNd)
SETS = {MaskType.TWO_OF_FOUR: 4, MaskType.FOUR_OF_EIGHT: 8}


def candidates(module: nn.Module) -> tuple[str, ...]:
    """Layers whose weights can be masked, by dotted path, in the network's order.

    Attention reads its projections without running them, so that SparseML's hooks never fire: they are left out.
    """
    known = tuple(slot.layer for slot in maskable(module) if slot.parameter == "weight")
    return tuple(layer for layer in known if isinstance(module.get_submodule(layer), _PRUNABLE))


def weight_of(module: nn.Module, layer: str) -> Tensor:
    """The weight of a layer."""
    return module.get_parameter(f"{layer}.weight")


def unfit(module: nn.Module, layer: str, mask_type: MaskType) -> str:
    """Why a layer cannot carry a mask of this type, as the end of a sentence; "" if it can."""
    owner, weight = module.get_submodule(layer), weight_of(module, layer)
    if mask_type in SETS:
        if not isinstance(owner, nn.Linear):
            return f"{mask_type} works on linear layers only (SparseML scrambles it on convolutions)"
        if weight.shape[1] % SETS[mask_type]:
            return f"its {weight.shape[1]} inputs do not divide into sets of {SETS[mask_type]}"
    if mask_type is MaskType.ONE_BY_FOUR and weight.shape[1] % BLOCK:
        return f"its {weight.shape[1]} inputs do not divide into blocks of {BLOCK}"
    if mask_type is MaskType.FOUR_BY_ONE and weight.shape[0] % BLOCK:
        return f"its {weight.shape[0]} outputs do not divide into blocks of {BLOCK}"
    return ""


def selected(module: nn.Module, options: SparseOptions) -> tuple[str, ...]:
    """Layers that the options name and that can take the mask, in the network's order."""
    known = candidates(module)
    if options.pattern:
        return tuple(layer for layer in known if matches(options.pattern, f"{layer}.weight"))
    if options.layers is not None:
        return tuple(layer for layer in known if layer in options.layers)
    if options.param_groups:
        return tuple(layer for layer in known if any(layer in group for group in options.param_groups))
    return tuple(layer for layer in known if not unfit(module, layer, options.mask_type))


def left_out(module: nn.Module, options: SparseOptions) -> dict[str, str]:
    """Layers that were asked for as "all" and cannot take the mask, with the reason."""
    if options.pattern or options.layers is not None or options.param_groups:
        return {}
    reasons = {layer: unfit(module, layer, options.mask_type) for layer in candidates(module)}
    return {layer: reason for layer, reason in reasons.items() if reason}


def params_of(module: nn.Module, options: SparseOptions) -> str | tuple[str, ...]:
    """What the recipe's ``params`` says: the token for all, a pattern, or names."""
    if options.pattern:
        return (f"re:{options.pattern}",)
    layers = selected(module, options)
    prunable = [
        name for name, layer in module.named_modules() if isinstance(layer, (*_PRUNABLE, nn.Embedding))
    ]
    if options.layers is None and not options.param_groups and list(layers) == prunable:
        return ALL_PRUNABLE
    return tuple(f"{layer}.weight" for layer in layers)


def matches(pattern: str, parameter: str) -> bool:
    """Whether a pattern takes a parameter, from the start of its name on as SparseML has it."""
    return re.match(pattern, parameter) is not None
