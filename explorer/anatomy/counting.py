"""One counting convention for every number in the explorer.

MACs are multiply-accumulates of convolutions, linear layers and attention
products, for one example input; biases and norms are free. That is half of what
torch's ``FlopCounterMode`` counts, once its blind spot (fused attention
kernels) is filled in. 1 MAC = 2 FLOPs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode, _FlopCounterMode, sdpa_flop_count

from explorer.anatomy.chance import same_draws
from explorer.anatomy.choices import chosen_among
from explorer.anatomy.copies import state_kept
from explorer.anatomy.inputs import Example, call, tensors_in
from explorer.anatomy.network import Network
from explorer.anatomy.scopes import hookable
from explorer.anatomy.transposed import Conv1D
from explorer.values import CounterReading, LayerRow


def layer_rows(net: Network) -> tuple[LayerRow, ...]:
    """Every layer that stores tensors or costs MACs, in the order of execution."""
    profile = profiled(net)
    counted: set[int] = set()  # a parameter that layers share is the first one's
    rows = [_row(name, module, profile, counted) for name, module in _layers(net.module)]
    rows += _bare_parameters(net.module, profile) + _functional_products(net.module, profile)
    rank = {name: position for position, name in enumerate(profile.shapes)}
    # A bare parameter has no turn of its own: it goes with the module that holds it.
    return tuple(sorted(rows, key=lambda row: rank.get(row.name, rank.get(row.name.rpartition(".")[0], -1))))


def total_macs(module: nn.Module, example_input: Example) -> int:
    """MACs of the whole network by the explorer's convention."""
    with state_kept(module), fused_attention_off(), torch.no_grad(), Counter() as counts:
        call(module, example_input)
    return counts.get_total_flops() // 2


def total_params(module: nn.Module) -> int:
    """Parameters, each counted once however often it is shared."""
    return sum(parameter.numel() for parameter in module.parameters())


def total_nonzero(module: nn.Module) -> int:
    """Parameters that are not zero."""
    return sum(int(parameter.count_nonzero()) for parameter in module.parameters())


Number = TypeVar("Number", int, NDArray[np.int64])


def effective(macs: Number, nonzero: Number, weights: Number) -> Number:
    """MACs whose weight is not zero, rounded down: the one formula, of a layer or of all layers in columns.

    Args:
        macs: of the layer.
        nonzero: weights that are not zero; 1 where MACs follow from no weight.
        weights: all of them, above 0; 1 where MACs follow from none.
    """
    each, rest = macs // weights, macs % weights  # MACs times weights could be too large a number
    return each * nonzero + rest * nonzero // weights


def stored_tensors(module: nn.Module) -> dict[str, Tensor]:
    """What saving the network stores: parameters and buffers, a shared one under its first name only."""
    seen: set[tuple[int, torch.Size]] = set()
    stored = {}
    for name, tensor in module.state_dict().items():
        identity = (tensor.data_ptr(), tensor.shape)
        if tensor.numel() and identity in seen:
            continue
        seen.add(identity)
        stored[name] = tensor
    return stored


def state_bytes(module: nn.Module) -> int:
    """Bytes of all stored tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in stored_tensors(module).values())


def flop_counter_reading(net: Network, macs: int) -> CounterReading:
    """What ``FlopCounterMode / 2`` says as people commonly call it: eval mode, default settings."""
    with state_kept(net.module), torch.no_grad(), FlopCounterMode(display=False) as counter:
        call(net.module, net.example_input)
    counted = counter.get_total_flops() // 2
    reason = "" if counted == macs else "It does not see what torch's fused attention kernels compute."
    return CounterReading("torch FlopCounterMode / 2", counted, reason)


def weight_shape(module: nn.Module) -> tuple[int, ...] | None:
    """Shape of a layer's weight; attention is told by its joint q, k, v projection."""
    weight = getattr(module, "in_proj_weight", None) if isinstance(module, nn.MultiheadAttention) else None
    weight = getattr(module, "weight", None) if weight is None else weight
    return tuple(weight.shape) if isinstance(weight, Tensor) else None


def own_parameters(module: nn.Module) -> list[nn.Parameter]:
    """Parameters of one layer itself; attention is one layer with its projections."""
    return list(module.parameters(recurse=isinstance(module, nn.MultiheadAttention)))


def own_params(module: nn.Module) -> int:
    """How many numbers those are."""
    return sum(parameter.numel() for parameter in own_parameters(module))


def own_nonzero(row: LayerRow, layer: nn.Module | nn.Parameter | None) -> int:
    """How many of a row's numbers are not zero; `layer` is what the row stands for, None for bare products."""
    if layer is None or not row.params:
        return 0
    own = [layer] if isinstance(layer, nn.Parameter) else own_parameters(layer)
    if sum(parameter.numel() for parameter in own) != row.params:  # its weight is counted in another row
        own = [parameter for parameter in own if parameter is not getattr(layer, "weight", None)]
    return sum(int(parameter.count_nonzero()) for parameter in own)


_LAYER_TYPES = (
    nn.modules.conv._ConvNd,
    nn.Linear,
    Conv1D,
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
)
# Of other modules that store tensors every parameter is a row: each may lose channels of its own.
_KNOWN = (*_LAYER_TYPES, nn.Embedding, nn.EmbeddingBag, nn.PReLU, nn.RNNBase, nn.Bilinear)
_LISTS = (nn.ParameterList, nn.ParameterDict)


def _layers(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Modules that store tensors of their own: leaves, layers that also have children, and attention as one."""
    attention: tuple[str, ...] = ()
    for name, module in root.named_modules():
        if attention and name.startswith(attention):
            continue
        if isinstance(module, nn.MultiheadAttention):
            attention = (*attention, f"{name}.")
            yield name, module
        elif isinstance(module, _LAYER_TYPES) or _is_storing_leaf(module):
            yield name, module


def _is_storing_leaf(module: nn.Module) -> bool:
    if isinstance(module, _LISTS) or next(module.children(), None) is not None:
        return False
    has_parameters = any(True for _ in module.parameters(recurse=False))
    return isinstance(module, _KNOWN) if has_parameters else any(True for _ in module.buffers(recurse=False))


def _row(name: str, module: nn.Module, profile: Profile, counted: set[int]) -> LayerRow:
    shape = profile.shapes.get(name)
    fresh = {id(p): p.numel() for p in own_parameters(module) if id(p) not in counted}
    counted.update(fresh)
    return LayerRow(
        name,
        type(module).__name__,
        weight_shape(module),
        shape,
        sum(fresh.values()),
        profile.macs(name, module),
    )


def _bare_parameters(root: nn.Module, profile: Profile) -> list[LayerRow]:
    """Parameters that no layer holds: class tokens, position embeddings, layer scales, layers of one's own.

    What such a layer multiplies goes with its weight, and shrinks as it does.
    """
    held = {id(parameter) for _, module in _layers(root) for parameter in own_parameters(module)}
    bare = {name: p for name, p in root.named_parameters() if id(p) not in held}
    spending = _weights(root, profile)
    return [
        LayerRow(name, "Parameter", tuple(p.shape), None, p.numel(), spending.get(name, 0))
        for name, p in bare.items()
    ]


def _weights(root: nn.Module, profile: Profile) -> dict[str, int]:
    """MACs of the layers of one's own, by the name of their only weight."""
    own = layers_of_ones_own(root).items()
    return {f"{name}.{weight}".lstrip("."): profile.own_macs.get(name, 0) for name, weight in own}


def layers_of_ones_own(root: nn.Module) -> dict[str, str]:
    """Modules that nobody knows and that hold a single weight, which they multiply: dotted path -> its name."""
    found = {}
    for name, module in root.named_modules():
        matrices = [n for n, p in module.named_parameters(recurse=False) if p.dim() > 1]
        if len(matrices) == 1 and not isinstance(module, _KNOWN) and not list(module.children()):
            found[name] = matrices[0]
    return found


FUNCTIONAL = "functional products"  # the type of a row for MACs that no layer spends


def _functional_products(root: nn.Module, profile: Profile) -> list[LayerRow]:
    """MACs that a module spends itself, outside its layers: attention written as plain functions."""
    layers = {*dict(_layers(root)), *layers_of_ones_own(root)}
    inside = tuple(
        f"{name}." for name, module in root.named_modules() if isinstance(module, nn.MultiheadAttention)
    )
    return [
        LayerRow(name or "(top)", FUNCTIONAL, None, None, 0, macs)
        for name, macs in profile.own_macs.items()
        if macs and name not in layers and not (inside and name.startswith(inside))
    ]


class Profile:
    """One forward pass: the MACs that each module spends outside its children, and its output's shape."""

    def __init__(self, counter: Counter) -> None:
        self.own_macs: dict[str, int] = {}
        self.shapes: dict[str, tuple[int, ...] | None] = {}  # in the order in which modules start
        self.products: dict[str, int] = {}  # MACs of torch's attention layers that no projection spends
        self.runs = 0  # of the network itself
        self.decides = False  # whether a size, or what runs, may follow from values in the last of them
        self._counter = counter
        # FLOPs at the start, FLOPs that children spent, products at the start
        self._open: list[list[int]] = []

    @property
    def chosen(self) -> set[int]:
        """Among how many values something is chosen, along an axis that autograd does not see read."""
        return self._counter.chosen

    def macs(self, name: str, module: nn.Module) -> int:
        """MACs of a layer; attention's include its projections'."""
        if not isinstance(module, nn.MultiheadAttention):
            return self.own_macs.get(name, 0)
        return sum(
            macs for path, macs in self.own_macs.items() if path == name or path.startswith(f"{name}.")
        )

    def hooks(self, name: str, module: nn.Module) -> list[torch.utils.hooks.RemovableHandle]:
        """Follow one module."""

        def before(*_: object) -> None:
            self.shapes.setdefault(name, None)
            if not name:
                self.runs, self._counter.decides = self.runs + 1, False
            self._open.append([self._counter.get_total_flops(), 0, _products(self._counter)])

        def after(_module: nn.Module, _inputs: object, output: object) -> None:
            start, inside, products = self._open.pop()
            spent = self._counter.get_total_flops() - start
            if self._open:
                self._open[-1][1] += spent
            self.own_macs[name] = self.own_macs.get(name, 0) + (spent - inside) // 2
            if isinstance(module, nn.MultiheadAttention):
                spent = _products(self._counter) - products
                self.products[name] = self.products.get(name, 0) + spent // 2
            first = next(tensors_in(output), None)
            self.shapes[name] = None if first is None else tuple(first.shape)
            self.decides = self._counter.decides

        return [module.register_forward_pre_hook(before), module.register_forward_hook(after)]


_aten = torch.ops.aten
_PROJECTIONS = (_aten.mm, _aten.addmm)


def _products(counted: FlopCounterMode) -> int:
    """FLOPs so far of all that is no product with a weight."""
    return sum(flops for kernel, flops in counted.flop_counts["Global"].items() if kernel not in _PROJECTIONS)


def profiled(net: Network) -> Profile:
    """One forward pass of a network, which is run once."""
    if not _is_profiled(net):
        with state_kept(net.module), same_draws(), torch.no_grad(), _profiling(net.module) as profile:
            call(net.module, net.example_input)
        _note(net, profile)
    found: Profile = net.found["profile"]
    return found


@contextmanager
def profiling(net: Network, module: nn.Module) -> Iterator[None]:
    """Have the run inside the ``with`` block stand for that of `profiled`, if it is one that costs the same.

    Args:
        net: the network.
        module: a copy of its module, perhaps with other weights, which is run as `profiled` would run it.
    """
    if _is_profiled(net):
        yield
        return
    with _profiling(module) as profile:
        yield
    if profile.runs == 1 and not profile.decides:
        _note(net, profile)


def _is_profiled(net: Network) -> bool:
    return bool(net.found.get("profiled") == _sizes(net))


def _note(net: Network, profile: Profile) -> None:
    net.found["profile"], net.found["profiled"] = profile, _sizes(net)


def _sizes(net: Network) -> list[tuple[str, torch.Size]]:
    return [(name, parameter.shape) for name, parameter in net.module.named_parameters()]


@contextmanager
def _profiling(module: nn.Module) -> Iterator[Profile]:
    with fused_attention_off(), Counter() as counts:
        profile = Profile(counts)
        hooks = [hook for name, child in hookable(module) for hook in profile.hooks(name, child)]
        try:
            yield profile
        finally:
            for hook in hooks:
                hook.remove()


_DECIDING = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}


class Counter(FlopCounterMode):
    """Counts FLOPs inside a ``with`` block, in all only, what the CPU's fused attention computes included."""

    def __init__(self) -> None:
        kernel = _aten._scaled_dot_product_flash_attention_for_cpu
        super().__init__(display=False, custom_mapping={kernel: _cpu_attention_flops})
        # What keeps the counts of modules apart fails where one is given a bare parameter.
        self.mod_tracker = _NoTracker()  # type: ignore[assignment]
        self.decides = False  # whether values became sizes, or left torch and may decide what runs
        self.chosen: set[int] = set()  # among how many values something was chosen

    def __enter__(self) -> Counter:
        self.flop_counts.clear()
        self.mode = _AskedOnce(self)
        self.mode.__enter__()
        return self

    def _count_flops(self, packet: Any, out: Any, args: Any, kwargs: Any) -> Any:
        self.decides = self.decides or _is_deciding(packet)
        self.chosen |= chosen_among(packet, args, kwargs)
        return super()._count_flops(packet, out, args, kwargs)


class _AskedOnce(_FlopCounterMode):
    """Asks of each kind of operation once whether it is made of others; torch's own asks at every call."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not _is_whole(func):
            return super().__torch_dispatch__(func, types, args, kwargs)
        kwargs = kwargs or {}
        return self.counter._count_flops(func._overloadpacket, func(*args, **kwargs), args, kwargs)


@cache
def _is_whole(func: Any) -> bool:
    """Whether it is made of no other operations; what gives out no tensors, as a size, is left to torch."""
    made = torch._C.DispatchKey.CompositeImplicitAutograd
    return (
        isinstance(func, torch._ops.OpOverload)
        and all(isinstance(one.type, torch.TensorType) for one in func._schema.returns)
        and made not in func.py_kernels
        and not torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), made)
    )


@cache
def _is_deciding(packet: Any) -> bool:
    kinds = (getattr(packet, name) for name in getattr(packet, "overloads", list)())
    return any(_DECIDING.intersection(kind.tags) for kind in kinds)


class _NoTracker:
    parents = frozenset({"Global"})

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _cpu_attention_flops(query: Any, key: Any, value: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    """FLOPs of the CPU's fused attention, which torch's counter leaves out."""
    return int(sdpa_flop_count(query, key, value))


@contextmanager
def fused_attention_off() -> Iterator[None]:
    """The encoder's fused fast path hides its products from any counter, and torch's older exporter knows it not."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
