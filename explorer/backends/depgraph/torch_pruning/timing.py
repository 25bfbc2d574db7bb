"""Clocks around Torch-Pruning's own steps, while it prunes as it always does.

The library has no such hooks, so its methods are wrapped for as long as a ``with`` block lasts. Time
is exclusive: what one step spends inside another is counted once, in the inner one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from time import perf_counter
from typing import Any
from unittest.mock import patch

import torch_pruning as tp

from explorer.backends.depgraph.torch_pruning.dependency_graph import Graph
from explorer.backends.depgraph.torch_pruning.groups import Group

STEPS = ("trace", "build", "group", "score", "prune", "rest")

_METHODS = (  # (class, method, the step that its own time belongs to)
    (Graph, "_trace", "trace"),
    (Graph, "build_dependency", "build"),
    (Graph, "get_pruning_group", "group"),
    (tp.pruner.BasePruner, "estimate_importance", "score"),
    (Group, "prune", "prune"),
    (tp.pruner.BasePruner, "__init__", "rest"),
)
_GENERATORS = (
    (Graph, "get_all_groups", "group"),
    (tp.pruner.BasePruner, "step", "rest"),
)


class Stopwatch:
    """Adds up exclusive seconds by step."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self._open: list[float] = []  # seconds that inner steps took, for each step that is running

    def timed(self, step: str, run: Callable[[], Any]) -> Any:
        """Run, and book what it took itself."""
        self._open.append(0.0)
        start = perf_counter()
        try:
            return run()
        finally:
            taken = perf_counter() - start
            self.seconds[step] += taken - self._open.pop()
            if self._open:
                self._open[-1] += taken

    def method(self, original: Callable[..., Any], step: str) -> Callable[..., Any]:
        """The same method, timed."""

        @wraps(original)
        def run(*args: Any, **kwargs: Any) -> Any:
            return self.timed(step, lambda: original(*args, **kwargs))

        return run

    def generator(self, original: Callable[..., Any], step: str) -> Callable[..., Any]:
        """The same generator, timed while it works and not while its caller does."""

        @wraps(original)
        def run(*args: Any, **kwargs: Any) -> Iterator[Any]:
            end = object()
            values = self.timed(step, lambda: original(*args, **kwargs)) or ()
            values = iter(values)
            while (value := self.timed(step, lambda: next(values, end))) is not end:
                yield value

        return run


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    """Exclusive seconds of each of Torch-Pruning's steps inside the ``with`` block, by the names in `STEPS`.

    It must step interactively there, as the explorer does: group after group.
    """
    watch = Stopwatch()
    with ExitStack() as patched:
        for owner, name, step in _METHODS:
            patched.enter_context(patch.object(owner, name, watch.method(getattr(owner, name), step)))
        for owner, name, step in _GENERATORS:
            patched.enter_context(patch.object(owner, name, watch.generator(getattr(owner, name), step)))
        yield watch.seconds
