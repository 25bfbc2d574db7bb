"""The engines that answer pages: short calls, each network at home in one of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from explorer.process.engine import EngineProcess, EngineSettings, ignore
from explorer.process.frames import Request
from explorer.process.turns import WaitingLine, for_seconds
from explorer.values.errors import EngineError

PATIENCE = 120.0  # seconds to wait for an engine that works for somebody else
MOST_HOMES = 4096  # keys remembered; links name networks and seeds freely


class Engine:
    """A place in the pool: its process is replaced when it dies, its queue stays."""

    def __init__(self, settings: EngineSettings) -> None:
        self.turns = WaitingLine()
        self._settings = settings
        self._process: EngineProcess | None = None

    def call(self, request: Request, timeout: float, on_progress: Callable[[Any], None]) -> Any:
        """Run the request; a process that did not survive is replaced at once."""
        try:
            return self.living().call(request, timeout, on_progress)
        finally:
            self.living()

    def living(self) -> EngineProcess:
        """The process, started or replaced where that is needed; to be called by whoever has the turn."""
        if self._process is None or not self._process.alive:
            self.stop()
            self._process = EngineProcess(self._settings)
        return self._process

    def start_early(self) -> None:
        """Start the process, unless somebody is about to. If it cannot start, its first caller is told."""
        if self._process is None and self.turns.take(lambda: False):
            try:
                with suppress(EngineError):
                    self.living()
            finally:
                self.turns.give_back()

    @property
    def pid(self) -> int | None:
        """Process id, which changes with a restart; None before the first start."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.stop()


class Listener:
    """Passes progress on until its receiver raises something, and keeps that for later."""

    def __init__(self, receive: Callable[[Any], None]) -> None:
        self._receive = receive
        self._broke_off: BaseException | None = None

    def __call__(self, progress: Any) -> None:
        if self._broke_off is None:
            try:
                self._receive(progress)
            except BaseException as error:  # Streamlit ends a script with one that is no Exception
                self._broke_off = error

    def raise_what_broke_off(self) -> None:
        """Raise what the receiver raised, if anything."""
        if self._broke_off is not None:
            raise self._broke_off


class EnginePool:
    """A fixed number of engine processes.

    The first starts at once, in the background; the others when it has answered for the first
    time or is busy, so that imports do not fight over the cores while somebody waits.

    Args:
        size: number of processes. Two let one session work while another waits for a slow network.
        settings: what they are started with.
        patience: seconds a call waits while its engine works for others.
    """

    def __init__(
        self, size: int = 2, settings: EngineSettings | None = None, patience: float = PATIENCE
    ) -> None:
        settings = settings or EngineSettings()
        self._engines = [Engine(settings) for _ in range(size)]
        self._engines[0].start_early()
        self._homes: OrderedDict[str, Engine] = OrderedDict()
        self._lock = Lock()
        self._patience = patience

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the engines that were started."""
        return tuple(engine.pid for engine in self._engines if engine.pid is not None)

    def call(
        self,
        function: str,
        *args: Any,
        key: str = "",
        timeout: float = 60.0,
        doing: str = "",
        on_progress: Callable[[Any], None] = ignore,
        **kwargs: Any,
    ) -> Any:
        """Run a public function of the engine and return its plain result.

        Args:
            function: its name.
            key: calls of one key meet in one engine, which then holds their network already.
            doing: what that is in plain words, for sentences.
            timeout: seconds for the function itself; waiting for the engine is not counted.
            on_progress: gets what a generator function yields. What it raises is raised when the function has
                ended: the engine works for others too, and a page that is drawn anew must not end it.

        Raises:
            ExplorerError: what the function refused, in its own class.
            EngineError: if the engine failed, hung, was killed, ran out of memory, or is busy for too long.
        """
        engine = self._home(key)
        self._take(engine, f"{doing or repr(function)} was not started")
        listener = Listener(on_progress)
        try:
            result = engine.call(Request(function, args, kwargs, doing), timeout, listener)
        finally:
            engine.turns.give_back()
            for other in self._engines:
                other.start_early()
        listener.raise_what_broke_off()
        return result

    def _home(self, key: str) -> Engine:
        """Where calls of `key` go: always the same engine, for a new key the one with least to do."""
        with self._lock:
            if key not in self._homes:
                homes = list(self._homes.values())
                engine = min(self._engines, key=lambda one: (one.turns.load, homes.count(one)))
                if not key:
                    return engine
                self._homes[key] = engine
            self._homes.move_to_end(key)
            if len(self._homes) > MOST_HOMES:
                self._homes.popitem(last=False)
            return self._homes[key]

    def restart(self) -> None:
        """End all processes, each when its turn comes; the next call of each starts another.

        Raises:
            EngineError: if one is busy for too long.
        """
        for engine in self._engines:
            self._take(engine, "it was not started anew")
            try:
                engine.stop()
            finally:
                engine.turns.give_back()

    def _take(self, engine: Engine, what_did_not_happen: str) -> None:
        if not engine.turns.take(for_seconds(self._patience)):
            raise EngineError(
                f"The engine has been busy with other work for {self._patience:g} s, so {what_did_not_happen}. Try "
                "again in a moment."
            )

    def close(self) -> None:
        """End all processes."""
        for engine in self._engines:
            engine.stop()
