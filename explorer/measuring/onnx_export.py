"""A network as an ONNX file that takes any batch, where it can, and is held against torch in ONNX Runtime."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from explorer.anatomy.flops import fused_attention_off
from explorer.anatomy.inputs import Example, arguments, lead, tensors_in
from explorer.measuring.exporters import (
    BATCHES,
    ExportedFile,
    any_batch,
    first_made,
    flat,
    hold,
    of_batch,
    quiet,
)
from explorer.measuring.onnx_runtime import answers_of, input_names

NOT_INSTALLED = (
    "Written by torch's older exporter, since onnxscript is not installed, which the present one needs."
)


def exported(module: nn.Module, example: Example) -> ExportedFile:
    """Export by torch's present exporter, else by its older one; else for the example's own batch only.

    Args:
        module: in eval mode; left as it is.
        example: one input that it accepts.

    Raises:
        NetworkError: with the first reason, if no exporter makes a file that answers as torch does.
    """
    content, note = first_made(_ways(flat(module, example), example))
    return ExportedFile(content, note, input_names(content))


def _ways(module: nn.Module, example: Example) -> Iterator[tuple[Callable[[], bytes], str]]:
    batches, batch = [of_batch(example, size) for size in BATCHES], lead(example)
    told = NOT_INSTALLED
    if find_spec("onnxscript"):
        yield lambda: _checked(module, _present(module, of_batch(example, 2)), batches), ""
        told = "Written by torch's older exporter: the present one's file did not pass its check."
    yield lambda: _checked(module, _older(module, example, True), batches), told
    told = f"It takes a batch of {batch} only: the network's forward pass is written for the batch that it was shown."
    yield lambda: _checked(module, _older(module, example, False), [example]), told


def _present(module: nn.Module, example: Example) -> bytes:
    """By torch.export."""
    given, named = arguments(example)
    with quiet("torch's exporter"):
        program: Any = torch.onnx.export(
            module,
            given,
            kwargs=dict(named) or None,
            dynamic_shapes=any_batch(example),
            dynamo=True,
            verbose=False,
        )
        return bytes(program.model_proto.SerializeToString())


def _older(module: nn.Module, example: Example, dynamic: bool) -> bytes:
    """By tracing."""
    file, (given, named) = io.BytesIO(), arguments(example)
    tensors = list(tensors_in(example))
    names = [f"input{number}" for number in range(len(tensors))]
    axes = {name: {0: "batch"} for name, one in zip(names, tensors, strict=True) if one.dim()}
    with quiet("torch's older exporter"), torch.no_grad(), fused_attention_off():
        torch.onnx.export(
            module,
            given,
            file,  # type: ignore[arg-type]  # an open file serves, too
            kwargs=dict(named) or None,
            input_names=names,
            output_names=["output"],
            dynamic_axes=axes | {"output": {0: "batch"}} if dynamic else None,
            dynamo=False,
        )
    return file.getvalue()


def _checked(module: nn.Module, content: bytes, examples: list[Example]) -> bytes:
    """The file, if ONNX Runtime answers every example as torch does."""
    told = "ONNX Runtime's answer to a batch of {} differs from torch's"
    hold(module, lambda example: answers_of(content, example)[0], examples, told)
    return content
