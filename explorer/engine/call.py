"""One entry of the table of calls: declared as a function without a body, called by pages, answered by a process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Generic, ParamSpec, TypeVar

from explorer.engine import board, pool, sparse_pool, sparse_settings, trailing_pool, upload_pool
from explorer.process.frames import Request
from explorer.process.pool import EnginePool
from explorer.values import NetworkSpec, Progress

P = ParamSpec("P")
R = TypeVar("R")

ENGINE, ISLAND = "engine", "island"  # kinds of processes; the latter sees SparseML
UPLOADS = "uploads"  # reads one file of a stranger's, and ends
_POOLS = {ENGINE: pool, ISLAND: sparse_pool, UPLOADS: upload_pool}


class Call(Generic[P, R]):
    """A question that an engine answers while the page waits.

    Args:
        declaration: its name, signature and docstring.
        doing: what that is in plain words, with places for its arguments.
        timeout: seconds; beyond it the engine is stopped.
        where: the kind of process that answers.
    """

    def __init__(self, declaration: Callable[P, R], doing: str, timeout: float, where: str) -> None:
        self.__doc__ = declaration.__doc__
        self.name = declaration.__name__
        self.where = where
        self._doing = doing
        self._timeout = timeout

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask by position, and wait for the answer; a network is at home in one engine."""
        assert not kwargs, "calls take their arguments by position"
        answering = _POOLS[self.where]()
        try:
            return self._ask(answering, *args)
        finally:
            if self.where == UPLOADS:
                answering.restart()

    def beside(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask the process that answers while sliders move; the first time, it loads and ranks for this alone."""
        assert not kwargs, "calls take their arguments by position"
        return self._ask(trailing_pool(), *args)

    def _ask(self, answering: EnginePool, *args: object) -> R:
        spec = args[0] if args else None
        key = spec.key if isinstance(spec, NetworkSpec) else ""
        doing = self._doing.format(*args)
        found: R = answering.call(self.name, *args, key=key, timeout=self._timeout, doing=doing)
        return found

    def answered(self, function: Callable[P, R]) -> Callable[P, R]:
        """Mark the function that answers; its signature has to be the declared one."""
        return function


class JobCall(Generic[P, R]):
    """Work that takes long: it gets a process of its own, with progress and a way to stop it."""

    def __init__(self, declaration: Callable[P, R], where: str, doing: str = "") -> None:
        self.__doc__ = declaration.__doc__
        self.name = declaration.__name__
        self.where = where
        self._doing = doing
        self.is_timed = False

    def start(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Queue it; returns the id to ask for its status with."""
        settings = sparse_settings() if self.where == ISLAND else None
        request = Request(self.name, args, kwargs, self._doing.format(*args))
        return board().begin(request, settings, self.is_timed)

    def answered(self, function: Callable[P, Generator[Progress, None, R]]) -> Callable[P, Any]:
        """Mark the function that does the work and yields how far it is."""
        return function


def declared(doing: str, timeout: float, where: str = ENGINE) -> Callable[[Callable[P, R]], Call[P, R]]:
    """Make a call of a declaration; see `Call`."""
    return lambda declaration: Call(declaration, doing, timeout, where)


def job_of(where: str = ENGINE, doing: str = "") -> Callable[[Callable[P, R]], JobCall[P, R]]:
    """Make a job of a declaration, for one kind of process; see `JobCall`."""
    return lambda declaration: JobCall(declaration, where, doing)


def timed(job: JobCall[P, R]) -> JobCall[P, R]:
    """Mark a job that takes times: no other such job runs beside it."""
    job.is_timed = True
    return job
