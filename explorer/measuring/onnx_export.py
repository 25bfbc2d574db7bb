"""A network as an ONNX file that takes any batch, where it can, and is held against torch in ONNX Runtime."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, answer, lead, mapped, rows, stacked, tensors_in
from explorer.measuring.onnx_runtime import TOLERANCE, answers_of, input_names
from explorer.values.errors import NetworkError, cause_of

BATCHES = (1, 3)  # that an answer is held against torch's at; another than the exporter has seen
NOT_INSTALLED = (
    "Written by torch's older exporter, since onnxscript is not installed, which the present one needs."
)


@dataclass(frozen=True)
class ExportedFile:
    """An exported network, in whichever format."""

    content: bytes
    note: str = ""  # what a person should know of it
    inputs: tuple[str, ...] = ()  # what an ONNX file calls them


def exported(module: nn.Module, example: Example) -> ExportedFile:
    """Export by torch's present exporter, else by its older one; else for the example's own batch only.

    Args:
        module: in eval mode; left as it is.
        example: one input that it accepts.

    Raises:
        NetworkError: with the first reason, if no exporter makes a file that answers as torch does.
    """
    first = ""
    for make, note in _ways(module, example):
        try:
            content = make()
            return ExportedFile(content, note, input_names(content))
        except NetworkError as error:
            first = first or str(error)
    raise NetworkError(first)


def _ways(module: nn.Module, example: Example) -> Iterator[tuple[Callable[[], bytes], str]]:
    any_batch, alone = [of_batch(example, size) for size in BATCHES], [example]
    if find_spec("onnxscript"):
        yield lambda: _checked(module, _present(module, of_batch(example, 2)), any_batch), ""
    else:
        yield lambda: _checked(module, _older(module, example, True), any_batch), NOT_INSTALLED
    if find_spec("onnxscript"):
        told = "Written by torch's older exporter: the present one's file did not pass its check."
        yield lambda: _checked(module, _older(module, example, True), any_batch), told
    batch = lead(example)
    told = f"It takes a batch of {batch} only: the network's forward pass is written for the batch that it was shown."
    yield lambda: _checked(module, _older(module, example, False), alone), told


def of_batch(example: Example, size: int) -> Example:
    """The same input so many times over; itself where it is a batch already."""
    return stacked([rows(example, 0, 1)] * size)


def _present(module: nn.Module, example: Example) -> bytes:
    """By torch.export."""
    size, batch = lead(example), torch.export.Dim("batch")
    shapes = mapped(example, lambda tensor: first_axis(tensor, size, batch))
    named = isinstance(example, dict)
    with quiet("torch's exporter"):
        program: Any = torch.onnx.export(
            module,
            () if named else example if isinstance(example, tuple) else (example,),
            kwargs=example if named else None,
            dynamic_shapes=shapes if named or isinstance(example, tuple) else (shapes,),
            dynamo=True,
            verbose=False,
        )
        return bytes(program.model_proto.SerializeToString())


def first_axis(tensor: Tensor, size: int, batch: Any) -> Any:
    return {0: batch} if tensor.dim() and len(tensor) == size else None


def _older(module: nn.Module, example: Example, dynamic: bool) -> bytes:
    """By tracing."""
    file, named = io.BytesIO(), isinstance(example, dict)
    tensors = list(tensors_in(example))
    names = [f"input{number}" for number in range(len(tensors))]
    axes = {name: {0: "batch"} for name, one in zip(names, tensors, strict=True) if one.dim()}
    with quiet("torch's older exporter"), torch.no_grad(), _plain_attention():
        torch.onnx.export(
            module,
            () if named else example if isinstance(example, tuple) else (example,),
            file,  # type: ignore[arg-type]  # an open file serves, too
            kwargs=example if named else None,
            input_names=names,
            output_names=["output"],
            dynamic_axes=axes | {"output": {0: "batch"}} if dynamic else None,
            dynamo=False,
        )
    return file.getvalue()


def _checked(module: nn.Module, content: bytes, examples: list[Example]) -> bytes:
    """The file, if ONNX Runtime answers every example as torch does."""
    for example in examples:
        expected, found = own_answer(module, example), answers_of(content, example)[0]
        apart = float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-12))
        if found.shape != expected.shape or not apart <= TOLERANCE:
            raise NetworkError(
                f"ONNX Runtime's answer to a batch of {lead(example)} differs from torch's by {apart:.1e} of the "
                "largest output."
            )
    return content


def own_answer(module: nn.Module, example: Example) -> Tensor:
    """What the network itself answers."""
    try:
        return answer(module, example)[0]
    except Exception as error:  # its own error is told
        raise NetworkError(
            f"The network cannot run a batch of {lead(example)}: {cause_of(error)}."
        ) from error


@contextmanager
def _plain_attention() -> Iterator[None]:
    """The fused kernel of torch's attention has no counterpart that the older exporter knows."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


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
        raise NetworkError(
            f"{who[0].upper()}{who[1:]} cannot export this network: {cause_of(error)}."
        ) from error
    finally:
        logger.setLevel(level)
