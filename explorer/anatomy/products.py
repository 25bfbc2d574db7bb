"""What torch's attention spends on its products of queries, keys and values, apart from its projections."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.anatomy.copies import state_kept
from explorer.anatomy.counting import counter, fused_attention_off
from explorer.anatomy.inputs import call
from explorer.anatomy.network import Network

_aten = torch.ops.aten
_PROJECTIONS = (_aten.mm, _aten.addmm)


def attention_products(net: Network) -> dict[str, int]:
    """MACs of the products in each of torch's attention layers, by its dotted path; those are linear in its width."""
    found = {
        name: layer for name, layer in net.module.named_modules() if isinstance(layer, nn.MultiheadAttention)
    }
    spent = dict.fromkeys(found, 0)
    if not found:
        return spent
    with state_kept(net.module), fused_attention_off(), torch.no_grad(), counter() as counted:
        hooks = [hook for name, layer in found.items() for hook in _hooks(name, layer, counted, spent)]
        try:
            call(net.module, net.example_input)
        finally:
            for hook in hooks:
                hook.remove()
    return spent


def _hooks(
    name: str, layer: nn.Module, counted: FlopCounterMode, spent: dict[str, int]
) -> list[torch.utils.hooks.RemovableHandle]:
    started: list[int] = []

    def after(*_: object) -> None:
        spent[name] += (_products(counted) - started.pop()) // 2

    return [
        layer.register_forward_pre_hook(lambda *_: started.append(_products(counted))),
        layer.register_forward_hook(after),
    ]


def _products(counted: FlopCounterMode) -> int:
    """FLOPs so far of all that is no product with a weight."""
    return sum(flops for kernel, flops in counted.flop_counts["Global"].items() if kernel not in _PROJECTIONS)
