"""A slider that answers while it is dragged, as a Streamlit component of our own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer.ui.shell import assets, state

Again = Literal["", "pause", "release"]  # when a slider sends its value once more, for what is missing

_HTML, _CSS, _JS = (assets.text(f"live_slider.{kind}") for kind in ("html", "css", "js"))


def is_moving(name: str) -> bool:
    """Whether the slider of ``st.session_state[name]`` was held when it sent its value."""
    return bool(_sent(name).get("moving"))


def _sent(name: str) -> dict[str, object]:
    """What the browser sent last.

    Its ``turn``, which counts up, ``at``, a number, whether the slider is ``moving``, and followers ``spared``.
    """
    sent = st.session_state.get(f"{name}_slider", {}).get("sent")
    return sent if isinstance(sent, dict) else {}


def _spared(name: str) -> Sequence[str]:
    """The followers that the slider's last value did not ask for."""
    spared = _sent(name).get("spared")
    return spared if isinstance(spared, list) else ()


def _followed(name: str, followers: Sequence[str], ahead: Sequence[str]) -> list[str]:
    """The fragments that the slider's last value asks for, its own last."""
    spared = _spared(name)
    asked = [one for one in followers if one not in spared]
    return [*ahead[:-1], *asked, *ahead[-1:]] if followers[-1] in spared else asked


def live_slider(
    label: str,
    name: str,
    *,
    maximum: float = 0.95,
    again: Again = "",
    followers: Sequence[str] = (),
    ahead: Sequence[str] = (),
) -> None:
    """Mount the slider of ``st.session_state[name]``, a fraction from 0 to `maximum`.

    Call it last in a fragment, into a container that stands first: that it is mounted again tells
    the browser that everything drawn before shows its last value, and that it may send the next.
    The value lives under `name` in the session and in the link. Where part of what is drawn is missing, it sends
    its value once `again`: when it does not move on, or when it is let go. Its `followers` are keys of the fragments
    that run with it, in this order; the slider's own comes last. Those in a container of the same key follow at
    every second step while it moves, and where that is out of sight, once it rests. Where fragments within the last
    follower go `ahead`, the slider's own last among them, these stand for it until the slider rests.
    """
    mount = st.components.v2.component("live_slider", html=_HTML, css=_CSS, js=_JS)
    key = f"{name}_slider"

    def take() -> None:
        state.set_fraction(name, _sent(name).get("at"), maximum)
        if followers:
            with suppress(StreamlitAPIException):  # another page was opened meanwhile
                st.rerun(scope=_followed(name, followers, ahead))

    data = {
        "label": label,
        "link": name,
        "min": 0,
        "max": maximum,
        "step": 0.01,
        "answered": st.session_state[name],
        "turn": _sent(name).get("turn", 0),  # or an answer equal to the last one would not reach the browser
        "again": again,
        "behind": bool(_spared(name)),
        "followers": list(followers),
        "ahead": bool(ahead),
    }
    # Streamlit takes a mapping in a lone state called "value" for all states, so it is called "sent".
    mount(key=key, data=data, on_sent_change=take)
