"""Scoring and ranking, once a network: how far it is, and a way out."""

from __future__ import annotations

import streamlit as st

from explorer.engine import calls
from explorer.values import NetworkSpec
from explorer.values.comparing import AnyOptions
from explorer.values.errors import ExplorerError

_CANCELLED = "ranking_cancelled"  # what was being ranked


def prepare(spec: NetworkSpec, backend: str, options: AnyOptions) -> bool:
    """Rank with a bar for as long as it takes; False if the person would not wait.

    The engine ranks a moment at a time: a page that is drawn anew in between simply does not ask for the next.
    """
    what = spec, backend, options
    if st.session_state.get(_CANCELLED) == what:
        st.info("Nothing is ranked, so there is no plan. Rank it, or choose other options.")
        st.button("Rank it", on_click=_cancelled, args=(None,))
        return False
    progress = calls.prepare(*what)
    if progress.fraction == 1:
        return True
    doing = st.empty()
    with doing.container():
        bar = st.empty()
        st.button("Cancel", key="ranking_cancel", on_click=_cancelled, args=(what,))
    share = 0.0
    while progress.fraction != 1:
        share = share if progress.fraction is None else progress.fraction
        bar.progress(share, f"{progress.text} …")
        try:
            progress = calls.prepare(*what)
        except ExplorerError:
            doing.empty()  # what is refused goes on no longer
            raise
    doing.empty()
    return True


def _cancelled(what: object) -> None:
    st.session_state[_CANCELLED] = what
