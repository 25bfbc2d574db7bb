"""This session's project: all its runs as a tree, kept on disk and named in the link, with an undo of each change."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import streamlit as st

from explorer.exports.project import read, text
from explorer.process.folder import Folder
from explorer.ui.shell import state
from explorer.values import places
from explorer.values.errors import FormatError, cause_of
from explorer.values.project import Kept, Project

LINK = "project"  # in links: an id that nobody guesses
MOST, BYTES = 200, 100_000_000  # projects on disk, of all sessions
_HELD = "project_held"  # in the session: the project
_ID = "project_id"  # in the session: the id that the link names
_MINE = "project_mine"  # in the session: whether it may be written: a link's project is left as it is
_DONE = "project_done"  # in the session: changes that can be undone, the last one last
_UNDONE = "project_undone"
_MOST_UNDONE = 20


@dataclass(frozen=True)
class _Change:
    """One that can be undone."""

    told: str
    before: Project
    after: Project


@cache
def _folder() -> Folder:
    return Folder(places.kept_folder() / "projects", MOST, BYTES)


def held() -> Project:
    """The project; a new session takes it from the link."""
    if _HELD not in st.session_state:
        st.session_state[_HELD] = _of_link(st.query_params.get(LINK, ""))
    found: Project = st.session_state[_HELD]
    return found


def in_link() -> dict[str, str]:
    """What a link names of it."""
    return {LINK: st.session_state[_ID]} if held().runs and st.session_state.get(_ID) else {}


def take_in(new: Sequence[Kept]) -> None:
    """Add runs that ended; those that it holds already stay as they are."""
    if any(kept.id not in held() for kept in new):
        _hold(held().with_(*new))


def change(project: Project, told: str) -> None:
    """Hold another project in its place; `told` says what that did, for the undo."""
    done = st.session_state.setdefault(_DONE, [])
    done.append(_Change(told, held(), project))
    del done[:-_MOST_UNDONE]
    _hold(project)


def last_change() -> str:
    """What an undo takes back; "" where there is nothing to undo."""
    done: list[_Change] = st.session_state.get(_DONE, [])
    return done[-1].told if done else ""


def revision() -> int:
    """How often something was undone: fields then show what they held before."""
    undone: int = st.session_state.get(_UNDONE, 0)
    return undone


def undo() -> None:
    """Take the last change back; runs that ended since stay."""
    last: _Change = st.session_state[_DONE].pop()
    since = [kept for kept in held().runs if kept.id not in last.after]
    st.session_state[_UNDONE] = revision() + 1
    _hold(last.before.with_(*since))


def _of_link(project_id: str) -> Project:
    if not project_id:
        return Project()
    try:
        content = _folder().read(project_id)
        if content is None:
            state.note(
                LINK, "The link names a project that this server no longer keeps. Open its file on Runs."
            )
            return Project()
        found = read(content)
        st.session_state[_ID] = project_id
        return found
    except (FormatError, OSError, ValueError) as error:
        state.note(LINK, f"The project that the link names cannot be read. {cause_of(error)}.")
        return Project()


def _hold(project: Project) -> None:
    """Keep it in the session and on disk, under an id of this session's own."""
    st.session_state[_HELD] = project
    if not st.session_state.get(_MINE):
        st.session_state[_ID], st.session_state[_MINE] = secrets.token_urlsafe(9), True
    try:
        _folder().write(st.session_state[_ID], text(project))
    except OSError as error:
        state.note(LINK, f"The project cannot be kept on this server: {cause_of(error)}. Save it as a file.")
