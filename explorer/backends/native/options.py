"""What PyTorch native pruning can be asked for: options from loose words, amounts, and which parameters take masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from torch import nn

from explorer.anatomy.network import Network
from explorer.anatomy.transposed import Conv1D
from explorer.backends.native.torch_prune import Order, Slot, carries_masks
from explorer.values import Amount, Axis, NativeOptions, Pattern, WeightCriterion, WeightScope
from explorer.values.errors import PruningError, UnknownNameError

SINGLE = (WeightCriterion.L1, WeightCriterion.RANDOM)  # what ranks single weights: every norm of one is L1


def parse_options(
    pattern: str = "unstructured",
    criterion: str = "l1",
    scope: str = "layer",
    axis: str = "out",
    seed: int = 0,
    layers: Sequence[str] | None = None,
    biases: bool = False,
    overrides: Mapping[str, Amount] | None = None,
    **unknown: object,
) -> NativeOptions:
    """Options from loose words; raises `UnknownNameError` for an option or a word that is none of them."""
    for name in unknown:
        raise UnknownNameError(
            f"Unknown option {name!r} of PyTorch native. Known: {', '.join(NativeOptions.__dataclass_fields__)}."
        )
    return NativeOptions(
        _parsed("pattern", Pattern, pattern),
        _parsed("criterion", WeightCriterion, criterion),
        _parsed("scope", WeightScope, scope),
        _parsed("axis", Axis, axis),
        seed,
        None if layers is None else tuple(layers),
        biases,
        tuple((overrides or {}).items()),
    )


def _parsed(option: str, kind: type[StrEnum], word: str) -> Any:
    if word not in list(kind):
        raise UnknownNameError(f"Unknown {option} {word!r}. Known: {', '.join(kind)}.")
    return kind(word)


def check_options(net: Network, options: NativeOptions) -> None:
    """Refuse what torch.nn.utils.prune does not offer, and layers that are not there.

    Raises:
        PruningError: for a combination that the library has no method for.
        UnknownNameError: for a layer that the network does not have.
    """
    if options.pattern is Pattern.STRUCTURED:
        _check_structured(options)
    elif options.criterion not in SINGLE:
        raise PruningError(
            f"Unstructured pruning ranks single weights by L1 or at random, got {options.criterion.value!r}. "
            "Every norm of a single weight is its absolute value: use 'l1'."
        )
    if not isinstance(options.seed, int) or isinstance(options.seed, bool) or not 0 <= options.seed < 2**63:
        raise PruningError(
            f"seed must be a whole number from 0 to 2^63 - 1, got {options.seed!r}. 0 will do."
        )
    if carries_masks(net.module):
        raise PruningError(
            f"Network '{net.name}' carries masks already, so it cannot be copied. Call prune.remove on them first."
        )
    for name in (*(options.layers or ()), *dict(options.overrides)):
        _check_layer(net, name)
    for name, amount in options.overrides:
        check_amount(amount, f" for '{name}'")


def _check_structured(options: NativeOptions) -> None:
    if options.scope is WeightScope.GLOBAL:
        raise PruningError(
            "torch.nn.utils.prune has no global structured pruning: norms of slices of different size cannot be "
            "compared. Rank each layer by itself (scope='layer'), or use DepGraph, which prunes globally."
        )
    if options.biases:
        raise PruningError(
            "A bias has one axis only, so structured pruning cannot take slices of it. Leave biases out, or prune "
            "unstructured."
        )


def _check_layer(net: Network, name: str) -> None:
    known = [slot.layer for slot in maskable(net.module)]
    if name in known:
        return
    if name and name in dict(net.module.named_modules()):
        raise PruningError(
            f"Layer '{name}' of network '{net.name}' cannot be masked. Convolutions and linear layers can, outside "
            "attention and where no other layer shares their weights."
        )
    raise UnknownNameError(
        f"Network '{net.name}' has no layer {name!r}. Its maskable layers: {', '.join(known)[:300]}."
    )


def check_amount(amount: Amount, where: str = "") -> Amount:
    """The amount itself, if it is a fraction in [0, 1] or a count."""
    is_number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
    if not is_number or not amount >= 0 or (isinstance(amount, float) and amount > 1):
        raise PruningError(
            f"Amount must be a fraction in [0, 1] or a count of at least 0, got {amount!r}{where}. Half is 0.5; "
            "1 is one weight, 1.0 all of them."
        )
    return amount


def how_many(amount: Amount, size: int, what: str) -> int:
    """Units that the library zeroes of `size`; raises `PruningError` where a count is more than there are."""
    if isinstance(amount, int):
        if amount > size:
            raise PruningError(
                f"Amount is {amount} (a count), but {what} has {size} only. Lower it, or give a fraction like 0.5."
            )
        return amount
    return round(amount * size)


_MASKABLE = (nn.modules.conv._ConvNd, nn.Linear, Conv1D)
TELL_FROM = 0.01  # share of the parameters below which nobody is told that a layer is left out


def left_out(module: nn.Module) -> str:
    """Which layers no mask covers, and what share of the parameters they hold; "" where that is next to none.

    Vectors, such as those of norms, are left aside: nobody expects them to be pruned.
    """
    covered = {slot.name for slot in maskable(module)}
    attention = tuple(n for n, layer in module.named_modules() if isinstance(layer, nn.MultiheadAttention))
    found: dict[str, int] = {}
    for name, parameter in module.named_parameters():
        if parameter.dim() > 1 and name not in covered:
            owner = next((n for n in attention if name.startswith(f"{n}.")), name.rpartition(".")[0])
            found[owner] = found.get(owner, 0) + parameter.numel()
    share = sum(found.values()) / sum(parameter.numel() for parameter in module.parameters())
    if share < TELL_FROM:
        return ""
    return (
        f"Not masked: {', '.join(_named(module, found))}, {100 * share:.0f} % of the parameters. The amount is of the "
        "weights of the other layers."
    )


def _named(module: nn.Module, owners: Iterable[str]) -> Iterator[str]:
    """Layers of one type together."""
    kinds: dict[str, list[str]] = {}
    for owner in owners:
        kinds.setdefault(type(module.get_submodule(owner)).__name__, []).append(owner)
    for kind, of_kind in kinds.items():
        yield (
            f"'{of_kind[0]}' ({kind})"
            if len(of_kind) == 1
            else f"{len(of_kind)} {kind} such as '{of_kind[0]}'"
        )


def maskable(module: nn.Module) -> tuple[Slot, ...]:
    """Weights and biases of convolutions and linear layers that the library masks soundly.

    Left out: layers inside attention, which reads their weights without running them, so masks are never put on
    again in training; and weights that layers share, since ``prune.remove`` on one zeroes the other.
    """
    sharing = Counter(
        id(parameter)
        for layer in module.modules()
        for parameter in layer._parameters.values()
        if parameter is not None
    )
    return tuple(
        Slot(name, parameter)
        for name, layer in _outside_attention(module)
        for parameter in ("weight", "bias")
        if (found := layer._parameters.get(parameter)) is not None and sharing[id(found)] == 1
    )


def _outside_attention(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Convolutions and linear layers, each under its first name however often it is used."""
    layers = list(root.named_modules())
    inside = tuple(f"{name}." for name, layer in layers if isinstance(layer, nn.MultiheadAttention))
    for name, layer in layers:
        if name and isinstance(layer, _MASKABLE) and not name.startswith(inside):
            yield name, layer


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


def order_at(slots: Sequence[Slot], options: NativeOptions, amount: Amount) -> Order:
    """What the library is asked at one amount: layers with an amount of their own leave the pool."""
    own = dict(options.overrides)
    if options.scope is WeightScope.LAYER:
        return Order((), 0, tuple((slot, own.get(slot.layer, amount)) for slot in slots))
    pool = tuple(slot for slot in slots if slot.layer not in own)
    return Order(pool, amount, tuple((slot, own[slot.layer]) for slot in slots if slot.layer in own))
