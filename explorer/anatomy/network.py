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
from explorer.anatomy.data import DataSet, run_by
from explorer.anatomy.examples import check_example, check_forward, one_input, understood
from explorer.anatomy.inputs import Example
from explorer.anatomy.loss import Loss, loss_of
from explorer.anatomy.metric import Metric, metric_of
from explorer.anatomy.own_inputs import OwnInputs, are_inputs, own_inputs
from explorer.anatomy.scopes import noting
from explorer.anatomy.splits import data_set
from explorer.anatomy.stored import check_stored
from explorer.anatomy.wrappers import bare
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import NetworkError, cause_of
from explorer.values.loose import shown


@dataclass(frozen=True)
class Network:
    """A loaded network. Nobody changes `module`: whoever prunes works on a copy."""

    spec: NetworkSpec
    module: nn.Module  # in eval mode
    example_input: Example  # one input where the network takes one at a time; see `inputs.call`
    data: DataSet | None  # None where no labelled data belongs to the network
    inputs: OwnInputs | None = None  # for agreement; None: random ones, where there are no labels either
    metric: Metric | None = None  # the person's own; it goes before all data
    loss: Loss | None = None  # likewise; None: cross-entropy on labelled data
    # What was found out about it, once.
    found: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
    example = check_example(example_input, name)
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
    taken = None if data is None or inputs else run_by(copy, data_set(data, name), net.example_input, name)
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
    found = check_example(example, name)
    copy = sharing(module)  # some networks remember what they were given
    with _nothing_run_of(module, name):
        taken = one_input(copy, understood(copy, found, name))
    known = dict(module.named_modules())
    if made := next((path for path, _ in copy.named_modules() if path not in known), None):
        raise NetworkError(
            f"Network '{name}' makes layers when it first runs ('{made}'), and what is not there yet cannot be pruned. "
            "Run it once on the example input before it is wrapped."
        )
    return taken


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


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
