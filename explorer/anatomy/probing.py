"""Inputs like the example, and runs of a network that can be compared with another's.

A network may have a domain (logarithms, roots, token ids), be bound to its batch, carry a state, or draw random
numbers. So inputs are made of the example's own values, each is kept only if the dense network answers it with
numbers, and all variants draw the same random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn

from explorer.anatomy.chance import same_draws
from explorer.anatomy.copies import state_kept
from explorer.anatomy.flops import fused_attention_off
from explorer.anatomy.inputs import Example, answer, lead, mapped, stacked
from explorer.anatomy.scopes import noting

LIKE = 1  # inputs beside the example
FINITE = 0.1  # share of an output's values that have to be numbers


class InTurn(NamedTuple):
    """Inputs that a network is given one after the other, with what it remembers of each."""

    examples: tuple[Example, ...]


Entered = Callable[[], AbstractContextManager[object]]
Answers = tuple[tuple[Tensor, ...], ...]  # every output of every run


class Probes:
    """Inputs on which variants of a network are compared.

    Args:
        module: the dense network, in the mode in which it is to be run.
        example: what it accepts; it is run on it.
        entered: see `run`.

    Raises:
        Exception: what the network raises on the example.
    """

    def __init__(self, module: nn.Module, example: Example, entered: Sequence[Entered] = ()) -> None:
        self.example = example
        self.called: set[str] = set()  # modules that ran on it
        with _started(module, entered):
            before = _stamp(module)
            with noting(module, self.called.add):
                first = _told(module, example)
            # One that stores something is asked at once what comes of it
            stores = _stamp(module) != before
            self._remembers = _says_again(module, example, first) is False if stores else None
        self.dense: Answers = (first,)  # what it answers the example
        self._module, self._entered = module, entered
        self._likes = [like(example, seed) for seed in range(LIKE)]
        self.batch = stacked([example, *self._likes])  # begins with the example; a network need not take it
        self.is_batch = lead(self.batch) > lead(example)

    @cached_property
    def takes_batch(self) -> bool:
        """Whether the dense network answers the batch with numbers."""
        return self.is_batch and _is_answered(self._module, self.batch, self._entered)

    def remembers(self, pruned_may: bool) -> bool:
        """Whether the dense network answers the example otherwise when it is asked again.

        Args:
            pruned_may: whether a pruned one does so, or fails; where not, only a dense one that stores something can.
        """
        if self._remembers is None and pruned_may:
            self._remembers = asked_twice(self._module, self.example, self._entered)[1] is False
        return bool(self._remembers)

    @property
    def twice(self) -> InTurn:
        """The example, and once more."""
        return InTurn((self.example, self.example))

    @cached_property
    def single(self) -> tuple[Example, ...]:
        """The example, and inputs like it that the dense network answers with numbers, one by one."""
        found = (
            next((one for one in variants(given) if _is_answered(self._module, one, self._entered)), None)
            for given in self._likes
        )
        return (self.example, *(one for one in found if one is not None))

    def beginning(self, answers: Answers) -> Answers:
        """Of the answers to the batch those to the example, as far as rows lie on an output's first axis."""
        total, size = lead(self.batch), lead(self.example)
        return tuple(
            tuple(tensor[:size] if tensor.dim() and len(tensor) == total else tensor for tensor in tensors)
            for tensors in answers
        )


def variants(example: Example) -> Iterator[Example]:
    """The same input, and with its signs taken off: roots and logarithms take no others."""
    yield example
    yield mapped(example, lambda tensor: tensor.abs() if tensor.is_floating_point() else tensor)


def like(example: Example, seed: int) -> Example:
    """Another input of the same shapes, precision, layout and range, made of the same values in another order."""
    dice = torch.Generator().manual_seed(seed)
    return mapped(example, lambda tensor: _like(tensor, dice))


def _like(tensor: Tensor, dice: torch.Generator) -> Tensor:
    flat = tensor.reshape(-1)
    if not flat.numel() or bool((flat != flat[0]).any()):
        order = torch.randperm(flat.numel(), generator=dice).to(tensor.device)
        return torch.empty_like(tensor).copy_(flat[order].reshape(tensor.shape))
    if not tensor.is_floating_point():
        return tensor
    # An example that is the same everywhere says nothing of its range, but for its sign.
    if not flat[0]:
        return torch.empty_like(tensor).copy_(torch.randn(tensor.shape, generator=dice))
    return tensor * (0.5 + torch.rand(tensor.shape, generator=dice)).to(tensor)


def _is_answered(module: nn.Module, example: Example, entered: Sequence[Entered]) -> bool:
    try:
        return finite_share(run(module, (example,), entered)) >= FINITE
    except Exception:  # whatever a stranger's network raises, it does not take this input
        return False


def finite_share(answers: Answers) -> float:
    """The lowest share of numbers among the values of any output; 0 where there is no value at all."""
    shares = [
        float(torch.isfinite(tensor).double().mean())
        for tensors in answers
        for tensor in tensors
        if tensor.numel()
    ]
    return min(shares, default=0.0)


def run(
    module: nn.Module,
    calls: Sequence[Example | InTurn],
    entered: Sequence[Entered] = (),
    seed: int = 0,
) -> Answers:
    """Every output for every call, without gradients, always from the same state and with the same random numbers.

    Args:
        module: in the mode in which it is to run.
        calls: inputs, or several in turn.
        entered: what makes a context for each run, e.g. one that takes all chance out of it.
        seed: of the random numbers.
    """
    found = []
    for example in calls:
        with _started(module, entered, seed):
            inputs = example.examples if isinstance(example, InTurn) else (example,)
            found.append(tuple(tensor for one in inputs for tensor in _told(module, one)))
    return tuple(found)


@contextmanager
def _started(module: nn.Module, entered: Sequence[Entered], seed: int = 0) -> Iterator[None]:
    with (
        fused_attention_off(),
        same_draws(seed),
        state_kept(module),
        ExitStack() as around,
    ):  # the fused encoder hides its norms
        for context in entered:
            around.enter_context(context())
        yield


def _told(module: nn.Module, example: Example) -> tuple[Tensor, ...]:
    return tuple(plain(tensor) for tensor in answer(module, example))


def asked_twice(
    module: nn.Module, example: Example, entered: Sequence[Entered]
) -> tuple[Answers, bool | None]:
    """What a network answers, and whether it says the same once more; None where it fails then."""
    with _started(module, entered):
        first = _told(module, example)
        return (first,), _says_again(module, example, first)


def _stamp(module: nn.Module) -> list[int]:
    """Other numbers once something that its layers store was replaced, or a buffer written into."""
    stored = [vars(layer).values() for layer in module.modules()]
    buffers = list(module.buffers())
    return [id(value) for values in (*stored, buffers) for value in values] + [b._version for b in buffers]


def _says_again(module: nn.Module, example: Example, first: tuple[Tensor, ...]) -> bool | None:
    try:
        again = _told(module, example)
    except Exception:  # whatever a stranger's network raises: it may not be meant to be asked again
        return None
    pairs = zip(first, again, strict=False)
    return len(first) == len(again) and all(
        one.shape == other.shape and torch.equal(one, other) for one, other in pairs
    )


def plain(tensor: Tensor) -> Tensor:
    """A sparse tensor with its zeros."""
    return tensor if tensor.layout is torch.strided else tensor.to_dense()
