"""What a person may ask of the DepGraph backend, and the sentences for what nobody can mean."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from torch import nn

from explorer.errors import PruningError, UnknownNameError
from explorer.network import Network, expect_network
from explorer.schema import Criterion, PruningOptions, Scope


def parse_options(
    criterion: str = "l2",
    scope: str = "local",
    round_to: int | None = None,
    keep: object = (),
    **unknown: object,
) -> PruningOptions:
    """Options from loose words, as the notebook API takes them.

    Raises:
        UnknownNameError: for an option or a word that does not exist.
    """
    for name in unknown:
        raise UnknownNameError(
            f"Unknown option {name!r} of DepGraph. Known: criterion, scope, round_to, keep."
        )
    return PruningOptions(_member(Criterion, criterion), _member(Scope, scope), round_to, _names(keep))


def check_options(net: Network, options: PruningOptions) -> None:
    """Refuse what is no network, a rounding that is no positive whole number, and layers that do not exist."""
    expect_network(net)
    rounding = options.round_to
    if rounding is not None and (not isinstance(rounding, int) or isinstance(rounding, bool) or rounding < 1):
        raise PruningError(
            f"round_to must be a whole number of at least 1, got {rounding!r}. 8 is a usual choice."
        )
    modules = dict(net.module.named_modules())
    for name in options.keep:
        if not name or name not in modules:
            raise UnknownNameError(
                f"Network '{net.name}' has no layer {name!r} to keep. Its layers: {_some(modules)}."
            )


def kept_layers(net: Network, keep: Sequence[str]) -> tuple[str, ...]:
    """Every layer that is kept: keeping a block keeps all that is in it."""
    modules = dict(net.module.named_modules())
    return tuple(f"{name}.{inner}".rstrip(".") for name in keep for inner, _ in modules[name].named_modules())


def check_ratio(ratio: float) -> float:
    """The ratio itself, if it is a fraction in [0, 1)."""
    if not isinstance(ratio, Real) or isinstance(ratio, bool) or not 0 <= float(ratio) < 1:
        raise PruningError(
            f"Pruning ratio must be a fraction in [0, 1), got {ratio!r}. Half of the channels is 0.5."
        )
    return float(ratio)


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
