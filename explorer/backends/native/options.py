"""PyTorch native's options checked on one network: amounts, and which parameters take masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from explorer.anatomy.network import Network
from explorer.backends.fields import Problem
from explorer.backends.native.fields import AMOUNTS, FIELDS, HALF
from explorer.backends.native.torch_prune import MaskOrder, carries_masks
from explorer.backends.options import problems, refuse
from explorer.backends.paths import layers_of, ratios_of
from explorer.backends.slots import Slot, maskable, not_maskable, nothing_maskable
from explorer.values import Amount, NativeOptions, Pattern, WeightCriterion, WeightScope
from explorer.values.errors import PruningError, UnknownNameError
from explorer.values.loose import as_number, is_number, shown


def check_options(net: Network, options: NativeOptions) -> None:
    """Refuse what torch.nn.utils.prune does not offer, and layers that are not there.

    Raises:
        PruningError: for a combination that the library has no method for.
        UnknownNameError: for a layer that the network does not have.
    """
    refuse(problems(options, FIELDS))
    if masked := carries_masks(net.module):
        raise PruningError(
            f"'{masked}' of network '{net.name}' carries a mask already, which torch.nn.utils.prune would put another "
            "on. Call prune.remove on it first."
        )
    refuse(_layer_problems(net, options))
    refuse(_complex_problems(net, options))


def _layer_problems(net: Network, options: NativeOptions) -> Iterator[Problem]:
    known = list(dict.fromkeys(slot.layer for slot in _slots(net, options)))
    listed = {"layers": options.layers or (), "overrides": [layer for layer, _ in options.overrides]}
    for option, layers in listed.items():
        for layer in layers:
            if layer not in known:
                yield _no_mask(net, option, layer, known)


def _complex_problems(net: Network, options: NativeOptions) -> Iterator[Problem]:
    if options.criterion is not WeightCriterion.RANDOM or options.pattern is not Pattern.UNSTRUCTURED:
        return
    for slot in _slots(net, options):
        wanted = options.layers is None or slot.layer in options.layers
        if wanted and net.module.get_parameter(slot.name).is_complex():
            yield Problem(
                "criterion",
                f"'{slot.name}' of network '{net.name}' holds complex numbers, which torch.nn.utils.prune cannot "
                "zero at random. Rank them by l1.",
            )


def _no_mask(net: Network, option: str, layer: str, known: Sequence[str]) -> Problem:
    if layer and layer in dict(net.module.named_modules()):
        return Problem(option, not_maskable(net, layer))
    told = f"Network '{net.name}' has no layer {layer!r}. Its maskable layers: {', '.join(known)[:300]}."
    return Problem(option, told, UnknownNameError)


def spelled_out(net: Network, options: NativeOptions) -> NativeOptions:
    """The same options with every layer that can be masked in the place of a block that it is in."""
    known = [slot.layer for slot in _slots(net, options)]
    layers = None if options.layers is None else layers_of(options.layers, known)
    return replace(options, layers=layers, overrides=ratios_of(options.overrides, known))


def check_amount(amount: Amount) -> Amount:
    """The amount itself, if it is a fraction in [0, 1] or a count."""
    number: Amount = as_number(amount)
    if is_number(number) and AMOUNTS.hold(number):
        return number
    raise PruningError(f"Amount must be {AMOUNTS.told}, got {shown(amount)}. {HALF}")


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
        slot for slot in _slots(net, options) if options.layers is None or slot.layer in options.layers
    )
    if not slots and options.layers is None:
        raise PruningError(nothing_maskable(net))
    if not slots:
        raise PruningError(
            f"No layer is picked in network '{net.name}', so nothing can be masked. "
            "Pick a convolution or a linear layer."
        )
    return slots


def _slots(net: Network, options: NativeOptions) -> list[Slot]:
    """Weights, and biases if they are asked for: a layer may have a bias of its own and no weight."""
    return [slot for slot in maskable(net.module) if options.biases or slot.parameter == "weight"]


def order_at(slots: Sequence[Slot], options: NativeOptions, amount: Amount) -> MaskOrder:
    """What the library is asked at one amount: layers with an amount of their own leave the pool."""
    own = dict(options.overrides)
    if options.scope is WeightScope.LAYER:
        return MaskOrder((), 0, tuple((slot, own.get(slot.layer, amount)) for slot in slots))
    pool = tuple(slot for slot in slots if slot.layer not in own)
    return MaskOrder(pool, amount, tuple((slot, own[slot.layer]) for slot in slots if slot.layer in own))
