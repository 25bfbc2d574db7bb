"""The app on a module in hand: served by a child of this process, for as long as this one lives."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

from torch import nn

from explorer.anatomy.inputs import Example
from explorer.anatomy.network import Network, wrap
from explorer.backends.bench import Bench
from explorer.backends.table import parsed
from explorer.engine.cell import is_notebook, show_below
from explorer.sources.own.handing import hand_over
from explorer.studies.apply import plan_at
from explorer.values import Plan, applied, own, places
from explorer.values.errors import EngineError, PruningError

PATIENCE = 60.0  # seconds until the app must answer
GRACE = 5.0  # seconds to end by itself


class Session:
    """An app that shows one module; `close` ends it, and so does the end of this process."""

    def __init__(self, bench: Bench, folder: Path, server: subprocess.Popen[bytes], url: str) -> None:
        self.url = url
        self._bench = bench
        self._folder = folder
        self._server = server
        self._made: dict[applied.Applied, nn.Module] = {}
        atexit.register(self.close)

    @property
    def plan(self) -> Plan:
        """The plan that was applied last in the app, made anew in this process.

        Raises:
            PruningError: if nothing has been applied yet.
        """
        last = self._last()
        return plan_at(self._planner(last), last.amount)

    @property
    def pruned(self) -> nn.Module:
        """A copy of the module as its library leaves it under `plan`, before any training; made in this process.

        Raises:
            PruningError: if nothing has been applied yet.
        """
        last = self._last()
        if last not in self._made:
            planner = self._planner(last)
            self._made = {last: planner.apply(plan_at(planner, last.amount))}
        return self._made[last]

    def close(self) -> None:
        """End the app and forget what it was handed."""
        atexit.unregister(self.close)
        assert self._server.stdin is not None
        with suppress(BrokenPipeError):
            self._server.stdin.close()  # which the app takes for our end
        try:
            self._server.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait(self) -> None:
        """Return when the app answers.

        Raises:
            EngineError: if it ended, or does not answer in time.
        """
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline and self._server.poll() is None:
            with suppress(OSError), urlopen(f"{self.url}/_stcore/health", timeout=2):
                return
            sleep(0.1)
        raise EngineError(f"The app does not answer at {self.url}. Its log says: {self._log()}")

    def _log(self) -> str:
        with suppress(OSError):
            return (self._folder / "log.txt").read_text(errors="replace").strip()[-500:] or "nothing"
        return "nothing"

    def _last(self) -> applied.Applied:
        if found := applied.read(self._folder):
            return found
        raise PruningError(
            f"Nothing has been applied at {self.url} yet. Press Apply on a page, then ask again."
        )

    def _planner(self, last: applied.Applied) -> Any:
        return self._bench.planner(last.backend, parsed(last.backend, last.options))

    def __repr__(self) -> str:
        return f"<explorer session at {self.url}>"


def show(
    module: nn.Module,
    example_input: Example,
    data: Any = None,
    name: str | None = None,
    metric: Any = None,
    browse: bool = True,
) -> Session:
    """Open the app on a module in hand; returns at once, while the app starts.

    Args:
        module: see `explorer.wrap`; its class may be defined in a notebook's cell or in the script that runs.
        example_input: see `explorer.wrap`.
        data: see `explorer.wrap`.
        name: in the picker; the name of its class unless given.
        metric: see `explorer.wrap`.
        browse: whether to show it: below the cell in Jupyter, in a browser elsewhere.

    Raises:
        NetworkError: as `explorer.wrap` raises it, and if the module cannot be handed to another process.
    """
    net = wrap(module, example_input, data, name or type(module).__name__, metric)
    folder = Path(tempfile.mkdtemp(prefix="pruning-explorer-"))  # that only its owner may enter
    try:
        hand_over(net, folder)
        session = Session(Bench(net), folder, *_served(net, folder))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if browse:
        _open(session)
    return session


def _served(net: Network, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The app in a child process, and its address."""
    port = _free_port()
    command = [
        "-m",
        "explorer",
        f"--server.port={port}",
        "--server.address=127.0.0.1",
        "--server.headless=true",
    ]
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command],
            cwd=places.start_folder(),
            env={**os.environ, **_told(net, folder)},
            stdin=subprocess.PIPE,  # it ends when this process does, however that comes
            stdout=log,
            stderr=log,
            start_new_session=True,  # an interrupted cell leaves the app alone
        )
    return server, f"http://127.0.0.1:{port}"


def _told(net: Network, folder: Path) -> Mapping[str, str]:
    paths = [os.path.abspath(path) for path in sys.path]
    handed = own.Own(net.name, f"{own.HANDED}:{folder}", data=_judged_by(net))
    return {own.VARIABLE: own.as_text((handed,), Path.cwd(), paths), own.STARTER: str(folder)}


def _judged_by(net: Network) -> str | None:
    """What the picker says of it."""
    given = [what for what, part in (("data", net.data or net.inputs), ("metric", net.metric)) if part]
    return f"the {' and the '.join(given)} that explorer.show was given" if given else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _open(session: Session) -> None:
    if is_notebook():
        show_below(session.url)
    else:
        Thread(target=_browse, args=(session,), daemon=True).start()


def _browse(session: Session) -> None:
    session.wait()
    webbrowser.open(session.url)
