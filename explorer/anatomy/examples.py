"""One input as a network runs it, of what somebody gave as an example."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, answer, call, cast, described, mapped, rows, tensors_in
from explorer.anatomy.raising import place_of
from explorer.values.errors import NetworkError, cause_of

SAME = 1e-3  # relative: two rows of an answer that were worked out in batches of different size


def check_example(example: object, name: str) -> Example:
    """The same with tensors in the place of arrays; refused if it cannot be a batch."""
    try:
        found = mapped(example, lambda tensor: tensor.clone() if tensor.is_inference() else tensor)
    except TypeError as error:
        raise NetworkError(
            f"The example input of '{name}' holds an array of no numbers. Pass numbers."
        ) from error
    tensors = list(tensors_in(found))
    lone = isinstance(found, Tensor) and found.dim() < (2 if found.is_floating_point() else 1)
    if any(tensor.is_meta for tensor in tensors):
        raise NetworkError(
            f"The example input of '{name}' is on the meta device and holds no values. Pass real ones."
        )
    if tensors and not any(map(torch.numel, tensors)):
        raise NetworkError(
            f"The example input of '{name}' holds nothing: its shape is {described(found)}. Pass one row at least."
        )
    if tensors and not lone:
        return found
    got = f"a tensor of shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(example).__name__
    raise NetworkError(
        f"The example input of '{name}' must be one tensor with a batch axis, got {got}. Pass e.g. "
        f"torch.randn({_sizes(example)}); several go into a tuple (positional arguments) or a dict (keyword arguments)."
    )


def _sizes(example: object) -> str:
    """A shape to show as an example: the one that somebody gave in the place of a tensor, if it is one."""
    if isinstance(example, (tuple, list)) and example and all(isinstance(size, int) for size in example):
        return ", ".join(map(str, example))
    return "1, 3, 224, 224"


def understood(module: nn.Module, example: Example, name: str) -> Example:
    """The example in the form in which the network runs it.

    Raises:
        NetworkError: with the network's own error, if it runs it in none.
    """
    for meant in _meanings(module, example):
        try:
            with torch.no_grad():
                call(module, meant)
        except Exception:  # the first form's own error is told below
            continue
        return meant
    check_forward(module, example, name)
    return example  # a network that only failed at first


def _meanings(module: nn.Module, example: Example) -> Iterator[Example]:
    yield example
    if isinstance(example, (tuple, dict)):
        yield (example,)  # the network takes the whole of it as one argument
    weight = next((p for p in module.parameters() if p.is_floating_point()), None)
    wide = [t for t in tensors_in(example) if t.dtype is torch.float64]
    if weight is not None and wide and weight.dtype is not torch.float64:
        yield cast(example, weight.dtype)  # numpy's numbers are double unless told otherwise


def one_input(module: nn.Module, example: Example) -> Example:
    """The first input of a batch, where the network answers it as it does in the batch; else all of it.

    Costs are those of one input. A network that is bound to its batch, or mixes what is in it, keeps it.
    """
    first = next(tensors_in(example))
    for dim, size in enumerate(first.shape[:2]):  # time comes first in some networks
        if size == 1:
            break
        if _answered_alone(module, example, size, dim):
            return rows(example, 0, 1, dim)
    return example


def _answered_alone(module: nn.Module, example: Example, size: int, dim: int) -> bool:
    """Whether the first and the last row alone are answered as they are in the batch."""
    try:
        with torch.random.fork_rng(devices=[]):
            whole = answer(module, example)
            alone = {at: answer(module, rows(example, at, at + 1, dim)) for at in (0, size - 1)}
    except Exception:  # whatever it raises: it does not take single rows
        return False
    return bool(whole) and all(
        len(ones) == len(whole) and all(_is_row(w, one, at) for w, one in zip(whole, ones, strict=True))
        for at, ones in alone.items()
    )


def _is_row(whole: Tensor, one: Tensor, at: int) -> bool:
    """Whether an answer to one row is that row of the answer to all: along its first axis or its second."""
    axes = [dim for dim in range(min(2, whole.dim())) if whole.shape[dim] > at]
    known = whole.double()[torch.isfinite(whole)]
    near = SAME * float(known.abs().max()) if known.numel() else 0.0
    found = (whole.narrow(dim, at, 1).double() for dim in axes)
    return any(
        row.shape == one.shape and torch.allclose(row, one.double(), SAME, near, equal_nan=True)
        for row in found
    )


def check_forward(module: nn.Module, example_input: Example, name: str) -> None:
    """Run the forward pass once, so that its real error is told and not a tracer's."""
    try:
        with torch.no_grad():
            call(module, example_input)
    except Exception as error:
        raise NetworkError(
            f"Network '{name}' cannot run an input of shape {described(example_input)}: {cause_of(error)}. "
            f"{_advice(module, example_input, error)}"
        ) from error


def _advice(module: nn.Module, example: Example, error: Exception) -> str:
    """What to pass instead."""
    path = place_of(error, module)
    layer = dict(module.named_modules()).get(path.strip("'"))
    if isinstance(layer, nn.Embedding):
        return f"Layer {path} takes ids: whole numbers from 0 to {layer.num_embeddings - 1}."
    weight = next((p for p in module.parameters() if p.is_floating_point()), None)
    first = next(tensors_in(example))
    if weight is None or first.dtype is weight.dtype:
        return "Give an example input that its forward pass accepts."
    return (
        f"Give an example input that its forward pass accepts: it holds {_word(first.dtype)} and the weights are "
        f"{_word(weight.dtype)}."
    )


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
