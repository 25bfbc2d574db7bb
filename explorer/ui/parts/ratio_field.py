"""One ratio of one's own beside the drawing: of a group, or of a block."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.ui.parts.own_ratios import LARGEST


def ratio_field(
    label: str,
    key: str,
    ratio: float | None,
    take: Callable[[float | None], None],
    placeholder: str,
    told: str,
    reset: tuple[str, str],
) -> None:
    """A field for one ratio of its own, with the button that takes it away.

    Args:
        label: of the field.
        key: of the field; a new one after each change from elsewhere.
        ratio: what it holds now; None: it follows what `placeholder` says.
        take: is given what was typed, or None.
        placeholder: what holds while nothing is typed.
        told: help of the field.
        reset: key and help of the button.
    """
    field, button = st.columns([2, 1], vertical_alignment="bottom")
    st.session_state.setdefault(key, ratio)  # not as its default: a field that has one cannot be emptied
    field.number_input(
        label,
        0.0,
        LARGEST,
        None,
        0.05,
        "%.2f",
        key=key,
        placeholder=placeholder,
        help=told,
        on_change=lambda: take(st.session_state[key]),
    )
    button.button(
        "Reset",
        key=reset[0],
        disabled=ratio is None,
        width="stretch",
        help=reset[1],
        on_click=take,
        args=(None,),
    )
