"""Ranking all weights together, once a network: how far it is, and a way out."""

from __future__ import annotations

import streamlit as st

from explorer.engine import service
from explorer.values import NativeOptions, NetworkSpec

_CANCELLED = "native_ranking_cancelled"  # what was being ranked


def prepare(spec: NetworkSpec, options: NativeOptions) -> bool:
    """Rank the weights with a bar for as long as it takes; False if the person would not wait.

    The engine ranks a moment at a time: a page that is drawn anew in between simply does not ask for the next.
    """
    if st.session_state.get(_CANCELLED) == (spec, options):
        st.info(
            "The weights are not ranked, so there is no plan. Rank them, or let every layer be ranked alone."
        )
        st.button("Rank the weights", on_click=_cancelled, args=(None,))
        return False
    progress = service.native_prepare(spec, options)
    if progress.fraction == 1:
        return True
    doing = st.empty()
    with doing.container():
        bar = st.empty()
        st.button("Cancel", key="native_ranking_cancel", on_click=_cancelled, args=((spec, options),))
    share = 0.0
    while progress.fraction != 1:
        share = share if progress.fraction is None else progress.fraction
        bar.progress(share, f"{progress.text} …")
        progress = service.native_prepare(spec, options)
    doing.empty()
    return True


def _cancelled(what: tuple[NetworkSpec, NativeOptions] | None) -> None:
    st.session_state[_CANCELLED] = what
