"""One counting convention for every number in the explorer.

MACs are multiply-accumulates of convolutions, linear layers and attention
products, for a batch of one; biases and norms are free. That is half of what
torch's ``FlopCounterMode`` counts, once its blind spot (fused attention
kernels) is filled in. 1 MAC = 2 FLOPs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from explorer.network import Network
from explorer.schema import CounterReading, LayerRow

CONVENTION = (
    "MACs are multiply-accumulates of convolutions, linear layers and attention products for one input; "
    "biases and normalisation are not counted. 1 MAC = 2 FLOPs."
)


def layer_rows(net: Network) -> tuple[LayerRow, ...]:
    """Every layer that holds weights or costs MACs, in the order of execution."""
    costs, shapes, order = _profile(net.module, net.example_input)
    rows = [_row(name, module, costs, shapes) for name, module in _layers(net.module)]
    rows += _bare_parameters(net.module) + _functional_products(net.module, costs)
    rank = {name: position for position, name in enumerate(order)}
    # A bare parameter has no turn of its own: it goes with the module that holds it.
    return tuple(sorted(rows, key=lambda row: rank.get(row.name, rank.get(row.name.rpartition(".")[0], -1))))


def total_macs(module: nn.Module, example_input: Tensor) -> int:
    """MACs of the whole network by the explorer's convention."""
    with _fused_attention_off(), torch.no_grad(), _counter() as counter:
        module(example_input)
    return counter.get_total_flops() // 2


def total_params(module: nn.Module) -> int:
    """Parameters, each counted once however often it is shared."""
    return sum(parameter.numel() for parameter in module.parameters())


def state_bytes(module: nn.Module) -> int:
    """Bytes of all tensors that saving the network stores: parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())


def flop_counter_reading(net: Network, macs: int) -> CounterReading:
    """What ``FlopCounterMode / 2`` says as people commonly call it: eval mode, default settings."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net.module(net.example_input)
    counted = counter.get_total_flops() // 2
    reason = "" if counted == macs else "It does not see what torch's fused attention kernels compute."
    return CounterReading("torch FlopCounterMode / 2", counted, reason)


def weight_shape(module: nn.Module) -> tuple[int, ...] | None:
    """Shape of a layer's weight; attention is told by its joint q, k, v projection."""
    weight = getattr(module, "in_proj_weight", None) if isinstance(module, nn.MultiheadAttention) else None
    weight = getattr(module, "weight", None) if weight is None else weight
    return tuple(weight.shape) if isinstance(weight, Tensor) else None


def own_params(module: nn.Module) -> int:
    """Parameters of one layer; attention is one layer with its projections."""
    return sum(
        parameter.numel()
        for parameter in module.parameters(recurse=isinstance(module, nn.MultiheadAttention))
    )


def _layers(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Leaf modules with weights, and attention as one."""
    attention = ""
    for name, module in root.named_modules():
        if attention and name.startswith(attention):
            continue
        if isinstance(module, nn.MultiheadAttention):
            attention = f"{name}."
            yield name, module
        elif (
            next(module.children(), None) is None and next(module.parameters(recurse=False), None) is not None
        ):
            yield name, module


def _row(name: str, module: nn.Module, costs: dict[str, int], shapes: dict[str, tuple[int, ...]]) -> LayerRow:
    return LayerRow(
        name,
        type(module).__name__,
        weight_shape(module),
        shapes.get(name),
        own_params(module),
        costs.get(name, 0),
    )


def _bare_parameters(root: nn.Module) -> list[LayerRow]:
    """Parameters held by a module that also has children: class tokens, position embeddings, layer scales."""
    held = {id(parameter) for _, module in _layers(root) for parameter in module.parameters()}
    return [
        LayerRow(name, "Parameter", tuple(parameter.shape), None, parameter.numel(), 0)
        for name, parameter in root.named_parameters()
        if id(parameter) not in held
    ]


def _functional_products(root: nn.Module, costs: dict[str, int]) -> list[LayerRow]:
    """MACs that a module spends itself, outside its children: attention written as plain functions."""
    layers = {name for name, _ in _layers(root)}
    inside = tuple(f"{name}." for name, module in _layers(root) if isinstance(module, nn.MultiheadAttention))
    rows = []
    for name, module in root.named_modules():
        if name in layers or (inside and name.startswith(inside)):
            continue
        own = costs.get(name, 0) - sum(
            costs.get(_join(name, child), 0) for child, _ in module.named_children()
        )
        if own > 0:
            rows.append(LayerRow(name or "(top)", "functional products", None, None, 0, own))
    return rows


def _join(parent: str, child: str) -> str:
    return f"{parent}.{child}" if parent else child


def _profile(
    module: nn.Module, example_input: Tensor
) -> tuple[dict[str, int], dict[str, tuple[int, ...]], list[str]]:
    """One forward pass: MACs and output shape per module, and the order in which modules finish."""
    shapes: dict[str, tuple[int, ...]] = {}
    hooks = [
        child.register_forward_hook(_shape_hook(name, shapes))
        for name, child in module.named_modules()
        if name
    ]
    try:
        with _fused_attention_off(), torch.no_grad(), _counter() as counter:
            module(example_input)
    finally:
        for hook in hooks:
            hook.remove()
    root = f"{type(module).__name__}"
    flops = {name: sum(per_op.values()) for name, per_op in counter.get_flop_counts().items()}
    costs = {
        name.removeprefix(root).removeprefix("."): count // 2
        for name, count in flops.items()
        if name != "Global"
    }
    return costs, shapes, list(shapes)


def _shape_hook(name: str, shapes: dict[str, tuple[int, ...]]) -> Any:
    def hook(_module: nn.Module, _inputs: object, output: object) -> None:
        first = output[0] if isinstance(output, tuple) else output
        if isinstance(first, Tensor):
            shapes.setdefault(name, tuple(first.shape))

    return hook


def _counter() -> FlopCounterMode:
    kernel = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={kernel: _cpu_attention_flops})


def _cpu_attention_flops(query: Any, key: Any, value: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    """FLOPs of the CPU's fused attention, which torch's counter leaves out."""
    return int(sdpa_flop_count(query, key, value))


@contextmanager
def _fused_attention_off() -> Iterator[None]:
    """The encoder's fused fast path hides its products from any counter."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
