"""A pad on which a digit is drawn, as a Streamlit component of our own; its ink lives in the session."""

from __future__ import annotations

import streamlit as st

from explorer.engine import calls
from explorer.ui.shell import assets
from explorer.values import NetworkSpec
from explorer.values.behaviour import CELLS, Ink

_KEY = "digit_pad"
_INK, _MOMENT = "digit_ink", "digit_moment"  # in the session; moments count what was drawn
_BRUSH = 5  # cells; some two of MNIST's pixels, once the digit is brought to size
_LABEL = "Pad to draw a digit on, with a pointer. By keyboard, start from a test image."


_HTML, _CSS, _JS = (assets.text(f"{_KEY}.{kind}") for kind in ("html", "css", "js"))


def digit_pad() -> None:
    """Mount the pad, with what is drawn on it.

    That it is mounted again tells the browser that the last drawing was answered.
    """
    mount = st.components.v2.component(_KEY, html=_HTML, css=_CSS, js=_JS)
    moment = st.session_state.get(_MOMENT, 0)
    data = {"ink": list(drawn_ink()), "moment": moment, "cells": CELLS, "brush": _BRUSH, "label": _LABEL}
    mount(key=_KEY, data=data, on_sent_change=_take)


def drawn_ink() -> Ink:
    """What is drawn; () while that is nothing."""
    ink: Ink = st.session_state.get(_INK, ())
    return ink if any(ink) else ()


def _take() -> None:
    """Keep what the browser sent; the engine refuses what is no drawing."""
    sent = st.session_state[_KEY].get("sent")
    if isinstance(sent, dict) and isinstance(sent.get("ink"), list) and isinstance(sent.get("moment"), int):
        st.session_state[_INK], st.session_state[_MOMENT] = tuple(sent["ink"]), sent["moment"]


def pick_example(spec: NetworkSpec) -> None:
    """Buttons that put a test image of a digit on the pad; pressed again, the next one."""
    st.caption("Start from a test image")
    with st.container(horizontal=True, gap="xsmall", width=230):
        for digit in range(10):
            told = f"A test image of {digit}"
            st.button(str(digit), key=f"digit_{digit}", help=told, on_click=_start_from, args=(spec, digit))


def _start_from(spec: NetworkSpec, digit: int) -> None:
    found = [one.ink for one in calls.digit_examples(spec) if one.label == digit]
    place = found.index(drawn_ink()) + 1 if drawn_ink() in found else 0
    st.session_state[_INK] = found[place % len(found)]
    st.session_state[_MOMENT] = st.session_state.get(_MOMENT, 0) + 1
