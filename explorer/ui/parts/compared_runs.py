"""The list of runs to compare as text, so that a link carries it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.backends.contenders import DEFAULTS, options_of, words_of
from explorer.ui.shell import state
from explorer.values.comparing import MOST_CONTENDERS, Contender
from explorer.values.errors import ExplorerError

LINK = "compare"
_RUNS, _PARTS = "~", "."  # between runs, and between the parts of one; no option's word holds one


def contenders() -> tuple[Contender, ...]:
    """The runs of this session; a new session takes them from the link, or starts with every library's default."""
    if LINK not in st.session_state:
        text = st.query_params.get(LINK)
        st.session_state[LINK] = DEFAULTS if text is None else _of_link(text)
    known: tuple[Contender, ...] = st.session_state[LINK]
    if known != DEFAULTS and LINK not in st.query_params:  # a switch of pages empties the link
        st.query_params[LINK] = encoded(known)
    return known


def set_contenders(wanted: Sequence[Contender]) -> None:
    """Make these the session's runs, and put them into the link."""
    st.session_state[LINK] = tuple(wanted)
    st.query_params[LINK] = encoded(wanted)
    state.forget(LINK)


def encoded(runs: Sequence[Contender]) -> str:
    """``depgraph.l2.local.1.50~native.…``: library, its fields in order, ratio in 1/100 %."""
    return _RUNS.join(
        _PARTS.join((run.library, *words_of(run), str(round(run.ratio * 10_000)))) for run in runs
    )


def decoded(text: str) -> Contender:
    """One run.

    Raises:
        ValueError: if the text is not what `encoded` writes.
    """
    try:
        library, *texts, ratio = text.split(_PARTS)
        found = Contender(library, options_of(library, texts), int(ratio) / 10_000)
    except (ExplorerError, ValueError) as error:
        raise ValueError(f"{text!r} is not a run") from error
    if not 0 <= found.ratio < 1:
        raise ValueError(f"{text!r} is not a run")
    return found


def _of_link(text: str) -> tuple[Contender, ...]:
    found: list[Contender] = []
    wrong: list[str] = []
    for part in filter(None, text.split(_RUNS)):
        try:
            found.append(decoded(part))
        except ValueError:
            wrong.append(f"The link names a run “{state.short(part)}” that cannot be read; it was left out.")
    if wrong:
        state.note(LINK, " ".join(wrong))
    if len(found) > MOST_CONTENDERS:
        state.note_also(LINK, f"The link names {len(found)} runs; the first {MOST_CONTENDERS} are shown.")
    return tuple(found[:MOST_CONTENDERS])
