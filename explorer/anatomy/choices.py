"""Choices along an axis, which autograd does not record: which value is the largest, or whether all are positive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

_PLACE = {  # operation -> where its axis stands among the arguments
    **dict.fromkeys(("all", "any", "argmax", "argmin", "count_nonzero", "max", "min", "median", "sum"), 1),
    **dict.fromkeys(("mode", "sort", "argsort"), 1),
    **dict.fromkeys(("topk", "kthvalue"), 2),
}
_LAST = {"mode", "sort", "argsort", "topk", "kthvalue"}  # without an axis they take the last, the others all


def chosen_among(packet: Any, args: Sequence[Any], named: Mapping[str, Any]) -> set[int]:
    """Among how many values an operation chooses; nothing for one that does not, or that takes all of a tensor.

    Args:
        packet: an operation of ``torch.ops.aten``.
        args: what it is called with.
        named: the same by keyword.
    """
    name = packet.__name__
    at = _PLACE.get(name)
    if at is None or not args or not isinstance(args[0], Tensor) or not args[0].dim():
        return set()
    if name == "sum" and args[0].dtype != torch.bool:
        return set()
    axes = named.get("dim", args[at] if len(args) > at else -1 if name in _LAST else None)
    axes = [axes] if isinstance(axes, int) else axes if isinstance(axes, (list, tuple)) else []
    return {args[0].shape[axis] for axis in axes}
