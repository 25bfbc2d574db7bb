"""What an engine makes once a network, a moment at a time: how far it is, and a way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from explorer.engine import calls
from explorer.values import NetworkSpec, Progress
from explorer.values.comparing import AnyOptions
from explorer.values.errors import ExplorerError


@dataclass(frozen=True)
class Wait:
    """One kind of thing that is waited for."""

    name: str  # of its widgets, and of what the session knows of it
    given_up: str  # what there is not, since the person would not wait
    again: str  # label of the button that begins anew


RANKING = Wait("ranking", "No ranking yet, so there is no plan. Rank it, or choose other options.", "Rank it")


def prepare(spec: NetworkSpec, backend: str, options: AnyOptions) -> bool:
    """Rank with a bar for as long as it takes; False if the person would not wait."""
    return waited(RANKING, (spec, backend, options), lambda: calls.prepare(spec, backend, options))


def waited(wait: Wait, what: object, step: Callable[[], Progress]) -> bool:
    """Ask for one moment after the other, with a bar and a button to cancel; False if the person would not wait.

    A page that is drawn anew in between simply does not ask for the next.

    Args:
        wait: what kind of thing it is.
        what: exactly.
        step: has the engine go on for a moment; the fraction is 1 at the end.
    """
    cancelled = f"{wait.name}_cancelled"
    if st.session_state.get(cancelled) == what:
        st.info(wait.given_up)
        st.button(wait.again, key=f"{wait.name}_again", on_click=_keep, args=(cancelled, None))
        return False
    progress = step()
    if progress.fraction == 1:
        return True
    doing = st.empty()
    with doing.container():
        bar = st.empty()
        st.button("Cancel", key=f"{wait.name}_cancel", on_click=_keep, args=(cancelled, what))
    share = 0.0
    try:
        while progress.fraction != 1:
            share = share if progress.fraction is None else progress.fraction
            bar.progress(share, f"{progress.text} …")
            progress = step()
    except ExplorerError:
        doing.empty()
        raise
    doing.empty()
    return True


def _keep(name: str, what: object) -> None:
    st.session_state[name] = what
