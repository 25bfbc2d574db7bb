"""A network as a program of torch.export, run and held against the network before it is saved. None is ever read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, answer, arguments, lead
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
    return ExportedFile(*first_made(_ways(flat(module, example), example)))


def _ways(module: nn.Module, example: Example) -> Iterator[tuple[Callable[[], bytes], str]]:
    two, batches = of_batch(example, 2), [of_batch(example, size) for size in BATCHES]
    yield lambda: _saved(_checked(module, _program(module, two, any_batch(two)), batches)), ""
    told = f"It takes a batch of {lead(example)} only."
    yield lambda: _saved(_checked(module, _program(module, example, None), [example])), told


def _program(module: nn.Module, example: Example, shapes: Any) -> Any:
    given, named = arguments(example)
    with quiet(WHO), torch.no_grad():
        return torch.export.export(module, given, dict(named), dynamic_shapes=shapes)


def _checked(module: nn.Module, program: Any, examples: list[Example]) -> Any:
    """The program, if it answers every example as the network does."""
    runs = program.module()

    def answers(example: Example) -> Tensor:
        try:
            return answer(runs, example)[0]
        except Exception as error:  # of whatever the program holds
            raise NetworkError(
                f"The exported program cannot run a batch of {lead(example)}: {cause_of(error)}."
            ) from error

    hold(module, answers, examples, "The exported program's answer to a batch of {} differs")
    return program


def _saved(program: Any) -> bytes:
    program.example_inputs = None  # torch would pickle them
    file = io.BytesIO()
    with quiet(WHO):
        torch.export.save(program, file)
    return file.getvalue()
