"""Networks of one's own in the frame: what the app was started with, links to them, and code read anew."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import streamlit as st

from explorer import engine
from explorer.ui.shell import state
from explorer.values import own
from explorer.values.errors import ExplorerError, FlagError
from explorer.words.formats import plain
from explorer.words.glossary import explain

RELOAD = "reload"
_NEVER_BY_LINK = (
    "Own networks are code, so they are named where the app is started, never by a link: use --model."
)


def take_flags() -> None:
    """Read what the app was started with, once; a page that cannot be followed says so and ends here."""
    try:
        _taken()
    except FlagError as error:
        st.error(f"{plain(str(error))} Then start the app anew.")
        st.stop()


@cache
def _taken() -> None:
    own.remember(sys.argv[1:], Path.cwd())


def first() -> str | None:
    """The network that is picked unless somebody picks another; None where the app was started without any."""
    return next((one.name for one in own.networks()), None)


def check_link(names: list[str]) -> None:
    """Note one sentence if the link names a network that this server lacks; see `state.check_link`."""
    wrong = [value for value in st.query_params.get_all("network") if value not in names]
    if wrong and ":" in wrong[0] and "network" not in st.session_state:
        has = ", ".join(one.name for one in own.networks()) or "none"
        state.note(
            "network",
            f"The link names the network “{state.short(wrong[0])}”, which this server was not started with; of one's "
            f"own it has {has}. {_NEVER_BY_LINK} The rest of the link was kept.",
        )
    else:
        state.check_link("network", names, "a network")


def show_reload(name: str) -> None:
    """A button that reads a person's code anew; nothing for other networks."""
    if own.own(name):
        st.button("Reload", key=RELOAD, icon=":material/refresh:", on_click=_reload, help=explain("reload"))
        state.show_notices(RELOAD)


def _reload() -> None:
    state.forget(RELOAD)
    try:
        engine.reload()
    except ExplorerError as error:
        state.note(RELOAD, str(error))


def version(name: str) -> int:
    """How often a person's code was read anew; 0 for networks that are not theirs."""
    return engine.version() if own.own(name) else 0
