"""The overview: drawn without an engine, from plans that are what an engine would say."""

from __future__ import annotations

import json
from functools import cache
from typing import NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from explorer import sources
from explorer.engine import calls
from explorer.engine.frozen import CATALOG, frozen_catalog
from explorer.ui.overview.picture import SHRINKING, figure
from explorer.ui.shell import own
from explorer.values import tables
from explorer.values.errors import EngineError
from images import catalog, shrinking
from tests.helpers.paths import ROOT


def test_the_frozen_plans_are_those_of_the_network() -> None:
    frozen = json.loads(SHRINKING.read_text("utf-8"))
    assert frozen == shrinking.plans(), "Write them anew: python -m images shrinking"


def test_the_frozen_networks_are_those_that_an_engine_lists() -> None:
    assert json.loads(CATALOG.read_text("utf-8")) == catalog.held(), (
        "Write them anew: python -m images catalog"
    )


def test_networks_are_offered_while_no_engine_answers_unless_only_one_can_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dead() -> NoReturn:
        raise EngineError("The engine process was killed.")

    monkeypatch.setattr(calls, "listing", dead)
    monkeypatch.setattr(calls, "catalog", cache(calls.catalog.__wrapped__))
    app = AppTest.from_file(str(ROOT / "pages" / "overview.py"), default_timeout=60).run()
    assert app.sidebar.selectbox(key="network").options == [entry.name for entry in sources.catalog()]
    assert not frozen_catalog("0.1.0")  # another torchvision has others
    monkeypatch.setattr(tables, "modules", lambda: {"mine"})
    assert not frozen_catalog()


@pytest.mark.parametrize(
    ("link", "started_with", "page"),
    [
        ({}, None, "Pruning explorer"),
        ({"network": "digits-cnn"}, None, "Network"),  # as such links did before there was an overview
        ({}, "digits-cnn", "Network"),
    ],
)
def test_a_link_without_a_page_opens_the_network_where_it_or_a_flag_names_one(
    monkeypatch: pytest.MonkeyPatch, link: dict[str, str], started_with: str | None, page: str
) -> None:
    monkeypatch.setattr(own, "first", lambda: started_with)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(link)
    assert [title.value for title in app.run().title] == [page]
    assert app.selectbox(key="network").value == ("digits-cnn" if page == "Network" else "mnist-resnet")


def test_it_is_drawn_though_no_engine_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead() -> NoReturn:
        raise EngineError("The engine process was killed.")

    monkeypatch.setattr(calls, "catalog", dead)
    app = AppTest.from_file(str(ROOT / "pages" / "overview.py"), default_timeout=60).run()
    assert [title.value for title in app.title] == ["Pruning explorer"]
    assert any("mnist-resnet: each bar is a layer" in caption.value for caption in app.caption)
    (own_network,) = app.code
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(f"\n{line}" in readme for line in own_network.value.splitlines())
    assert [error.value for error in app.sidebar.error] == ["The engine process was killed."]


def test_the_picture_tells_what_is_left_at_each_ratio() -> None:
    plans = {
        "network": "toy",
        "ratios": [0.0, 0.5],
        "params": [4000, 1000],
        "macs": [900, 300],
        "layers": [{"name": "stem.conv", "coupled": 1, "channels": [16, 4]}],
    }
    drawn = figure(plans)
    assert (
        "toy loses channels. At a ratio of 0.5 it keeps 25 % of its parameters and 33 % of its MACs." in drawn
    )
    assert "1.00 k <small>25 %</small>" in drawn
    assert "300 <small>33 %</small>" in drawn
    assert "--at0:1.000;--at1:0.250" in drawn  # 4 of 16 channels
