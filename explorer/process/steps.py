"""Work that tells how far it is: generators that yield progress and return a result."""

from __future__ import annotations

from collections.abc import Callable, Generator
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
