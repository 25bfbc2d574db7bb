"""Weights that tell channels apart: fresh layers hold the same value everywhere, and zeros hide what they multiply."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from explorer.anatomy.copies import sharing


def told_apart(module: nn.Module) -> nn.Module:
    """A copy in which every parameter that holds one value only holds different ones.

    Whether channels belong together does not depend on weights, but whether one can see it does: a branch that a
    scale of zero closes answers nothing, and a norm's scales of one look alike in any order. Parameters that tell
    channels apart already are shared with `module`.
    """
    copied, dice = sharing(module), torch.Generator().manual_seed(0)
    told: dict[int, nn.Parameter] = {}
    for layer in copied.modules():
        for name, parameter in list(layer.named_parameters(recurse=False)):
            if _is_flat(parameter):
                told.setdefault(id(parameter), _different(parameter, dice))
                setattr(layer, name, told[id(parameter)])
    return copied


def _is_flat(parameter: Tensor) -> bool:
    """Whether it holds one value only, more than once."""
    if not parameter.is_floating_point() or parameter.numel() < 2:
        return False
    first, second = parameter.detach().reshape(-1)[:2]
    return bool(first == second) and bool((parameter == first).all())


def _different(parameter: nn.Parameter, dice: torch.Generator) -> nn.Parameter:
    """Values around the one that is there, of its sign; small ones in the place of zeros and near zeros."""
    drawn = torch.rand(parameter.shape, generator=dice).to(parameter)
    value = float(parameter.detach().flatten()[0])
    if parameter.dim() > 1 and abs(value) < 1e-3:
        fresh = (drawn - 0.5) * 2 / math.sqrt(parameter[0].numel())
    else:
        fresh = (0.5 + drawn) * (value if abs(value) >= 1e-3 else 0.3)
    return nn.Parameter(fresh, requires_grad=parameter.requires_grad)
