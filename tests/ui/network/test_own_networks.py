"""Every page with a network of one's own, as Streamlit runs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.process.pool import EnginePool
from tests.helpers.own import NET, TWO, told_engines
from tests.helpers.pages import PAGES, open_app


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnginePool]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "net.py").write_text(NET)
    with pytest.MonkeyPatch.context() as monkeypatch, told_engines(monkeypatch, folder, TWO) as pool:
        yield pool


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_it_and_picks_it_first(told: EnginePool, page: str) -> None:
    app = open_app(page)
    picker = app.selectbox(key="network")
    assert (picker.value, picker.options[0]) == ("net.py:build", "net.py:build")
    assert [error.value for error in app.error] == []
