"""One engine process, seen from the server: start it, call it, survive whatever becomes of it."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

from explorer.process.channel import Channel
from explorer.process.frames import Ending, Reply, Request
from explorer.process.limits import GIB, MEMORY_VARIABLE, memory_limit, thread_environment
from explorer.values import errors, places
from explorer.values.errors import EngineError, ExplorerError

START_LIMIT = 120.0  # seconds to import the functions, torch among them, on a busy machine

log = logging.getLogger(__name__)


def always() -> bool:
    """The answer of a call that nobody cancels."""
    return True


def ignore(progress: Any) -> None:
    """What becomes of progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """All that one kind of process is started with, and how sentences speak of it."""

    functions: str = "explorer.engine.answers"
    memory: int = field(default_factory=memory_limit)  # bytes
    threads: int = 1
    niceness: int = 0  # how readily it leaves the cores to others, 0 to 19
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=places.start_folder)  # the working directory
    title: str = "engine process"
    remedy: str = "It has been restarted; try again."


class EngineProcess:
    """A child process that runs functions; one caller at a time.

    After a call that raised, `alive` tells whether the process can go on: it was stopped if it
    hung, ran out of memory or was no longer wanted.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._ready = False
        self._stopped = False
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        with theirs:
            self._child = self._start(theirs.fileno())

    def _start(self, channel: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._command(channel),
                cwd=self.settings.folder,
                env={**os.environ, **thread_environment(self.settings.threads), **self.settings.environment},
                stdin=subprocess.DEVNULL,
                stdout=2,  # what a library prints belongs in the server's log
                pass_fds=[channel],
                start_new_session=True,  # Ctrl-C in the terminal is the server's; children see it end
            )
        except OSError as error:
            self._channel.close()
            raise EngineError(
                f"The {self.title} could not be started: {error.strerror}. "
                "Close other programs and try again."
            ) from error

    def _command(self, channel: int) -> list[str]:
        settings = self.settings
        words = ["--channel", channel, "--functions", settings.functions, "--memory", settings.memory]
        words += ["--niceness", settings.niceness]
        return [sys.executable, "-m", "explorer.process.worker", *map(str, words)]

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def title(self) -> str:
        """What sentences call this process."""
        return self.settings.title

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self._child.poll() is None

    def stop(self, grace: float = 0.0) -> None:
        """End the child and all that it started: SIGTERM and `grace` seconds first, if any, then SIGKILL."""
        if self._stopped:
            return
        self._stopped = True
        self._channel.close()
        if grace and self.alive:
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(grace)
        self._signal(signal.SIGKILL)
        self._child.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)

    def call(
        self,
        request: Request,
        timeout: float,
        on_progress: Callable[[Any], None] = ignore,
        wanted: Callable[[], bool] = always,
    ) -> Any:
        """Run one function and return its result.

        Args:
            timeout: seconds; the time it takes to start the process is not counted.
            on_progress: gets what a generator function yields.
            wanted: asked a few times a second; False stops the process.

        Raises:
            ExplorerError: what the function itself refused, in its own class.
            EngineError: if it failed, hung, was killed or ran out of memory.
            CancelledError: if `wanted` returned False.
        """
        try:
            self._await_ready(request, wanted)
            deadline = monotonic() + timeout
            self._channel.send(request, deadline)
            while (reply := self._channel.receive(deadline, wanted)).outcome is Ending.PROGRESS:
                on_progress(reply.value)
        except TimeoutError:
            self.stop()
            sentence = f"{request.subject} took longer than {timeout:g} s, so the {self.title} was stopped."
            raise self._error(sentence) from None
        except (EOFError, OSError):
            raise self._killed(request) from None
        except pickle.UnpicklingError as error:
            self.stop()
            raise self._error(f"The answer of '{request.function}' was refused: {error}.") from None
        except BaseException:  # the rest of the answer would be taken for the next one's
            self.stop(grace=1.0)
            raise
        return self._result(request, reply)

    def _await_ready(self, request: Request, wanted: Callable[[], bool]) -> None:
        """Wait until the functions are imported."""
        if self._ready:
            return
        try:
            reply = self._channel.receive(monotonic() + START_LIMIT, wanted)
        except TimeoutError:
            self.stop()
            raise self._error(f"The {self.title} did not start within {START_LIMIT:g} s.") from None
        if reply.outcome is not Ending.READY:
            self.stop()
            self._result(request, reply)
        self._ready = True

    def _result(self, request: Request, reply: Reply) -> Any:
        """The value, or the error that the reply stands for."""
        if reply.outcome is Ending.DONE:
            return reply.value
        if reply.outcome is Ending.REFUSED:
            raise getattr(errors, reply.error, ExplorerError)(reply.sentence).about(reply.about)
        if reply.outcome is Ending.EXHAUSTED:
            self._exhausted(request)
        log.error("'%s' failed in the %s:\n%s", request.function, self.title, reply.traceback)
        cause = f"{reply.error}: {reply.sentence}".rstrip(". :")
        raise EngineError(f"{request.subject} failed with {cause}. The server's log has the details.")

    def _exhausted(self, request: Request) -> NoReturn:
        """Give the memory back by ending the process."""
        self.stop()
        limit = self.settings.memory / GIB
        raise EngineError(
            f"{request.subject} needed more memory than the {self.title} may use ({limit:.3g} GB), so it was stopped. "
            f"Pick a smaller network, or raise {MEMORY_VARIABLE} and restart the app."
        )

    def _killed(self, request: Request) -> EngineError:
        """What to say of a child that is gone, or that closed the channel without an answer."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(2.0)
        self.stop()
        code = self._child.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return self._error(f"The {self.title} was killed ({how}) {request.circumstance}.")

    def _error(self, sentence: str) -> EngineError:
        return EngineError(f"{sentence} {self.settings.remedy}")
