"""The only file that calls ``torch.nn.utils.prune``: attach masks, make them permanent, read them.

The library is left as it is. What it gets wrong is kept out of its way by the caller: layers inside
attention (their masks are never re-applied in training), weights shared by two layers, and networks
that carry masks already (they cannot be copied).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from explorer.anatomy.surgery import Weighted, weight_dim
from explorer.backends.base import Listener, ignore
from explorer.backends.slots import Slot
from explorer.values import Amount, NativeOptions, Pattern, Progress, WeightCriterion
from explorer.values.errors import PruningError, cause_of

ORDER = {WeightCriterion.L1: 1, WeightCriterion.L2: 2, WeightCriterion.LINF: float("inf")}  # n of the norm


@dataclass(frozen=True)
class MaskOrder:
    """What is asked of the library: some slots ranked together, the others each by itself."""

    pool: tuple[Slot, ...]
    pool_amount: Amount
    single: tuple[tuple[Slot, Amount], ...]


def attach(
    module: nn.Module, order: MaskOrder, options: NativeOptions, on_progress: Listener = ignore
) -> nn.Module:
    """Mask `module` in place: the pool first, then slot by slot, with the random numbers of ``options.seed``.

    Weights that are masked one by one are laid out in rows first: the library fails on channels_last.

    Args:
        on_progress: hears of each slot before it is masked.

    Raises:
        PruningError: what the library refuses.
    """
    if options.pattern is Pattern.UNSTRUCTURED:
        _in_rows(module, order)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            if order.pool:
                _pool(module, order, options)
            weights = [
                getattr(module.get_submodule(slot.layer), slot.parameter).numel() for slot, _ in order.single
            ]
            every = sum(weights)
            for done, (slot, amount) in zip(accumulate(weights, initial=0), order.single, strict=False):
                on_progress(Progress(done / every, f"torch.nn.utils.prune masks '{slot.name}'"))
                _single(module.get_submodule(slot.layer), slot.parameter, amount, options)
    except (ValueError, TypeError, IndexError, RuntimeError) as error:
        raise PruningError(
            f"torch.nn.utils.prune refused: {cause_of(error)}. Pick other layers or another amount."
        ) from error
    return module


def _in_rows(module: nn.Module, order: MaskOrder) -> None:
    for slot in (*order.pool, *(slot for slot, _ in order.single)):
        parameter = module.get_submodule(slot.layer)._parameters.get(slot.parameter)
        if parameter is not None:  # else it is masked already
            parameter.data = parameter.data.contiguous()


def laid_out_as(module: nn.Module, original: nn.Module, slots: Sequence[Slot]) -> nn.Module:
    """The same module, in place, with the memory layout that these parameters have in the original."""
    for slot in slots:
        parameter, before = module.get_parameter(slot.name), original.get_parameter(slot.name)
        if parameter.stride() != before.stride():
            parameter.data = torch.empty_like(before).copy_(parameter.data)
    return module


def _pool(module: nn.Module, order: MaskOrder, options: NativeOptions) -> None:
    method = prune.L1Unstructured if options.criterion is WeightCriterion.L1 else prune.RandomUnstructured
    slots = [(module.get_submodule(slot.layer), slot.parameter) for slot in order.pool]
    prune.global_unstructured(slots, method, amount=order.pool_amount)


def _single(layer: nn.Module, parameter: str, amount: Amount, options: NativeOptions) -> None:
    random = options.criterion is WeightCriterion.RANDOM
    if options.pattern is Pattern.UNSTRUCTURED:
        (prune.random_unstructured if random else prune.l1_unstructured)(layer, parameter, amount=amount)
    elif random:
        prune.random_structured(layer, parameter, amount=amount, dim=dim_of(layer, options))
    else:
        order = ORDER[options.criterion]
        prune.ln_structured(layer, parameter, amount=amount, n=order, dim=dim_of(layer, options))


def dim_of(layer: nn.Module, options: NativeOptions) -> int:
    """The dimension of a weight along which slices go, which is not the same for transposed convolutions.

    In conv groups the second dimension holds one group's channels: a slice of it is taken from every group.
    """
    assert isinstance(layer, Weighted)
    return weight_dim(layer, options.axis)


def make_permanent(module: nn.Module) -> nn.Module:
    """Call ``prune.remove`` on every masked parameter of `module`, in place: zeros stay, masks go."""
    for layer, hook in _hooks(module):
        prune.remove(layer, hook._tensor_name)
    return module


def masks_of(module: nn.Module, slots: Sequence[Slot]) -> dict[str, Tensor]:
    """The masks that `module` carries, True = kept, by the parameter's dotted path."""
    return {
        slot.name: module.get_submodule(slot.layer).get_buffer(f"{slot.parameter}_mask").bool()
        for slot in slots
    }


def containers(module: nn.Module) -> int:
    """How many parameters carry more than one pruning method."""
    return sum(isinstance(hook, prune.PruningContainer) for _, hook in _hooks(module))


def carries_masks(module: nn.Module) -> str:
    """The first layer that is masked already; "" where none is."""
    masked = [layer for layer, _ in _hooks(module)]
    return next((name for name, layer in module.named_modules() if layer in masked), "")


def _hooks(module: nn.Module) -> list[tuple[nn.Module, prune.BasePruningMethod]]:
    return [
        (layer, hook)
        for layer in module.modules()
        for hook in layer._forward_pre_hooks.values()
        if isinstance(hook, prune.BasePruningMethod)
    ]
