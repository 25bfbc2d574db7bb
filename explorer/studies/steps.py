"""One step of a long run, which tells how far it is wherever it measures in rounds."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from explorer.backends.base import Listener
from explorer.measuring.timing import watched
from explorer.process.steps import heard
from explorer.values import Progress, TrainingPoint

T = TypeVar("T")


def step(
    at: float,
    until: float,
    text: str,
    work: Callable[[Listener], T],
    curve: tuple[TrainingPoint, ...] = (),
) -> Generator[Progress, None, T]:
    """Do one step of a run.

    Args:
        at: how far the run is before it.
        until: how far it is after it.
        text: what is being done, unless the work itself says.
        work: is handed a listener, to whom it may tell how far this step is.
        curve: of what was trained before, which stays in sight.
    """

    def told(tell: Listener) -> T:
        def retell(progress: Progress) -> None:
            tell(progress.within(at, until - at))

        with watched(lambda share: retell(Progress(share, text, curve))):
            return work(retell)

    yield Progress(at, text, curve)
    return (yield from heard(told))
