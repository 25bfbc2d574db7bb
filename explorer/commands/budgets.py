"""Budgets on the command line: what is left, as a share of the dense network or in its own unit. Knows no torch."""

from __future__ import annotations

import re
from argparse import Namespace

from explorer.values import Budget
from explorer.values.errors import PruningError

LATENCY = "latency"  # of one forward pass, which has to be measured
BUDGETS = {  # flag -> what it limits
    "macs": "MACs that are left",
    "effective_macs": "MACs left whose weight is not zero",
    "params": "parameters that are left",
    "nonzero": "parameters left that are not zero",
    "bytes": "bytes that are left of all tensors",
    LATENCY: "time of one forward pass, measured on this machine",
}
_KINDS = {one.figure: one for one in Budget if one is not Budget.RATIO}
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
_TIME = re.compile(r"\s*([0-9]+\.?[0-9]*)\s*(s|ms|us|µs)\s*")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_NUMBER = re.compile(r"\s*([0-9][0-9_,]*\.?[0-9]*)\s*([kmg]i?)?(b)?\s*", re.IGNORECASE)


def kind_of(name: str) -> str:
    """What `amount_of` is told that a budget limits, by its flag."""
    return _KINDS.get(name, LATENCY)


def budget_of(given: Namespace) -> tuple[Budget, str] | None:
    """The budget that a command was given, and how it was written; None where it has a ratio."""
    for name, budget in _KINDS.items():
        if (text := getattr(given, name)) is not None:
            return budget, str(text)
    return None


def share_of(budget: Budget, text: str, dense: int) -> float:
    """What share of the dense network a budget leaves.

    Args:
        budget: what is limited.
        text: a percentage such as "50%", or a number such as "150M" or "8MB", in powers of 1000 (MiB: of 1024).
        dense: the dense network's figure.

    Raises:
        PruningError: for what is neither, for nothing, and for more than there is.
    """
    share = amount_of(budget, text, dense) / dense
    if not 0 < share <= 1:
        raise PruningError(
            f"A budget must be above nothing and at most the dense network's {dense:,} {budget}, got {text}. Try 50%."
        )
    return share


def amount_of(what: str, text: str, dense: float) -> float:
    """What is written, in its own unit.

    Args:
        what: is limited, a `Budget` or `LATENCY`.
        text: a percentage, or a number with its unit such as "150M", "8MB" or "2ms".
        dense: of which a percentage is meant.

    Raises:
        PruningError: for what is neither a percentage nor a number with its unit.
    """
    if text.strip().endswith("%"):
        return percent(what, text) * dense
    found = (_TIME if what == LATENCY else _NUMBER).fullmatch(text)
    if found is None:
        raise _refused(what, text)
    if what == LATENCY:
        return float(found[1]) * _SECONDS[found[2]]
    number = float(found[1].replace("_", "").replace(",", "")) * _UNITS[(found[2] or "").lower()]
    if number < 1 or (found[3] and what != Budget.BYTES):
        raise _refused(what, text)
    return number


def percent(what: str, text: str) -> float:
    """A fraction, written as a percentage."""
    try:
        return float(text.strip().removesuffix("%")) / 100
    except ValueError:
        raise _refused(what, text) from None


def _refused(what: str, text: str) -> PruningError:
    examples = {Budget.BYTES: "a number such as 8MB", LATENCY: "a time such as 2ms"}
    return PruningError(
        f"A budget of {what} must be a share of the dense network such as 50%, or "
        f"{examples.get(what, 'a number such as 150M')}, got {text!r}. Write one of these."
    )
