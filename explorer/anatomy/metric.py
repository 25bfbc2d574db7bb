"""A metric of one's own: a function of the network that returns a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from explorer.values.errors import NetworkError
from explorer.values.loose import shown


@dataclass(frozen=True)
class Metric:
    """What a person judges a network by.

    Attributes:
        function: takes the network, in eval mode and without gradients, and returns a number.
        name: what it is called everywhere, e.g. "F1".
        higher_is_better: False for an error.
    """

    function: Callable[[nn.Module], Any]
    name: str
    higher_is_better: bool = True


def metric_of(given: object, name: str) -> Metric:
    """A metric from whatever names one.

    Args:
        given: a `Metric`; a function, called as it is called in code, of which more is better unless its attribute
            ``higher_is_better`` says otherwise; or (function, name) or (function, name, whether more is better).
        name: of the network.

    Raises:
        NetworkError: if it is something else.
    """
    parts = given if isinstance(given, tuple) else (given,)
    if isinstance(given, Metric):
        parts = (given.function, given.name, given.higher_is_better)
    function, *rest = parts or (None,)
    if not callable(function) or isinstance(function, nn.Module) or len(rest) > 2:
        raise NetworkError(
            f"Argument `metric` of network '{name}' must be a function of the network, got {shown(given)}. Pass e.g. "
            "metric=score, or metric=(score, 'F1', True), where True says that more is better."
        )
    called = rest[0] if rest else getattr(function, "__name__", "metric").replace("_", " ")
    better = rest[1] if len(rest) > 1 else getattr(function, "higher_is_better", True)
    if not isinstance(called, str) or not called or not isinstance(better, bool):
        raise NetworkError(
            f"Argument `metric` of network '{name}' must be (function, name, whether more is better), got a name "
            f"{shown(called)} and {shown(better)}. Pass e.g. (score, 'F1', True)."
        )
    return Metric(function, called, better)
