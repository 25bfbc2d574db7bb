"""Which module was running when an operation was recorded by autograd.

Autograd numbers its nodes in the order in which they are made. Noting the
next number before and after every module's forward gives each module a span,
and each operation the innermost module whose span holds its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass(frozen=True)
class ModuleSpan:
    """One run of one module: operations numbered from `start` until before `end` belong to it."""

    module: str  # dotted path
    start: int
    end: int
    leaf: bool


@dataclass
class ScopeRecorder:
    """Collects the spans of one forward pass."""

    spans: list[ModuleSpan] = field(default_factory=list)
    _open: list[tuple[str, int]] = field(default_factory=list)  # path and start of what has not ended

    def innermost(self, sequence: int) -> ModuleSpan | None:
        """The narrowest span that holds an operation's number; None outside every named module.

        Of equal ones it is the one that ended first: what ran inside of others.
        """
        holding = [span for span in self.spans if span.start <= sequence < span.end]
        return min(holding, key=lambda span: span.end - span.start, default=None)

    def place(self, sequence: int) -> str:
        """The same by its dotted path; "" in the network's own forward."""
        span = self.innermost(sequence)
        return span.module if span else ""

    @property
    def deepest_open(self) -> str:
        """The module that started last of those that have not ended, as where one raised; "" where none has."""
        return self._open[-1][0] if self._open else ""

    @contextmanager
    def recording(self, module: nn.Module) -> Iterator[ScopeRecorder]:
        """Record every named submodule that runs inside the ``with`` block."""
        hooks = [hook for name, child in hookable(module) if name for hook in self._hook(name, child)]
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _hook(self, name: str, module: nn.Module) -> list[torch.utils.hooks.RemovableHandle]:
        leaf = next(module.children(), None) is None

        def before(*_: object) -> None:
            self._open.append((name, next_sequence()))

        def after(*_: object) -> None:
            # What raised inside of it, and was caught there, is open still
            last = max(place for place, (opened, _) in enumerate(self._open) if opened == name)
            self.spans.append(ModuleSpan(name, self._open.pop(last)[1], next_sequence(), leaf))

        return [module.register_forward_pre_hook(before), module.register_forward_hook(after)]


@contextmanager
def noting(module: nn.Module, note: Callable[[str], object]) -> Iterator[None]:
    """Have `note` told the path of every module that runs inside the ``with`` block."""
    hooks = [
        layer.register_forward_pre_hook(lambda *_, name=name: note(name)) for name, layer in hookable(module)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def hookable(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every submodule that takes hooks, by its dotted path: scripted ones take none."""
    named = module.named_modules()
    return ((name, child) for name, child in named if not isinstance(child, torch.jit.ScriptModule))


def next_sequence() -> int:
    """Number that autograd gives the next node of this thread."""
    return int(torch.autograd._get_sequence_nr())  # type: ignore[attr-defined]


def sequence_of(grad_fn: object) -> int:
    """Autograd's running number of a node; leaves of the graph carry a huge one."""
    return int(grad_fn._sequence_nr())  # type: ignore[attr-defined]
