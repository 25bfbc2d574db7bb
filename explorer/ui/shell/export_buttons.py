"""Buttons that take something away: one for each format that it can be written in."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.exports import export, exports_of


def export_buttons(subject: str, value: object, stem: str, disabled: bool = False, beside: str = "") -> None:
    """Draw them side by side, where they are called.

    Args:
        subject: what `value` is, as exports call it.
        value: what is written when a button is pressed, or a function that makes it then.
        stem: the file's name without its ending.
        beside: tells these buttons from others of the same subject on the page.
    """
    for name, entry in exports_of(subject).items():
        st.download_button(
            entry.label,
            partial(_written, value, name),
            f"{stem}.{entry.ending}",
            entry.mime,
            key=f"export_{name}{beside}",
            help=entry.help or None,
            on_click="ignore",
            disabled=disabled,
        )


def _written(value: object, name: str) -> str | bytes:
    return export(value() if callable(value) else value, name)
