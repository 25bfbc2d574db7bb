"""How well a plan does, as pages show it while a slider moves."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _put_off() -> None:
    from explorer.ui.parts.plan_parts import show_accuracy, show_trust
    from explorer.values import Evaluation, LiveAccuracy

    found = LiveAccuracy(Evaluation(0.75, 0.5, 16), None, None, 1000, 128, is_put_off=True)
    show_accuracy(found)
    show_trust(found)


def test_a_figure_that_is_put_off_is_not_called_measured() -> None:
    app = AppTest.from_function(_put_off).run()
    assert not app.exception
    told = " ".join(text.value for text in app.markdown)
    assert "measured on release: 16 of 1,000 test images" in told
    assert "measured:" not in told
    assert [figure.label for figure in app.metric] == ["Re-calibrated", "Right after"]
    assert {(figure.value, figure.delta) for figure in app.metric} == {("…", "on release")}
    assert "dense 75.0 %" in app.caption[-1].value.replace("\N{NO-BREAK SPACE}", " ")
