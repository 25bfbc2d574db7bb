"""The project as a file: saved from here, and opened from another server."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.exports.project import LARGEST, read
from explorer.ui.shell import project
from explorer.ui.shell.export_buttons import export_buttons
from explorer.values.errors import ExplorerError
from explorer.values.project import MOST_RUNS, Kept, Project
from explorer.words.formats import plain
from explorer.words.glossary import explain

_FILE = "project_file"
_TOLD = "project_file_told"  # in the session: (whether it was opened, what to say once)


def file_panel(shown: Project) -> None:
    """Buttons that save the project, and a place for a file to open."""
    with st.container(horizontal=True, vertical_alignment="center"):
        export_buttons("project", shown, "project", disabled=not shown.runs)
        export_buttons("runs", [kept.run for kept in shown.runs], "pruning_runs", not shown.runs, "_project")
        with st.popover("Open a project file", icon=":material/folder_open:", help=explain("project file")):
            st.file_uploader(
                "Its runs join those that are here.",
                type="json",
                max_upload_size=LARGEST // 1_000_000,
                key=_FILE,
                on_change=_open,
            )
        if told := project.last_change():
            st.button(f"Undo {told}", icon=":material/undo:", on_click=project.undo, key="runs_undo")
    is_opened, sentence = st.session_state.pop(_TOLD, (True, ""))
    if sentence:
        (st.success if is_opened else st.error)(plain(sentence))


def _open() -> None:
    if file := st.session_state[_FILE]:
        st.session_state[_TOLD] = opened(file.getvalue())


def opened(content: bytes) -> tuple[bool, str]:
    """Add a file's runs to the project; whether that went well, and what to say of it."""
    try:
        found = read(content)
    except ExplorerError as error:
        return False, str(error)
    held = project.held()
    new = [kept for kept in found.runs if kept.id not in held]
    if len(new) + len(held.runs) > MOST_RUNS:
        return False, f"A project holds at most {MOST_RUNS} runs. Remove some, and open the file again."
    if new:
        project.change(held.with_(*new), f"opening {_runs(new)}")
    same = (
        f" {len(found.runs) - len(new)} of the file were here already." if len(new) < len(found.runs) else ""
    )
    return True, f"Opened {_runs(new)}.{same}"


def _runs(some: Sequence[Kept]) -> str:
    return f"{len(some)} run{'' if len(some) == 1 else 's'}"
