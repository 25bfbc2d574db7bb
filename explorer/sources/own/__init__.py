"""Networks that were named where the app was started; see `explorer.values.own`."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from torch import nn

from explorer.anatomy.blame import placing
from explorer.anatomy.inputs import Example
from explorer.anatomy.network import checked_example, checked_module
from explorer.sources import vision
from explorer.sources.code import Code
from explorer.sources.download import Progress
from explorer.sources.own import checkpoints, code, example_input
from explorer.values import CatalogEntry, NetworkSpec, Weights, own
from explorer.values.errors import NetworkError
from explorer.values.own import AGAIN

FAMILY = "Your own"
DATA = "none was given: pruned copies are judged by their agreement with the network"


class Kind(Protocol):
    """One way to name a network, each a module beside this one."""

    WEIGHTS: tuple[Weights, ...]  # offered where no checkpoint is given, best first
    DESCRIPTION: str  # with a place for what was named

    def build(self, own: own.Own, weights: Weights, progress: Progress | None) -> object:
        """What should be a module."""
        ...

    def example(self, own: own.Own, module: nn.Module) -> Example | None:
        """What the library says that it takes."""
        ...

    def needs_download(self, own: own.Own, weights: Weights) -> bool:
        """See `Source.needs_download`."""
        ...

    def code_of(self, own: own.Own) -> Code | None:
        """How it is built where the explorer is not, without its weights; None where that takes the person."""
        ...


def catalog() -> tuple[CatalogEntry, ...]:
    """In the order of the command line; imports nothing of a person's."""
    return tuple(_entry(one) for one in own.networks())


def has(name: str) -> bool:
    """See `Source.has`."""
    return own.own(name) is not None


def build(spec: NetworkSpec, progress: Progress | None = None) -> nn.Module:
    """The network with its checkpoint, if one was given.

    Raises:
        NetworkError: with the person's own error and line, if it cannot be built.
    """
    one = _named(spec.name)
    vision.torchvision()  # a person's code may import it, and timm does
    with code.at_home():
        weights = Weights.RANDOM if one.checkpoint else spec.weights
        module = checked_module(_built(one, weights, progress), one.name)
        if one.checkpoint:
            checkpoints.load(module, one)
    return module


def example(name: str, module: nn.Module) -> Example:
    """The input that was given, or one that the network runs.

    Raises:
        NetworkError: if there is none, with the error of the network's own code.
    """
    one = _named(name)
    with code.at_home():
        found = _example(one, module)
        with placing():
            return checked_example(module, found, name)


def data(name: str) -> None:
    """See `Source.data`."""


def needs_download(spec: NetworkSpec) -> bool:
    """See `Source.needs_download`."""
    one = _named(spec.name)
    return not one.checkpoint and _kind(one).needs_download(one, spec.weights)


def card(name: str) -> None:
    """See `Source.card`."""


def code_of(spec: NetworkSpec) -> Code | None:
    """See `Source.code_of`."""
    one = _named(spec.name)
    with code.at_home():
        return _kind(one).code_of(one)


def _built(one: own.Own, weights: Weights, progress: Progress | None) -> nn.Module:
    found = _kind(one).build(one, weights, progress)
    if isinstance(found, nn.Module):
        return found
    raise NetworkError(
        f"'{one.model}' gives {_kind_of(found)}, which is no torch.nn.Module. Let it return the network, then {AGAIN}."
    )


def _kind_of(found: object) -> str:
    if found is None:
        return "None"
    return f"the class {found.__name__}" if isinstance(found, type) else type(found).__name__


def _example(one: own.Own, module: nn.Module) -> Example:
    if one.input:
        return example_input.given(one.input, module)
    found = _kind(one).example(one, module)
    found = example_input.guessed(module) if found is None else found
    if found is None:
        raise NetworkError(
            f"No example input was given for '{one.name}', and none that was tried works. Give one behind its --model: "
            "--input 1,3,224,224, or a function that returns tensors: --input ./net.py:example."
        )
    return found


def _entry(one: own.Own) -> CatalogEntry:
    kind = _kind(one)
    choices = (Weights.OWN,) if one.checkpoint else _weights(one, kind)
    return CatalogEntry(one.name, FAMILY, choices, kind.DESCRIPTION.format(one.target), _data(one))


def _weights(one: own.Own, kind: Kind) -> tuple[Weights, ...]:
    """Of other classes torchvision publishes none; timm puts a new last layer on what it publishes."""
    return (Weights.RANDOM,) if one.classes and one.kind == "torchvision" else kind.WEIGHTS


def _data(one: own.Own) -> str:
    if one.kind == own.HANDED:
        return one.data or DATA
    if one.metric:
        return f"judged by --metric {one.metric}" + (f"; --data {one.data}" if one.data else "")
    return f"--data {one.data}" if one.data else DATA


def _kind(one: own.Own) -> Kind:
    return cast(Kind, import_module(f"explorer.sources.own.of_{one.kind}"))


def _named(name: str) -> own.Own:
    found = own.own(name)
    assert found, "asked only for names that it has"
    return found
