"""Pages as Streamlit runs them, without a browser: what their tests share."""

from __future__ import annotations

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
    """The value of the first metric with that label."""
    return next(shown.value for shown in app.metric if shown.label == label)
