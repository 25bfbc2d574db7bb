"""One forward pass that autograd records. What cannot run so is run unrecorded: channels end there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from explorer.anatomy.chance import same_draws
from explorer.anatomy.inputs import Example, handed, mapped, tensors_in
from explorer.anatomy.scopes import ScopeRecorder
from explorer.backends.depgraph.torch_pruning.calls import Calls
from explorer.backends.depgraph.torch_pruning.results import Results
from explorer.values.errors import PruningError, cause_of

MOST = 8  # modules that are run unrecorded; where there are more, the network is not made for autograd


@dataclass
class Run:
    """What was recorded."""

    example: Example
    output: Any = None
    scopes: ScopeRecorder = field(default_factory=ScopeRecorder)
    calls: Calls = field(default_factory=Calls)
    results: Results = field(default_factory=Results)

    @property
    def entries(self) -> set[Any]:
        """Autograd's nodes of the network's own inputs."""
        return {tensor.grad_fn for tensor in tensors_in(self.example) if tensor.grad_fn is not None}


def recorded(
    model: nn.Module, example: Example, whole: Collection[nn.Module], apart: Collection[nn.Module] = ()
) -> Run:
    """Run a network once.

    Args:
        model: in the mode in which it is to run.
        example: what it accepts.
        whole: modules that count as layers, whatever they are.
        apart: modules that count as none: what runs inside of them is part of what is around them.

    Raises:
        PruningError: if it cannot run while autograd records it.
    """
    unrecorded: list[str] = []
    follow = True  # whether autograd also tells where the input is read
    while True:
        run = Run(mapped(example, _followed) if follow else example)
        try:
            with (
                same_draws(),  # a random branch is the same one each time
                run.scopes.recording(model),
                run.calls.recording(model, whole, apart),
                run.results,
                _quiet(model, unrecorded),
            ):
                run.output = handed(model, run.example)
            return run
        except Exception as error:  # whatever a stranger's module raises, the cause is told
            place = run.scopes.deepest_open
            if not place and follow:
                follow = False
            elif not place or place in unrecorded or len(unrecorded) == MOST:
                raise _cannot_run(place, error) from error
            else:
                unrecorded.append(place)


def _cannot_run(place: str, error: Exception) -> PruningError:
    where = f"'{place}'" if place else "The network's own forward"
    return PruningError(
        f"{where} cannot run while autograd records it ({cause_of(error)}), and channels are followed through what "
        "autograd records. Let it run so, or take it out of the network."
    )


def _followed(tensor: Tensor) -> Tensor:
    """The same input, such that autograd tells where it is read; not a leaf, which could not be written to."""
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return tensor
    return tensor.detach().requires_grad_().clone()


@contextmanager
def _quiet(model: nn.Module, paths: Collection[str]) -> Iterator[None]:
    """Record nothing of what some modules do."""
    hooks = []
    for path in paths:
        module = model.get_submodule(path)
        hooks += [
            module.register_forward_pre_hook(lambda *_: torch.set_grad_enabled(False) and None),
            module.register_forward_hook(lambda *_: torch.set_grad_enabled(True) and None, always_call=True),
        ]
    try:
        yield
    finally:
        torch.set_grad_enabled(True)
        for hook in hooks:
            hook.remove()
