"""The app in a child of this process, which ends when this process does, however that comes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

from explorer.values import places
from explorer.values.errors import EngineError

PATIENCE = 60.0  # seconds until the app must answer
GRACE = 5.0  # seconds to end by itself


class ServedApp:
    """A server of our own, for this machine only.

    Args:
        folder: where its log goes.
        told: variables that it finds in its environment.
    """

    def __init__(self, folder: Path, told: Mapping[str, str]) -> None:
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "log.txt"
        command = ["-m", "explorer", f"--server.port={port}", "--server.address=127.0.0.1"]
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                [sys.executable, *command, "--server.headless=true"],
                cwd=places.start_folder(),
                env={**os.environ, **told},
                stdin=subprocess.PIPE,  # whose end it takes for ours
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupted cell leaves the app alone
            )

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._server.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._server.poll() is None

    def wait(self) -> None:
        """Return when it answers.

        Raises:
            EngineError: if it ended, or does not answer in time.
        """
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline and self.alive:
            with suppress(OSError), urlopen(f"{self.url}/_stcore/health", timeout=2):
                return
            sleep(0.1)
        raise EngineError(f"The app does not answer at {self.url}. Its log ends with: {self._last_words()}")

    def stop(self) -> None:
        """End it."""
        assert self._server.stdin is not None
        with suppress(BrokenPipeError):
            self._server.stdin.close()
        try:
            self._server.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def _last_words(self) -> str:
        with suppress(OSError):
            return self._log.read_text(errors="replace").strip()[-500:] or "nothing"
        return "nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
