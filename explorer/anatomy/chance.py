"""Chance taken out of a forward pass: two variants of a network draw random numbers of different shapes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_DROPOUTS = (
    functional.dropout,
    functional.dropout1d,
    functional.dropout2d,
    functional.dropout3d,
    functional.alpha_dropout,
    functional.feature_alpha_dropout,
    torch.dropout,
    torch.feature_dropout,
    torch.alpha_dropout,
)


class NoChance(TorchFunctionMode):
    """Dropout passes everything on, and numbers that are drawn are all alike: half of a range, or one deviation up."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _DROPOUTS:
            return args[0] if args else kwargs["input"]
        found = func(*args, **kwargs)
        settle = _DRAWS.get(getattr(func, "__name__", ""))
        return settle(found, args, kwargs) if settle and isinstance(found, Tensor) else found


def _uniform(found: Tensor, args: Any, kwargs: Any) -> Tensor:
    low, high = args[1:3] if len(args) > 2 else (kwargs.get("from", 0.0), kwargs.get("to", 1.0))
    return found.fill_((low + high) / 2)


def _half(found: Tensor, args: Any, kwargs: Any) -> Tensor:
    return found.fill_(0.5)


def _one(found: Tensor, args: Any, kwargs: Any) -> Tensor:
    return found.fill_(1.0)


def _normal(found: Tensor, args: Any, kwargs: Any) -> Tensor:
    """``torch.normal(mean, std)``: what is drawn may depend on tensors, so it is worked out."""
    mean, std = (args[0] if args else kwargs["mean"]), (args[1] if len(args) > 1 else kwargs.get("std", 1.0))
    return (torch.zeros_like(found) + mean) + std


def _likely(found: Tensor, args: Any, kwargs: Any) -> Tensor:
    """``torch.bernoulli(probabilities)``: whatever is likelier."""
    return (args[0] > 0.5).to(found.dtype)


_DRAWS: Mapping[str, Callable[[Tensor, Any, Any], Tensor]] = {
    "rand": _half,
    "rand_like": _half,
    "randn": _one,
    "randn_like": _one,
    "normal": _normal,
    "normal_": _one,
    "uniform_": _uniform,
    "exponential_": _one,
    "bernoulli": _likely,
    "bernoulli_": _one,
}


@contextmanager
def same_draws(seed: int = 0) -> Iterator[None]:
    """Let torch, numpy and Python draw from one seed, and nobody else's random numbers change."""
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    kept = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=devices):
        _seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(kept[0])
            np.random.set_state(kept[1])


def _seed(seed: int) -> None:
    """As `torch.manual_seed` does; without CUDA in use that notes where it was called from, for when it will be."""
    torch.manual_seed(seed) if torch.cuda.is_initialized() else torch.default_generator.manual_seed(seed)
