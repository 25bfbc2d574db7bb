"""Networks of one's own in the frame: what the app was started with, links to them, and code read anew."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import streamlit as st

from explorer import engine
from explorer.ui.shell import state
from explorer.ui.shell.history_rows import wanted_of
from explorer.ui.shell.jobs import AnyRun
from explorer.values import applied, own
from explorer.values.errors import ExplorerError, FlagError
from explorer.words.formats import plain
from explorer.words.glossary import explain

RELOAD = "reload"
_NEVER_BY_LINK = (
    "Own networks are code, so no link can load them: name them with --model when you start the app."
)


def take_flags() -> None:
    """Read what the app was started with, once; a page that cannot be followed says so and ends here."""
    try:
        _taken()
    except FlagError as error:
        st.error(f"{plain(str(error))} Then restart the app.")
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
    """A button that reads a person's code anew; nothing for other networks, and for a module in hand."""
    if (mine := own.own(name)) and mine.kind != own.HANDED:
        st.button("Reload", key=RELOAD, icon=":material/refresh:", on_click=_reload, help=explain("reload"))
        state.show_notices(RELOAD)


def _reload() -> None:
    state.forget(RELOAD)
    try:
        engine.reload()
    except ExplorerError as error:
        state.note(RELOAD, str(error))


def tell_starter(run: AnyRun) -> None:
    """Let the notebook or script that opened the app know what was applied to its module."""
    folder = os.environ.get(own.STARTER)
    if folder and own.own(run.spec.name) and (what := wanted_of(run)):
        applied.write(Path(folder), replace(what, fine_tune=None))  # the same copy, whatever trained it


def version(name: str) -> int:
    """Which reading of a person's code this is; 0 for networks that are not theirs."""
    return engine.version() if own.own(name) else 0
