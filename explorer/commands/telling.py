"""How far a command is: one line that changes on a terminal, plain lines where the output is piped."""

from __future__ import annotations

from collections.abc import Generator
from typing import TextIO, TypeVar

from explorer.values import Progress

T = TypeVar("T")


class Teller:
    """Tells progress on a stream, which is not the one that results go to."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._last = ""

    def tell(self, progress: Progress) -> None:
        """Say what is being done; the same text again only changes its percentage."""
        share = "" if progress.fraction is None else f"{100 * progress.fraction:3.0f} % "
        if self._live:
            print(f"\r\033[2K{share}{progress.text}", end="", file=self._stream, flush=True)
        elif progress.text != self._last:
            print(progress.text, file=self._stream, flush=True)
        self._last = progress.text

    def follow(self, steps: Generator[Progress, None, T]) -> T:
        """Run to the end, telling all the way; the result."""
        while True:
            try:
                self.tell(next(steps))
            except StopIteration as end:
                result: T = end.value
                return result

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self._live and self._last:
            print("\r\033[2K", end="", file=self._stream, flush=True)
