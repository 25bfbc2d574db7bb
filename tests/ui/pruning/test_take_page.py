"""Show code and Take it away, as Streamlit runs them; the engine is real."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.backends import NATIVE
from explorer.engine import calls
from explorer.values import NativeOptions, WeightScope
from explorer.values.bundle import Failed, Taken
from explorer.values.errors import PruningError
from explorer.values.page import Page, Price
from tests.helpers.pages import RESNET, open_app
from tests.helpers.paths import ROOT


def test_code_follows_the_widgets_while_it_is_open() -> None:
    app = open_app("pytorch_native")
    assert not app.code
    app.session_state["native_code"] = True
    app.segmented_control(key="native_scope").set_value("global").run()
    (shown,) = app.code
    script = calls.code(RESNET, NATIVE, NativeOptions(scope=WeightScope.GLOBAL), 0.5)
    assert shown.value == script.strip()
    assert "prune.global_unstructured(pool, prune.L1Unstructured, amount=AMOUNT)" in shown.value


@pytest.mark.parametrize("page", ["depgraph_pruning", "pytorch_native", "sparseml"])
def test_every_pruning_page_offers_to_take_the_network_away(page: str) -> None:
    app = open_app(page)
    offered = [button.label for button in app.button]
    assert "Make the folder" in offered or "Set SparseML up" in offered


def test_what_is_wanted_of_the_report_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []

    def start(*asked: object) -> str:
        sent.extend(asked)
        raise PruningError("Not now.")

    monkeypatch.setattr(calls.take, "start", start)
    app = AppTest.from_file(str(ROOT / "pages" / "depgraph_pruning.py"), default_timeout=120)
    app.query_params["network"] = "digits-cnn"
    app.run()
    app.multiselect(key="take_run_sections").unselect("layers")
    app.number_input(key="take_run_price").set_value(2.0)
    app.toggle(key="take_run_why").set_value(True).run()
    app.button(key="take").click().run()
    assert sent[-1] == Page(("layers",), Price(2.0), why=True)
    assert "Not now." in [error.value for error in app.error]


def shown(taken: Taken) -> AppTest:
    """What the page shows of a run that made this."""

    def script(taken) -> None:  # type: ignore[no-untyped-def]  # it is run as text, without this module
        from explorer.ui.pruning import take

        take._show("take_run", taken)

    return AppTest.from_function(script, args=(taken,)).run()


def test_what_failed_its_check_is_named_beside_the_download(tmp_path: Path) -> None:
    zipped = tmp_path / "one.zip"
    zipped.write_bytes(b"PK")
    app = shown(
        Taken("net.pruned.zip", str(zipped), 2, ("load.py",), (Failed("prune.py", "It took too long."),))
    )
    assert [warning.value for warning in app.warning] == ["**prune.py is not in it.** It took too long."]
    assert [caption.value for caption in app.caption] == ["`load.py`"]


def test_a_zip_that_is_gone_is_told(tmp_path: Path) -> None:
    app = shown(Taken("net.pruned.zip", str(tmp_path / "gone.zip"), 2, ()))
    assert "this one is gone. Make it again." in app.info[0].value
