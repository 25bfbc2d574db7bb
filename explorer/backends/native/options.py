"""PyTorch native's options checked on one network: amounts, and which parameters take masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explorer.anatomy.network import Network
from explorer.backends.fields import Problem
from explorer.backends.kinds import is_number
from explorer.backends.native.fields import AMOUNTS, FIELDS, HALF
from explorer.backends.native.torch_prune import MaskOrder, carries_masks
from explorer.backends.options import problems, refuse
from explorer.backends.slots import Slot, maskable
from explorer.values import Amount, NativeOptions, WeightScope
from explorer.values.errors import PruningError, UnknownNameError


def check_options(net: Network, options: NativeOptions) -> None:
    """Refuse what torch.nn.utils.prune does not offer, and layers that are not there.

    Raises:
        PruningError: for a combination that the library has no method for.
        UnknownNameError: for a layer that the network does not have.
    """
    refuse(problems(options, FIELDS))
    if carries_masks(net.module):
        raise PruningError(
            f"Network '{net.name}' carries masks already, so it cannot be copied. Call prune.remove on them first."
        )
    refuse(_layer_problems(net, options))


def _layer_problems(net: Network, options: NativeOptions) -> Iterator[Problem]:
    known = [slot.layer for slot in maskable(net.module)]
    listed = {"layers": options.layers or (), "overrides": [layer for layer, _ in options.overrides]}
    for option, layers in listed.items():
        for layer in layers:
            if layer not in known:
                yield _no_mask(net, option, layer, known)


def _no_mask(net: Network, option: str, layer: str, known: Sequence[str]) -> Problem:
    if layer and layer in dict(net.module.named_modules()):
        told = (
            f"Layer '{layer}' of network '{net.name}' cannot be masked. Convolutions and linear layers can, outside "
            "attention and where no other layer shares their weights."
        )
        return Problem(option, told)
    told = f"Network '{net.name}' has no layer {layer!r}. Its maskable layers: {', '.join(known)[:300]}."
    return Problem(option, told, UnknownNameError)


def check_amount(amount: Amount) -> Amount:
    """The amount itself, if it is a fraction in [0, 1] or a count."""
    if is_number(amount) and AMOUNTS.hold(amount):
        return amount
    raise PruningError(f"Amount must be {AMOUNTS.told}, got {amount!r}. {HALF}")


def how_many(amount: Amount, size: int, what: str) -> int:
    """Units that the library zeroes of `size`; raises `PruningError` where a count is more than there are."""
    if isinstance(amount, int):
        if amount > size:
            raise PruningError(
                f"Amount is {amount} (a count), but {what} has {size} only. Lower it, or give a fraction like 0.5."
            )
        return amount
    return round(amount * size)


def selected(net: Network, options: NativeOptions) -> tuple[Slot, ...]:
    """The parameters that the options name, in the network's order."""
    slots = tuple(
        slot
        for slot in maskable(net.module)
        if (options.biases or slot.parameter == "weight")
        and (options.layers is None or slot.layer in options.layers)
    )
    if not slots:
        raise PruningError(
            f"No layer is picked in network '{net.name}', so nothing can be masked. "
            "Pick a convolution or a linear layer."
        )
    return slots


def order_at(slots: Sequence[Slot], options: NativeOptions, amount: Amount) -> MaskOrder:
    """What the library is asked at one amount: layers with an amount of their own leave the pool."""
    own = dict(options.overrides)
    if options.scope is WeightScope.LAYER:
        return MaskOrder((), 0, tuple((slot, own.get(slot.layer, amount)) for slot in slots))
    pool = tuple(slot for slot in slots if slot.layer not in own)
    return MaskOrder(pool, amount, tuple((slot, own[slot.layer]) for slot in slots if slot.layer in own))
