"""The app as a person starts it, and the system's browser: for tests, benchmarks and pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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


@dataclass(frozen=True)
class RunningApp:
    """``streamlit run app.py`` as a person starts it."""

    url: str
    pid: int


@contextmanager
def streamlit_server(**environment: str) -> Iterator[RunningApp]:
    """Start the app with these variables, wait until it answers, and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options, "--server.fileWatcherType=none"],
        cwd=ROOT,
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
