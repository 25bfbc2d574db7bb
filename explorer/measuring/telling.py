"""Progress told from deep inside to whoever watches in the same thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Telling(Generic[P]):
    """One kind of news: calling it tells the watcher, if there is one."""

    def __init__(self, name: str) -> None:
        self._watcher: ContextVar[Callable[P, None] | None] = ContextVar(name, default=None)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        if tell := self._watcher.get():
            tell(*args, **kwargs)

    @contextmanager
    def watched(self, tell: Callable[P, None]) -> Iterator[None]:
        """Tell somebody whatever this thread tells meanwhile."""
        token = self._watcher.set(tell)
        try:
            yield
        finally:
            self._watcher.reset(token)
