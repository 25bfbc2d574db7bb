"""What goes into a network and what comes out of it: tensors in any nesting.

A tensor or a list is one argument, a tuple holds positional arguments, a dict keyword arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

Example = Any  # a tensor, or tensors in tuples, lists and dicts


def call(module: nn.Module, example: Example) -> Any:
    """Run a network on one example as it is meant. The example stays as it is: some networks write into theirs."""
    return handed(module, apart(example))


def handed(module: nn.Module, example: Example) -> Any:
    """The same on the example's own tensors."""
    given, named = arguments(example)
    return module(*given, **named)


def arguments(example: Example) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Positional and keyword arguments of the call that an example means."""
    if isinstance(example, Mapping):
        return (), example
    # A named tuple, such as a packed sequence, is one argument.
    return example if type(example) is tuple else (example,), {}


@torch.no_grad()
def answer(module: nn.Module, example: Example) -> tuple[Tensor, ...]:
    """The network's outputs without gradients; nested ones are laid flat."""
    return tuple(tensors_in(call(module, example)))


def tensors_in(value: object) -> Iterator[Tensor]:
    """Every tensor of a nesting, in order: of tuples, lists, dicts, dataclasses and distributions."""
    yield from _tensors(value, set())


def _tensors(value: object, seen: set[int]) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif id(value) not in seen:
        inside = {*seen, id(value)}  # a nesting that holds itself ends here
        for part in _parts(value):
            yield from _tensors(part, inside)


def _parts(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (tuple, list)):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    # Whatever else a network hands out, such as a language model's cache, is no answer.
    return list(vars(value).values()) if isinstance(value, Distribution) else []


def mapped(example: Example, change: Callable[[Tensor], Tensor]) -> Example:
    """The same nesting with every tensor changed; arrays of numpy become tensors first."""
    if isinstance(example, np.ndarray):
        return change(torch.from_numpy(example))
    if isinstance(example, Tensor):
        return change(example)
    if isinstance(example, Mapping):
        return {name: mapped(part, change) for name, part in example.items()}
    if isinstance(example, tuple):
        parts = [mapped(part, change) for part in example]
        return type(example)(*parts) if hasattr(example, "_fields") else tuple(parts)
    return [mapped(part, change) for part in example] if isinstance(example, list) else example


def apart(example: Example) -> Example:
    """The same values in tensors of its own."""
    return mapped(example, Tensor.clone)


def cast(example: Example, dtype: torch.dtype) -> Example:
    """The same example with its fractions in another precision; whole numbers stay what they are."""
    return mapped(example, lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)


def as_weights(module: nn.Module, batch: Tensor) -> Tensor:
    """A copy of a batch where the network's weights are, fractions in their precision."""
    weight = next((p for p in module.parameters() if p.is_floating_point()), None)
    if weight is None:
        return batch
    dtype = weight.dtype if batch.is_floating_point() else batch.dtype
    return batch.to(weight.device, dtype, copy=True)


def lead(example: Example) -> int:
    """How many rows the first tensor has; 1 where there is none."""
    first = next((tensor for tensor in tensors_in(example) if tensor.dim()), None)
    return 1 if first is None else len(first)


def rows(example: Example, start: int, end: int, dim: int = 0) -> Example:
    """Some rows of every tensor that has as many along `dim` as the first; the others stay whole."""
    first = next(tensors_in(example))
    size = first.shape[dim]
    return mapped(
        example, lambda t: t.narrow(dim, start, end - start) if t.dim() > dim and t.shape[dim] == size else t
    )


def stacked(examples: list[Example]) -> Example:
    """Several examples of one nesting as one batch: every tensor with as many rows as the first is joined.

    Whether a network takes that is for the network to say.
    """
    size = lead(examples[0])
    others = [iter(list(tensors_in(example))) for example in examples]

    def joined(_: Tensor) -> Tensor:
        parts = [next(tensors) for tensors in others]
        return torch.cat(parts) if parts[0].dim() and len(parts[0]) == size else parts[0]

    return mapped(examples[0], joined)


def described(example: Example) -> str:
    """Sizes in words, e.g. "1×3×224×224" or "(1×16, 2×1×8)"."""
    if isinstance(example, Tensor):
        return "×".join(map(str, example.shape)) or "a number"
    if isinstance(example, Mapping):
        return "{" + ", ".join(f"{name}: {described(part)}" for name, part in example.items()) + "}"
    if isinstance(example, (tuple, list)):
        return "(" + ", ".join(map(described, example)) + ")"
    return type(example).__name__
