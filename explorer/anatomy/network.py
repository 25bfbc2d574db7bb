"""A network in this process: the torch module, an input it accepts, the data it is judged on."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from explorer.anatomy.copies import sharing
from explorer.anatomy.data import DataSet, check_runs, data_set
from explorer.anatomy.inputs import Example, answer, call, cast, described, mapped, rows, tensors_in
from explorer.anatomy.loss import Loss, loss_of
from explorer.anatomy.metric import Metric, metric_of
from explorer.anatomy.own_inputs import OwnInputs, are_inputs, own_inputs
from explorer.anatomy.scopes import noting
from explorer.anatomy.stored import check_stored
from explorer.anatomy.wrappers import bare
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import NetworkError, cause_of
from explorer.values.loose import shown

SAME = 1e-3  # relative: two rows of an answer that were worked out in batches of different size


@dataclass(frozen=True)
class Network:
    """A loaded network. Nobody changes `module`: whoever prunes works on a copy."""

    spec: NetworkSpec
    module: nn.Module  # in eval mode
    example_input: Example  # one input where the network takes one at a time; see `inputs.call`
    data: DataSet | None  # None where no labelled data belongs to the network
    inputs: OwnInputs | None = None  # without labels; None: random ones, where there is neither
    metric: Metric | None = None  # the person's own; it goes before all data
    loss: Loss | None = None  # likewise; None: cross-entropy on labelled data
    found: dict[str, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # out about it, once

    @property
    def name(self) -> str:
        """The name it was loaded or wrapped under."""
        return self.spec.name

    @property
    def judged_on(self) -> DataSet | None:
        """Data for accuracy, gradients and training; None also for random weights: accuracy would mean nothing."""
        return None if self.spec.weights is Weights.RANDOM else self.data

    @property
    def identity(self) -> str:
        """Tells networks of the same name apart: by their layers and by every stored value, as they are now."""
        check = zlib.crc32(repr(self.module).encode())
        for name, tensor in self.module.state_dict().items():
            check = zlib.crc32(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode(), check)
            check = zlib.crc32(_bytes(tensor), check)
        return f"{check:08x}"


def wrap(
    module: nn.Module,
    example_input: Example = None,
    data: DataSet | Any | None = None,
    name: str = "mine",
    metric: Metric | Any | None = None,
    loss: Loss | Any | None = None,
) -> Network:
    """Take any ``nn.Module`` of one's own into the explorer.

    Args:
        module: left untouched but for being put into eval mode. What torch.compile or DataParallel put around it is
            taken off.
        example_input: what the module accepts: a tensor, e.g. shape ``[1, 3, 224, 224]``; a tuple of positional
            arguments; a dict of keyword arguments; nested, and arrays of numpy, too. Of several inputs in a batch
            the first is kept, where the network answers each by itself.
        data: labelled train and test split, where accuracy is wanted: a `DataSet`, or a pair (train, test) of
            data loaders, data sets or (inputs, labels). Without labels, inputs alone: a tensor, a list or a loader of
            them; copies are then judged by their agreement with the network. None: on random inputs.
        name: what the explorer calls it.
        metric: a function of a network that judges it instead: it returns a number, of which more is better. Give
            (function, name, False) where less is.
        loss: what fine-tuning makes smaller instead of the cross-entropy: a function of a network and a batch of the
            data, so many arguments as that holds: inputs and labels, inputs alone, or none where there is no data and
            the function brings its own batches.

    Raises:
        NetworkError: if either is of another type, or the module has no weights, holds NaN or infinite
            weights, or cannot run its input or its data.
    """
    name = _check_name(name)
    _check_module(module, name)
    example = _check_example(example_input, name)
    module = checked_module(module, name)
    example = checked_example(module, example, name)
    return with_data(Network(NetworkSpec(name, Weights.TRAINED), module, example, None), data, metric, loss)


def with_data(net: Network, data: Any, metric: Any, loss: Any = None) -> Network:
    """The same network with what it is judged and trained by, checked on it; None: nothing was given.

    Raises:
        NetworkError: if either is of another type, or the network cannot run the data.
    """
    name, copy = net.name, sharing(net.module)
    inputs = own_inputs(data, net.example_input, name) if are_inputs(data) else None
    taken = None if data is None or inputs else data_set(data, name)
    if taken:
        check_runs(copy, taken, name)
    if inputs:
        check_forward(copy, inputs.judging[0], name)
    return replace(
        net,
        data=taken,
        inputs=inputs,
        metric=None if metric is None else metric_of(metric, name),
        loss=None if loss is None else loss_of(loss, name),
    )


def checked_module(module: Any, name: str) -> nn.Module:
    """A stranger's module in eval mode; what torch.compile or DataParallel put around it is taken off.

    Raises:
        NetworkError: if it is none, has no weights, or none that can be ranked.
    """
    _check_module(module, name)
    check_kinds(module, name)
    check_stored(module, name)
    taken = _in_eval_mode(bare(module), name)
    check_weights(taken, name)
    return taken


def checked_example(module: nn.Module, example: Any, name: str) -> Example:
    """One input as the network runs it, of what was given as an example.

    Raises:
        NetworkError: if it holds no tensors, or the network cannot run it.
    """
    found = _check_example(example, name)
    copy = sharing(module)  # some networks remember what they were given
    with _nothing_run_of(module, name):
        return one_input(copy, understood(copy, found, name))


def _in_eval_mode(module: nn.Module, name: str) -> nn.Module:
    """The same module; refused if it knows no such mode, as what torch.export makes of a network."""
    try:
        return module.eval()
    except Exception as error:  # whatever a stranger's module raises, the cause is told
        raise NetworkError(
            f"Network '{name}' cannot be put into eval mode ({cause_of(error)}). Wrap the module that it was made of."
        ) from error


def expect_network(net: object) -> None:
    """Refuse what has not been taken in by `wrap` or loaded."""
    if isinstance(net, Network):
        return
    taken = "explorer.wrap(module, example_input)" if isinstance(net, nn.Module) else "explorer.load"
    raise NetworkError(
        f"Expected a Network, got {type(net).__name__}. Argument `net` takes what {taken} returns: load one with "
        "explorer.load, or take a module of your own in with explorer.wrap."
    )


def _check_name(name: object) -> str:
    if isinstance(name, str) and name:
        return name
    raise NetworkError(
        f"Argument `name` must be a text that is not empty, got {shown(name)}. Pass e.g. 'mine'."
    )


def _check_module(module: object, name: str) -> None:
    if isinstance(module, nn.Module):
        return
    hint = "Pass an object of it, with its arguments." if isinstance(module, type) else "Pass the module."
    raise NetworkError(
        f"Argument `module` of network '{name}' must be a torch.nn.Module, got "
        f"{'the class ' + module.__name__ if isinstance(module, type) else type(module).__name__}. {hint}"
    )


def _check_example(example: object, name: str) -> Example:
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
    scale = float(whole.double().abs().max()) if whole.numel() else 0.0
    found = (whole.narrow(dim, at, 1).double() for dim in axes)
    return any(
        row.shape == one.shape and torch.allclose(row, one.double(), SAME, SAME * scale) for row in found
    )


def check_kinds(module: nn.Module, name: str) -> None:
    """Refuse a scripted network, and layers that hold whole numbers for weights: nobody can prune those.

    A scripted part is left whole; the rest of its network is pruned.
    """
    if isinstance(module, torch.jit.ScriptModule):
        raise NetworkError(
            f"Network '{name}' is compiled by torch.jit, and layers of it cannot be pruned. Wrap the module that it "
            "was made of, and script the pruned one."
        )
    for path, layer in module.named_modules():
        what = f"'{path}'" if path else f"Network '{name}'"
        if type(layer).__module__.startswith("torch.") and ".quantized" in type(layer).__module__:
            raise NetworkError(
                f"{what} is quantised ({type(layer).__name__}), and its whole numbers cannot be pruned. Wrap the "
                "network as it was before, and quantise the pruned one."
            )


@contextmanager
def _nothing_run_of(module: nn.Module, name: str) -> Iterator[None]:
    """Refuse a network whose copies run layers of the original, as where ``forward`` is replaced by a function."""
    ran: list[str] = []
    with noting(module, ran.append):
        yield
    if ran:
        raise NetworkError(
            f"A copy of network '{name}' runs '{ran[0]}' of the original, as where `forward` is replaced by a function "
            "that holds the network, and the explorer only ever prunes copies. Write it as a method of its class."
        )


def check_weights(module: nn.Module, name: str) -> None:
    """Refuse a network that has nothing to prune or whose weights are no numbers."""
    parameters = list(module.named_parameters())
    if not parameters:
        raise NetworkError(
            f"Network '{name}' has no weights, so there is nothing to prune. Pick a network with layers."
        )
    for parameter_name, parameter in parameters:
        if isinstance(parameter, UninitializedParameter) or parameter.is_meta:
            raise NetworkError(
                f"'{parameter_name}' of network '{name}' has no values yet (it is lazy or meta), so nothing can be "
                "ranked. Initialise the network first: run a lazy one once, load weights into a meta one."
            )
        if not torch.isfinite(parameter).all():
            bad = int((~torch.isfinite(parameter)).sum())
            raise NetworkError(
                f"Network '{name}' holds {bad} NaN or infinite values in '{parameter_name}', so no weight can be "
                "ranked. Load weights that are all finite numbers."
            )


def check_forward(module: nn.Module, example_input: Example, name: str) -> None:
    """Run the forward pass once, so that its real error is told and not a tracer's."""
    try:
        with torch.no_grad():
            call(module, example_input)
    except Exception as error:
        raise NetworkError(
            f"Network '{name}' cannot run an input of shape {described(example_input)}: {cause_of(error)}. "
            f"{_advice(module, example_input)}"
        ) from error


def _advice(module: nn.Module, example: Example) -> str:
    """What to pass instead."""
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


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
