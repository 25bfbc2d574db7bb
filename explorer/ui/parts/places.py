"""Where the mistakes of options are told: beside the widgets that cause them."""

from __future__ import annotations

import streamlit as st

from explorer.backends.fields import Problem
from explorer.words.formats import plain


class Places:
    """Where each option's mistake is told: under its row of widgets, which is drawn before anyone knows of it."""

    def __init__(self) -> None:
        self._places: dict[str, st.delta_generator.DeltaGenerator] = {}

    def keep(self, *fields: str) -> None:
        """Leave room here for the mistake of any of these options."""
        place = st.empty()
        self._places.update(dict.fromkeys(fields, place))

    def tell(self, problem: Problem) -> None:
        """Say what is wrong at the widget that causes it, or here where none does."""
        self._places.get(problem.field, st).error(plain(problem.sentence))

    def say(self, field: str, sentence: str) -> None:
        """Say what became of an option, where its mistakes are told."""
        self._places.get(field, st).info(plain(sentence))


_PAGE = "option_places"


def anew() -> Places:
    """Those of a page that is about to be drawn."""
    st.session_state[_PAGE] = found = Places()
    return found


def current() -> Places:
    """Those of the page that is being drawn, or was when a part of it is drawn again."""
    found: Places = st.session_state[_PAGE] if _PAGE in st.session_state else anew()
    return found
