"""The only file that imports ONNX Runtime: a second engine in which the same network can be run and timed."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, answer, arguments, tensors_in
from explorer.values.errors import NetworkError, cause_of

_LOG = logging.getLogger(__name__)
TOLERANCE = 1e-3  # relative to the largest output; engines add up in other orders


def installed() -> bool:
    """Whether ONNX Runtime and what torch exports with are there."""
    return find_spec("onnxruntime") is not None and find_spec("onnx") is not None


def engine(module: nn.Module, example_input: Example) -> Callable[[], object]:
    """Export a network, load it into ONNX Runtime, and return a function that runs the example input once.

    It runs with as many threads as torch has at the moment.

    Raises:
        NetworkError: if torch cannot export the network, or ONNX Runtime answers something else.
    """
    try:
        run = _loaded(exported(module, example_input), example_input, torch.get_num_threads())
        found = torch.from_numpy(run()[0])
    except Exception as error:  # the exporter and the runtime raise whatever they like; the cause is told
        _LOG.warning("ONNX export failed: %s", cause_of(error))
        raise NetworkError(
            f"ONNX Runtime cannot run this network: {cause_of(error)}. It is timed in eager PyTorch only."
        ) from error
    _compare(module, example_input, found)
    return run


def answers_of(file: bytes, example: Example) -> list[Tensor]:
    """What ONNX Runtime answers to one example.

    Raises:
        NetworkError: if it cannot run the file.
    """
    try:
        return [torch.from_numpy(found) for found in _loaded(file, example)()]
    except Exception as error:  # whatever it raises, its reason is told
        raise NetworkError(f"ONNX Runtime cannot run the file: {cause_of(error)}.") from error


def input_names(file: bytes) -> tuple[str, ...]:
    """What an ONNX file calls its inputs, in their order."""
    return tuple(taken.name for taken in _session(file).get_inputs())


def _loaded(file: bytes, example: Example, threads: int = 0) -> Callable[[], list[Any]]:
    """A function that runs a file on one example; 0 threads: as many as ONNX Runtime likes."""
    session = _session(file, threads)
    names = [taken.name for taken in session.get_inputs()]
    given = {name: tensor.numpy() for name, tensor in zip(names, tensors_in(example), strict=True)}
    return lambda: session.run(None, given)


def _session(file: bytes, threads: int = 0) -> Any:
    import onnxruntime  # a tenth of a second, which only those pay who use it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors; it warns of what it folds away
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def exported(module: nn.Module, example_input: Example) -> bytes:
    """The network as an ONNX file; the exporter raises whatever it likes."""
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad(), _no_graph_in_the_log():
        # The exporter that needs no further package is an older one, and says so.
        warnings.simplefilter("ignore")
        given, named = arguments(example_input)
        torch.onnx.export(module, given, file, kwargs=dict(named) or None, dynamo=False)  # type: ignore[arg-type]  # an open file serves, too
    return file.getvalue()


@contextmanager
def _no_graph_in_the_log() -> Iterator[None]:
    """Where an export fails, torch 2.13 prints the whole graph, for it takes its log to be always on."""
    spoken = torch._C._jit_onnx_log
    torch._C._jit_onnx_log = lambda *told: None
    try:
        yield
    finally:
        torch._C._jit_onnx_log = spoken


def _compare(module: nn.Module, example_input: Example, found: Tensor) -> None:
    expected = answer(module, example_input)[0]
    difference = float((found - expected).abs().max() / expected.abs().max())
    if not difference <= TOLERANCE:
        raise NetworkError(
            f"ONNX Runtime's output differs from torch's by {difference:.1e} of the largest output, so its "
            "times would be meaningless. The network is timed in eager PyTorch only."
        )
