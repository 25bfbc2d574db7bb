"""An example input for a network of one's own: as it was given, as the network tells, or as its first layer hints."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from explorer.anatomy.copies import sharing
from explorer.anatomy.inputs import Example, as_weights, call
from explorer.sources.own import code
from explorer.values.errors import NetworkError

_SIZES = re.compile(r"[1-9]\d*(,[1-9]\d*)*")
_GUESSED = (224, 32, 28, 64)  # pixels a side, tried in turn
_GUESSED_OF_VOLUMES = (32, 64, 112)
_TOKENS = 16
MOST = 10**9  # numbers of an input that are drawn


def given(text: str, module: nn.Module) -> Example:
    """What ``--input`` says: sizes, filled with random numbers that repeat, or a function that returns the example.

    Raises:
        NetworkError: if it is neither, or the function fails.
    """
    if _SIZES.fullmatch(text.replace(" ", "")):
        sizes = [int(size) for size in text.split(",")]
        if (count := math.prod(sizes)) > MOST:
            raise NetworkError(
                f"--input {text} is {count:.0e} numbers, and {MOST:.0e} are drawn at most. Give the sizes of one input."
            )
        return _filled(sizes, module)
    if ":" not in text:
        raise NetworkError(
            f"--input must be sizes from 1 or a function, got '{text}'. Write e.g. 1,3,224,224, "
            "package.module:function or ./file.py:function."
        )
    return code.made(text, f"--input {text}")


def guessed(module: nn.Module) -> Example | None:
    """An input that the network runs, from what it tells of itself or from its first layer; None if none does."""
    return next((example for example in _guesses(module) if _runs(module, example)), None)


def _filled(sizes: list[int], module: nn.Module) -> Example:
    """Fractions; ids where only those run."""
    fractions = as_weights(module, torch.randn(*sizes, generator=_repeating()))
    embedding = next((one for one in module.modules() if isinstance(one, nn.Embedding)), None)
    if embedding is None or _runs(module, fractions):
        return fractions
    return _ids(sizes, embedding)


def _ids(sizes: list[int], embedding: nn.Embedding) -> Example:
    return torch.randint(embedding.num_embeddings, sizes, generator=_repeating())


def _repeating() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _guesses(module: nn.Module) -> Iterator[Example]:
    told: Any = getattr(module, "example_input_array", None)  # Lightning's name for it
    if told is not None:
        yield told
    for layer in module.modules():
        shapes = list(_shapes(layer))
        for one in shapes:
            yield as_weights(module, torch.randn(*one, generator=_repeating()))
        if isinstance(layer, nn.Embedding):
            yield _ids([1, _TOKENS], layer)
        if shapes or isinstance(layer, nn.Embedding):
            return  # the first layer that says anything


def _shapes(layer: nn.Module) -> Iterator[tuple[int, ...]]:
    if isinstance(layer, nn.Linear):
        yield (1, layer.in_features)
    for dims, kind in enumerate((nn.Conv1d, nn.Conv2d, nn.Conv3d), 1):
        if isinstance(layer, kind):
            sides = _GUESSED if dims < 3 else _GUESSED_OF_VOLUMES
            yield from ((1, layer.in_channels, *[side] * dims) for side in sides)


def _runs(module: nn.Module, example: Example) -> bool:
    try:
        with torch.no_grad():
            call(sharing(module), example)
    except Exception:  # whatever a stranger's network raises: this is no input of it
        return False
    return True
