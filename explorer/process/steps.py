"""Work that tells how far it is: generators that yield progress and return a result."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
U = TypeVar("U")


def finished(steps: Generator[object, None, T]) -> T:
    """Run to the end, and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def retold(steps: Generator[S, None, T], tell: Callable[[S], U]) -> Generator[U, None, T]:
    """The same work, with each thing it yields put in other words; returns its result."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        yield tell(step)


GLANCE = 0.2  # seconds between two looks at whether there is news


def heard(work: Callable[[Callable[[S], None]], T]) -> Generator[S, None, T]:
    """Run work that tells a listener how far it is, in a thread of its own; yields what it tells.

    An interruption here reaches the work, too, once the call of a library that it is in returns.
    """
    told: SimpleQueue[S] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=1) as worker:
        running = worker.submit(work, told.put)
        try:
            while not (running.done() and told.empty()):
                try:
                    news = told.get(timeout=GLANCE)
                except Empty:
                    continue
                yield news
        except BaseException:
            for thread in () if running.done() else worker._threads:
                interrupt(thread)
            raise
        return running.result()


def interrupt(thread: Thread) -> None:
    """Raise KeyboardInterrupt in another thread, before the next thing that it does in Python."""
    identity = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(KeyboardInterrupt))
