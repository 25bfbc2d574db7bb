"""A slider for a fraction that stays in the session and in the link."""

from __future__ import annotations

import streamlit as st

from explorer.ui.parts.widgets import Width
from explorer.ui.shell import state


def fraction_slider(
    label: str,
    name: str,
    default: float,
    least: float,
    most: float,
    help: str | None = None,
    width: Width = "stretch",
) -> float:
    """Draw it; notices under `name` are the caller's to show."""

    def take() -> None:
        state.set_fraction(name, st.session_state[f"{name}_slider"], most)

    start = min(max(state.start_fraction(name, default, most, least), least), most)
    st.slider(label, least, most, start, 0.01, key=f"{name}_slider", help=help, on_change=take, width=width)
    value = min(max(float(st.session_state[name]), least), most)
    if st.query_params.get(name) != f"{value:.2f}":
        st.query_params[name] = f"{value:.2f}"
    return value
