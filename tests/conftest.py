"""What tests share: the app on a port of its own, and a real browser that notices every error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, Response

from explorer.values import places
from tests.helpers.running import BROWSERS, RunningApp, browser_path, chromium, streamlit_server


@pytest.fixture(scope="session", autouse=True)
def kept_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs of tests are not kept among the user's own."""
    os.environ[places.KEPT] = str(tmp_path_factory.mktemp("kept"))


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
    executable = browser_path()
    if executable is None:
        absent = f"No browser: install one of {', '.join(BROWSERS)}; .ci/run does it on Debian."
        if os.environ.get("CI") == "true":
            pytest.fail(absent)
        pytest.skip(absent)
    with chromium(executable) as started:
        yield started


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
