"""The recipe builder's small widgets: kept in the link and when another page is opened, each with its mistake."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.extras.sparseml.state import DEFAULTS, Problem, key
from explorer.ui.shell import state
from explorer.words.formats import plain
from explorer.words.glossary import explain


class Places:
    """Where each field's mistake is told: under its row of widgets, which is drawn before anyone knows of it."""

    def __init__(self) -> None:
        self._places: dict[str, st.delta_generator.DeltaGenerator] = {}

    def keep(self, *fields: str) -> None:
        """Leave room here for the mistake of any of these fields."""
        place = st.empty()
        self._places.update(dict.fromkeys(fields, place))

    def tell(self, problem: Problem) -> None:
        """Say what is wrong at the widget that causes it, or here where none does."""
        self._places.get(problem.field, st).error(plain(problem.sentence))


def choose(label: str, field: str, options: Sequence[str], help: str) -> str:
    """One of several options as a list that opens, the first one unless picked."""
    name = key(field)
    if st.session_state.get(name) not in (None, *options):
        del st.session_state[name]  # an option that another choice took away
    state.check_link(name, options, f"a value of {label.lower()}")
    picked = st.selectbox(
        label,
        options,
        key=name,
        bind="query-params",
        persist_state="session",
        help=help,
        on_change=state.forget,
        args=[name],
    )
    state.show_notices(name)
    return picked or options[0]


def number(label: str, field: str, low: float, high: float, step: float, format: str | None = None) -> float:
    """A number of the recipe; the default of the options unless typed. Its label is a word of the glossary."""
    return st.number_input(
        label,
        low,
        high,
        getattr(DEFAULTS, field),
        step,
        format,
        key=key(field),
        bind="query-params",
        persist_state="session",
        help=explain(label.lower()),
    )
