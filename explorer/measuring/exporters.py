"""What torch's exporters have in common: what they are given, how they fail, and what their file is held to."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

import torch
from torch import Tensor, nn

from explorer.anatomy.copies import sharing
from explorer.anatomy.inputs import Example, answer, call, lead, mapped, rows, stacked, tensors_in
from explorer.measuring.onnx_runtime import TOLERANCE
from explorer.values.errors import NetworkError, cause_of

BATCHES = (1, 3)  # that an answer is held against torch's at; another than the exporter has seen


@dataclass(frozen=True)
class ExportedFile:
    """An exported network, in whichever format."""

    content: bytes
    note: str = ""  # what a person should know of it
    inputs: tuple[str, ...] = ()  # what an ONNX file calls them


def first_made(ways: Iterable[tuple[Callable[[], bytes], str]]) -> tuple[bytes, str]:
    """What the first way that works makes, and the note beside it.

    Raises:
        NetworkError: with the first reason, if none works.
    """
    first = ""
    for make, note in ways:
        try:
            return make(), note
        except NetworkError as error:
            first = first or str(error)
    raise NetworkError(first)


def of_batch(example: Example, size: int) -> Example:
    """The same input so many times over; itself where it is a batch already."""
    return stacked([rows(example, 0, 1)] * size)


def any_batch(example: Example) -> Any:
    """The shapes for torch.export, whose batch may be of any size."""
    size, batch = lead(example), torch.export.Dim("batch")

    def axes(tensor: Tensor) -> Any:
        return {0: batch} if tensor.dim() and len(tensor) == size else None

    found = mapped(example, axes)
    return found if isinstance(example, (dict, tuple)) else (found,)


def hold(module: nn.Module, answers: Callable[[Example], Tensor], examples: list[Example], told: str) -> None:
    """Refuse an export that answers otherwise than the network.

    Args:
        module: the network.
        answers: what was exported.
        examples: what both are given.
        told: that they differ, with a place for the batch.

    Raises:
        NetworkError: if they do.
    """
    for example in examples:
        expected = own_answer(module, example)
        if far := _apart(answers(example), expected):
            raise NetworkError(f"{told.format(lead(example))} {far}.")


def own_answer(module: nn.Module, example: Example) -> Tensor:
    """What the network itself answers."""
    try:
        return answer(module, example)[0]
    except Exception as error:  # its own error is told
        raise NetworkError(
            f"The network cannot run a batch of {lead(example)}: {cause_of(error)}."
        ) from error


def _apart(found: Tensor, expected: Tensor) -> str:
    """How far an answer is from the network's own, as part of a sentence; "" where it is the same."""
    far = float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-12))
    return "" if found.shape == expected.shape and far <= TOLERANCE else f"by {far:.1e} of the largest output"


def flat(module: nn.Module, example: Example) -> nn.Module:
    """The network, or one like it that answers with its tensors alone where exporters do not know what holds them."""
    with torch.no_grad():
        if _is_known(call(module, example)):
            return module
    alike: Any = sharing(module)
    whole = alike.forward
    alike.forward = wraps(whole)(lambda *given, **named: tuple(tensors_in(whole(*given, **named))))
    return cast(nn.Module, alike)


def _is_known(answer: object) -> bool:
    """Whether it is tensors, in tuples, lists and mappings at most; named tuples cannot be saved."""
    if isinstance(answer, Mapping):
        return all(map(_is_known, answer.values()))
    if type(answer) in (tuple, list):
        return all(map(_is_known, cast(Iterable[object], answer)))
    return answer is None or isinstance(answer, Tensor)


@contextmanager
def quiet(who: str) -> Iterator[None]:
    """Exporters warn, log whole graphs and raise whatever they like; the cause is told in one sentence."""
    logger, level = logging.getLogger("torch.onnx"), logging.getLogger("torch.onnx").level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        first: BaseException = error  # what wraps it only says where to look
        while first.__cause__:
            first = first.__cause__
        raise NetworkError(
            f"{who[0].upper()}{who[1:]} cannot export this network: {cause_of(first)}."
        ) from error
    finally:
        logger.setLevel(level)
