"""The app as a person starts it, and the system's browser: for tests, benchmarks and pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from tests.helpers.paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = 60.0  # seconds until a server must answer
FROM_CHECKOUT = ("streamlit", "run", "app.py")


@dataclass(frozen=True)
class RunningApp:
    """A server as a person starts it."""

    url: str
    pid: int


@contextmanager
def streamlit_server(
    command: Sequence[str] = FROM_CHECKOUT, folder: Path = ROOT, after: Sequence[str] = (), **environment: str
) -> Iterator[RunningApp]:
    """Start the app with these variables, wait until it answers, and end it afterwards.

    Args:
        command: a module and what it is told.
        folder: where it is started.
        after: what the app itself is told, behind what Streamlit is.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", *command, f"--server.port={port}", "--server.headless=true", *after],
        cwd=folder,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    app = RunningApp(f"http://127.0.0.1:{port}", server.pid)
    try:
        wait_until_it_answers(app)
        yield app
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_it_answers(app: RunningApp) -> None:
    """Return as soon as the server is healthy."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        with suppress(OSError), urlopen(f"{app.url}/_stcore/health", timeout=2):
            return
        time.sleep(0.1)
    raise TimeoutError(f"The app did not answer at {app.url} within {START:g} s.")


def browser_path() -> str | None:
    """Where the system's Chromium is."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A headless browser that talks to nobody but the app."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()
