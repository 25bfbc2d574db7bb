"""A refusal is told at the widget that causes it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from explorer.ui.parts import places
    from explorer.ui.parts.widgets import failures
    from explorer.values import NetworkSpec, Weights
    from explorer.values.errors import PruningError

    kept, spec = places.anew(), NetworkSpec("digits-cnn", Weights.TRAINED)
    st.caption("criterion")
    places.current().keep("criterion")
    st.caption("ratio")
    for field in ("criterion", "", "elsewhere"):
        with failures(field, spec, kept):
            raise PruningError(f"Refused for {field or 'no option'}.").about(field)


def test_a_refusal_is_told_at_its_option_and_any_other_where_it_happens() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    shown = [element.value for element in app.main if hasattr(element, "value")]
    assert shown == [
        "criterion",
        "Refused for criterion.",
        "ratio",
        "Refused for no option.",
        "Refused for elsewhere.",
    ]
