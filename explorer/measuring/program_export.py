"""A network as a program of torch.export, run and held against the network before it is saved. None is ever read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from explorer.anatomy.inputs import Example, answer, lead, mapped
from explorer.measuring.onnx_export import BATCHES, ExportedFile, first_axis, of_batch, own_answer, quiet
from explorer.measuring.onnx_runtime import TOLERANCE
from explorer.values.errors import NetworkError, cause_of

WHO = "torch.export"


def exported_program(module: nn.Module, example: Example) -> ExportedFile:
    """Export for any batch, else for the example's own only.

    Args:
        module: in eval mode; left as it is.
        example: one input that it accepts.

    Raises:
        NetworkError: with the first reason, if no program answers as the network does.
    """
    first = ""
    for given, dynamic, shown, note in _ways(example):
        try:
            return ExportedFile(_saved(_checked(module, _program(module, given, dynamic), shown)), note)
        except NetworkError as error:
            first = first or str(error)
    raise NetworkError(first)


def _ways(example: Example) -> Iterator[tuple[Example, bool, list[Example], str]]:
    yield of_batch(example, 2), True, [of_batch(example, size) for size in BATCHES], ""
    yield example, False, [example], f"It takes a batch of {lead(example)} only."


def _program(module: nn.Module, example: Example, dynamic: bool) -> Any:
    named = isinstance(example, dict)
    size, batch = lead(example), torch.export.Dim("batch")
    shapes = mapped(example, lambda tensor: first_axis(tensor, size, batch)) if dynamic else None
    several = named or isinstance(example, tuple)
    with quiet(WHO), torch.no_grad():
        return torch.export.export(
            module,
            () if named else example if several else (example,),
            example if named else None,
            dynamic_shapes=shapes if several or shapes is None else (shapes,),
        )


def _checked(module: nn.Module, program: Any, examples: list[Example]) -> Any:
    """The program, if it answers every example as the network does."""
    runs = program.module()
    for example in examples:
        expected = own_answer(module, example)
        try:
            found = answer(runs, example)[0]
        except Exception as error:  # of whatever the program holds
            raise NetworkError(
                f"The exported program cannot run a batch of {lead(example)}: {cause_of(error)}."
            ) from error
        apart = float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-12))
        if found.shape != expected.shape or not apart <= TOLERANCE:
            raise NetworkError(
                f"The exported program's answer to a batch of {lead(example)} differs by {apart:.1e} of the largest "
                "output."
            )
    return program


def _saved(program: Any) -> bytes:
    program.example_inputs = None  # torch would pickle them
    file = io.BytesIO()
    with quiet(WHO):
        torch.export.save(program, file)
    return file.getvalue()
