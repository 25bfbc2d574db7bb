"""The landing page: what the app is for, a network that shrinks, and the ways in."""

import streamlit as st

from explorer.ui.overview.picture import show_picture
from explorer.ui.overview.ways import show_own, show_ways
from explorer.ui.shell import frame


def show() -> None:
    """All of the page; none of it waits for the engine."""
    st.title("Pruning explorer")
    st.markdown(
        "See which layers of a neural network must shrink together, shrink them, and measure what that saves and "
        "what it costs."
    )
    show_picture()
    show_ways()
    show_own()


frame.draw_around(show)
