"""What helps, tried on a copy before it is offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.nn.utils import parametrize, prune
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from explorer.anatomy.bound import calculated
from explorer.anatomy.copies import copied
from explorer.anatomy.verifying import output_difference
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import couplings_of
from explorer.process.steps import finished
from explorer.studies.check.trial import RATIO
from explorer.values.check import Remedy
from explorer.values.errors import ExplorerError

SAME = 1e-5  # relative to the largest output


def keeping(layers: Sequence[str]) -> Remedy:
    """Have DepGraph keep layers."""
    named = ", ".join(f"'{layer}'" for layer in layers)
    told = f"Keep {named}: tried at ratio {RATIO:g}, everything else is then pruned, and right."
    code = f"planner = explorer.planner(net, keep={tuple(layers)!r})\npruned = planner.apply(planner.plan({RATIO:g}))"
    return Remedy(told, code, tuple(layers))


def made_permanent(bench: Bench, free: int) -> Remedy | None:
    """Have layers store the weights that they work out; None where that frees no group or changes an answer.

    Args:
        bench: of the network.
        free: groups that may lose channels as it is.
    """
    net = bench.net
    module = copied(net.module)
    # All of them first: settling changes what is walked over
    paths = [path for path, _ in calculated(module)]
    lines = [line for path in paths if (line := _settle(path, module.get_submodule(path)))]
    if not lines:
        return None
    try:
        stays = finished(couplings_of(Bench(replace(net, module=module))))
        now = stays.count("")
        if now <= free or output_difference(net, net.module, module) > SAME:
            return None
    except ExplorerError:
        return None
    told = (
        f"Make these weights permanent: tried on a copy, {now} of {len(stays)} groups may then lose channels."
    )
    return Remedy(told, "\n".join([f"from torch.nn.utils import {', '.join(_names(lines))}", *lines]))


def _names(lines: Sequence[str]) -> list[str]:
    """What these lines of code call, of torch.nn.utils."""
    return sorted({line.partition("(")[0].partition(".")[0] for line in lines})


def _settle(path: str, layer: nn.Module) -> str:
    """Make one layer's weight permanent; returns the code that does it, '' where nobody knows how."""
    where = f'net.module.get_submodule("{path}")'
    if parametrize.is_parametrized(layer, "weight"):
        kind = type(layer)  # shared with the original, and about to lose its weight
        layer.__class__ = type(kind.__name__, kind.__bases__, {**vars(kind)})
        parametrize.remove_parametrizations(layer, "weight")
        return f'parametrize.remove_parametrizations({where}, "weight")'
    hooks = [hook for hook in layer._forward_pre_hooks.values() if getattr(hook, "name", "") == "weight"]
    if any(isinstance(hook, WeightNorm) for hook in hooks):
        torch.nn.utils.remove_weight_norm(layer)
        return f"remove_weight_norm({where})"
    if any(isinstance(hook, SpectralNorm) for hook in hooks):
        torch.nn.utils.remove_spectral_norm(layer)
        return f"remove_spectral_norm({where})"
    if prune.is_pruned(layer):
        prune.remove(layer, "weight")
        return f'prune.remove({where}, "weight")'
    return ""
