"""Small pieces that several pages share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from explorer.errors import EngineError, ExplorerError
from explorer.glossary import explain


@contextmanager
def failures(place: str) -> Iterator[None]:
    """Show what the explorer refuses as its one sentence; the rest of the page stays.

    Args:
        place: names this part of the page, so that two parts can fail at once.
    """
    try:
        yield
    except EngineError as error:
        st.error(str(error))
        st.button("Try again", key=f"again_{place}", on_click=lambda: None)
    except ExplorerError as error:
        st.error(str(error))


def exact_badge() -> None:
    """Mark figures that are computed, and exact."""
    st.badge("exact, before applying", color="blue", help=explain("exact"))


def measured_badge(how: str) -> None:
    """Mark figures that were found by running the network."""
    st.badge(f"measured: {how}", color="green", help=explain("measured"))
