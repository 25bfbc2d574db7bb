"""Pages as Streamlit runs them, without a browser: what their tests share."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from explorer.ui.shell import frame
from explorer.values import NetworkSpec, Weights
from tests.helpers.paths import ROOT

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)
PAGES = tuple(frame.PAGES)


def open_app(page: str = "network", **link: str | list[str]) -> AppTest:
    """The app as a new session sees it through a link to `page`; of digits-resnet, unless it names a network."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {"network": RESNET.name, **link}.items():
        app.query_params[name] = value
    app.run()
    # AppTest gives a page's widgets other ids on its very first run, so what was typed then would be lost.
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def metric(app: AppTest, label: str) -> str:
    """The value of the first figure with that label, of a plan or of what was measured."""
    measured = ((shown.label, shown.value) for shown in app.metric)
    return next(value for name, value in (*plan_figures(app).items(), *measured) if name == label)


def component_data(app: AppTest, component: str) -> list[Any]:
    """What the browser is told through components of that name."""
    shown = (one.proto for one in app.get("bidi_component"))
    return [json.loads(one.json) for one in shown if one.component_name == component]


def plan_figures(app: AppTest) -> dict[str, str]:
    """The figures of the plan on screen, by their labels."""
    return {one["label"]: one["value"] for shown in _of_plan(app) for one in shown["figures"]}


def plan_marks(app: AppTest) -> list[tuple[str, str]]:
    """What stands above them, each with its colour."""
    return [(one["text"], one["colour"]) for shown in _of_plan(app) for one in shown["marks"]]


def _of_plan(app: AppTest) -> list[Any]:
    return [shown["now"] for shown in component_data(app, "explorer_plan_figures")]
