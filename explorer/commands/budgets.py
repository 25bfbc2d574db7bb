"""Budgets on the command line: what is left, as a share of the dense network or in its own unit. Knows no torch."""

from __future__ import annotations

import re
from argparse import Namespace

from explorer.values import Budget
from explorer.values.errors import PruningError

BUDGETS = {  # flag -> what it limits
    "macs": "MACs",
    "effective_macs": "MACs whose weight is not zero",
    "params": "parameters",
    "nonzero": "parameters that are not zero",
    "bytes": "bytes of all tensors",
}
_KINDS = {
    "macs": Budget.MACS,
    "effective_macs": Budget.EFFECTIVE_MACS,
    "params": Budget.PARAMS,
    "nonzero": Budget.NONZERO,
    "bytes": Budget.BYTES,
}
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_NUMBER = re.compile(r"\s*([0-9][0-9_,]*\.?[0-9]*)\s*([kmg]i?)?(b)?\s*", re.IGNORECASE)


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
    share = _percent(budget, text) if text.strip().endswith("%") else _number(budget, text) / dense
    if not 0 < share <= 1:
        raise PruningError(
            f"A budget must be above nothing and at most the dense network's {dense:,} {budget}, got {text}. Try 50%."
        )
    return share


def _percent(budget: Budget, text: str) -> float:
    try:
        return float(text.strip().removesuffix("%")) / 100
    except ValueError:
        raise _refused(budget, text) from None


def _number(budget: Budget, text: str) -> float:
    found = _NUMBER.fullmatch(text)
    if found is None or (found[3] and budget is not Budget.BYTES):
        raise _refused(budget, text)
    number = float(found[1].replace("_", "").replace(",", "")) * _UNITS[(found[2] or "").lower()]
    if number < 1:
        raise _refused(budget, text)
    return number


def _refused(budget: Budget, text: str) -> PruningError:
    unit = "8MB" if budget is Budget.BYTES else "150M"
    return PruningError(
        f"A budget of {budget} must be a share of the dense network such as 50%, or a number such as {unit}, got "
        f"{text!r}. Write one of these."
    )
