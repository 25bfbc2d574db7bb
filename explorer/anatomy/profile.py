"""One forward pass of a network: what each of its modules spends, and gives out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.anatomy.chance import same_draws
from explorer.anatomy.copies import state_kept
from explorer.anatomy.flops import Counter, fused_attention_off
from explorer.anatomy.inputs import call, tensors_in
from explorer.anatomy.network import Network
from explorer.anatomy.scopes import hookable


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


_PROJECTIONS = (torch.ops.aten.mm, torch.ops.aten.addmm)


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
