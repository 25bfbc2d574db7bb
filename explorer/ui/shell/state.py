"""What a session remembers and a link carries.

Ordinary widgets bind themselves to the link (``bind="query-params"``) and drop what they do not
know without a word; this module puts in the word.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import streamlit as st

from explorer.words.formats import plain

_NOTICES = "notices"
_RENAMED = {"file size": "tensors"}  # options, by what links made before call them
_LONGEST = 60  # characters of a link's value that a sentence repeats


def check_link(param: str, known: Sequence[str], thing: str) -> None:
    """Note one sentence for each value of `param` in the link that is not `known`.

    Call it before the widget of that name. Only a link is judged: once the widget stands in the
    session, an option that went away (other network, other weights) is no one's mistake.
    """
    if param in st.session_state:
        return
    wrong = [value for value in st.query_params.get_all(param) if value not in known]
    if wrong:
        note(param, " ".join(unknown(value, known, thing) for value in wrong))


def rename(param: str, known: Sequence[str]) -> None:
    """Have a link that was made before an option got its present name pick it all the same."""
    former = st.query_params.get(param, "")
    if param not in st.session_state and former not in known and (now := _RENAMED.get(former)) in known:
        st.session_state[param] = now


def unknown(value: str, known: Sequence[str], thing: str) -> str:
    """The sentence for a name that does not exist, with what comes close to it."""
    near = get_close_matches(value, known, n=3, cutoff=0.5)
    shown = near or list(known[:5])
    hint = (
        f"Did you mean {' or '.join(shown)}?"
        if near
        else f"Known: {', '.join(shown)}{'.' if len(known) <= 5 else ' …'}"
    )
    return f"The link names {thing} “{short(value)}”, which does not exist. {hint} The rest of the link was kept."


def short(value: str) -> str:
    """What a sentence repeats of a value from a link."""
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def start_fraction(name: str, default: float, maximum: float, minimum: float = 0.0) -> float:
    """Put a fraction into the session: what it holds already, else what the link says, else `default`."""
    if name not in st.session_state:
        st.session_state[name] = _fraction_of_link(name, default, maximum, minimum)
    return float(st.session_state[name])


def _fraction_of_link(name: str, default: float, maximum: float, minimum: float) -> float:
    text = st.query_params.get(name)
    if text is None:
        return default
    value = number(text)
    if value is None or not minimum <= value <= maximum:
        _note_number(name, text, f"a fraction from {minimum:g} to {maximum:g}", default)
        return default
    return round(value, 2)


def check_number(name: str, low: float, high: float, default: float | None, whole: bool = False) -> None:
    """Note one sentence if the link gives `name` something else than a number from `low` to `high`.

    Call it before the number input of that name, which drops such a value without a word.
    """
    text = st.query_params.get(name)
    if name in st.session_state or text is None:
        return
    value = number(text)
    if value is None or not low <= value <= high:
        _note_number(name, text, f"a number from {low:.10g} to {high:.10g}", default)
    elif whole and value % 1:
        _note_number(name, text, f"a whole number from {low:.10g} to {high:.10g}", int(value))


def _note_number(name: str, text: str, expected: str, shown: float | None) -> None:
    instead = "It stays empty." if shown is None else f"Showing {shown:.10g}."
    note(name, f"The link asks for {name}={short(text)}; expected {expected}. {instead}")


def number(text: str) -> float | None:
    """What a text says, if it is a number."""
    try:
        return float(text)
    except ValueError:
        return None


def set_fraction(name: str, value: object, maximum: float) -> None:
    """Take what the browser sent, held within its bounds; anything but a number changes nothing."""
    if isinstance(value, int | float):
        st.session_state[name] = round(min(max(float(value), 0.0), maximum), 2)
        forget(name)


def note(about: str, sentence: str) -> None:
    """Keep a sentence on screen until `forget` is called with the same subject."""
    st.session_state.setdefault(_NOTICES, {})[about] = sentence


def note_also(about: str, sentence: str) -> None:
    """Like `note`, behind what is on screen about the same subject."""
    noted = st.session_state.get(_NOTICES, {}).get(about)
    note(about, f"{noted} {sentence}" if noted else sentence)


def forget(about: str) -> None:
    """Take a noted sentence off the screen."""
    st.session_state.get(_NOTICES, {}).pop(about, None)


def show_notices(*about: str) -> None:
    """Draw what was noted about these subjects."""
    noted = st.session_state.get(_NOTICES, {})
    for subject in about:
        if subject in noted:
            st.warning(plain(noted[subject]))


def drop_unknown(name: str, known: Sequence[str]) -> list[str]:
    """Forget picked names that another network had, and return them: the link would keep them."""
    picked = st.session_state.get(name, [])
    gone = [value for value in picked if value not in known]
    if gone:
        st.session_state[name] = [value for value in picked if value in known]
    return gone
