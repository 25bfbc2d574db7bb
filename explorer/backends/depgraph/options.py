"""What a person may ask of the DepGraph backend, and the sentences for what nobody can mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from numbers import Real
from typing import Any

from torch import nn

from explorer.anatomy.network import Network, expect_network
from explorer.backends.base import check_ratio
from explorer.values import Criterion, Normalizer, PruningOptions, Reduction, Scope
from explorer.values.errors import PruningError, UnknownNameError


def parse_options(
    criterion: str = "l2",
    scope: str = "local",
    round_to: int | None = None,
    keep: object = (),
    *,
    reduction: str = "mean",
    normalizer: str = "mean",
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    max_ratio: float = 1.0,
    steps: int = 1,
    **unknown: object,
) -> PruningOptions:
    """Options from loose words, as the notebook API takes them.

    Args:
        criterion: a `schema.Criterion`.
        scope: a `schema.Scope`.
        round_to: widths that stay are rounded down to a multiple of it.
        keep: layers, or blocks of layers, whose outputs stay.
        reduction: a `schema.Reduction`, how scores of a group's layers become one.
        normalizer: a `schema.Normalizer`, what a group's scores are divided by.
        seed: of random importance.
        overrides: layer -> ratio of the group that its outputs are in.
        max_ratio: share of its channels that a group loses at most, in (0, 1].
        steps: of iterative pruning.

    Raises:
        UnknownNameError: for an option or a word that does not exist.
    """
    for name in unknown:
        known = ", ".join(field.name for field in fields(PruningOptions))
        raise UnknownNameError(f"Unknown option {name!r} of DepGraph. Known: {known}.")
    return PruningOptions(
        _member(Criterion, criterion),
        _member(Scope, scope),
        round_to,
        _names(keep),
        _member(Reduction, reduction),
        _member(Normalizer, normalizer),
        seed,
        tuple((overrides or {}).items()),
        max_ratio,
        steps,
    )


def check_options(net: Network, options: PruningOptions) -> None:
    """Refuse what is no network, numbers out of their range, and layers that do not exist."""
    expect_network(net)
    if options.round_to is not None:
        _check_count("round_to", options.round_to, 1, "8 is a usual choice")
    _check_count("steps", options.steps, 1, "1 prunes at once")
    _check_count("seed", options.seed, 0, "Any will do, such as 0")
    largest = options.max_ratio
    if not isinstance(largest, Real) or isinstance(largest, bool) or not 0 < float(largest) <= 1:
        raise PruningError(
            f"max_ratio must be a fraction in (0, 1], got {largest!r}. 1 leaves every group to the ratio."
        )
    modules = dict(net.module.named_modules())
    for name in (*options.keep, *(name for name, _ in options.overrides)):
        if not name or name not in modules:
            purpose = "to keep" if name in options.keep else "to give a ratio of its own"
            raise UnknownNameError(
                f"Network '{net.name}' has no layer {name!r} {purpose}. Its layers: {_some(modules)}."
            )
    for _, ratio in options.overrides:
        check_ratio(ratio)


def _check_count(name: str, value: object, least: int, advice: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise PruningError(f"{name} must be a whole number of at least {least}, got {value!r}. {advice}.")


def kept_layers(net: Network, keep: Sequence[str]) -> tuple[str, ...]:
    """Every layer that is kept: keeping a block keeps all that is in it."""
    modules = dict(net.module.named_modules())
    return tuple(f"{name}.{inner}".rstrip(".") for name in keep for inner, _ in modules[name].named_modules())


def _member(kind: type[Any], word: object) -> Any:
    try:
        return kind(word)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise UnknownNameError(f"Unknown {kind.__name__.lower()} {word!r}. Known: {known}.") from None


def _names(keep: object) -> tuple[str, ...]:
    if keep is None:
        return ()
    return (keep,) if isinstance(keep, str) else tuple(keep)  # type: ignore[arg-type]


def _some(modules: dict[str, nn.Module], most: int = 300) -> str:
    known = ", ".join(
        name for name, module in modules.items() if name and next(module.children(), None) is None
    )
    return known if len(known) <= most else f"{known[:most].rpartition(', ')[0]} …"
