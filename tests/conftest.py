"""What tests share: the app on a port of its own, and a real browser that notices every error."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
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
    pytest.fail(f"The app did not answer at {app.url} within {START:g} s.")


@pytest.fixture(scope="session")
def running_app() -> Iterator[RunningApp]:
    """One server for all tests that do no harm to it."""
    with streamlit_server() as app:
        yield app


@pytest.fixture
def fresh_app() -> Iterator[RunningApp]:
    """A server that nobody has used yet, and that a test may harm."""
    with streamlit_server() as app:
        yield app


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. In CI its absence is a failure, elsewhere the test is skipped."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        absent = f"No browser: install one of {', '.join(BROWSERS)}; .ci/run does it on Debian."
        if os.environ.get("CI") == "true":
            pytest.fail(absent)
        pytest.skip(absent)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Makes pages, each in a session of its own. The test fails if any of them met an error."""
    problems: list[str] = []
    contexts = []

    def open_one() -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"error in the page: {error}"))
        page.on("requestfailed", lambda request: problems.extend(failed(request)))
        page.on("response", lambda response: problems.extend(refused(response)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    """One page in a session of its own."""
    return open_page()


def failed(request: Request) -> list[str]:
    """A request that got no answer; one that the page itself gave up is none."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url}: {request.failure}"]


def refused(response: Response) -> list[str]:
    """An answer that says no. Streamlit looks for its server under the page's own path first: that is none."""
    is_search = response.status == 404 and "/_stcore/" in response.url
    return [] if response.status < 400 or is_search else [f"{response.url}: status {response.status}"]
