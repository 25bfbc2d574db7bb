"""How well a plan does, as pages show it while a slider moves."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _of_before() -> None:
    from explorer.ui.parts.plan_parts import show_accuracy, show_trust
    from explorer.ui.parts.trailing import Judged
    from explorer.values import Evaluation, LiveAccuracy

    dense, after, recalibrated = (Evaluation(share, 0.5, 16) for share in (0.75, 0.25, 0.5))
    found = LiveAccuracy(dense, after, recalibrated, 1000, 128)
    show_accuracy(Judged(found, "0.43", "pause"))
    show_trust(found)


def test_a_figure_of_another_position_says_of_which() -> None:
    app = AppTest.from_function(_of_before).run()
    assert not app.exception
    told = " ".join(text.value for text in app.markdown)
    assert "gray-badge[at 0.43: 16 of 1,000 test images]" in told
    assert [(figure.label, figure.value) for figure in app.metric] == [
        ("Re-calibrated", "50.0 %"),
        ("Right after", "25.0 %"),
    ]
    assert "dense 75.0 %" in app.caption[-1].value.replace("\N{NO-BREAK SPACE}", " ")
