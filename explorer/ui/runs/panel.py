"""All runs: the tree, what a person calls and notes of each, pinned ones side by side, and the way back from each."""

from __future__ import annotations

import streamlit as st

from explorer.engine import calls
from explorer.exports.project import NAMED, is_name
from explorer.ui.pruning.again import prune_again, show_left
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.take import take_panel
from explorer.ui.runs.again import as_it_was, show_again
from explorer.ui.runs.compared import show_pinned
from explorer.ui.runs.file import file_panel
from explorer.ui.runs.tree import PICKED, labels, show_tree
from explorer.ui.shell import jobs, project
from explorer.ui.shell.history import remove
from explorer.values import Weights
from explorer.values.errors import ExplorerError
from explorer.values.project import LONGEST_NAME, LONGEST_NOTE, Kept
from explorer.words.formats import plain

_LABEL = "run_label"  # in the session: how the run is called in the list
_WRONG = "runs_wrong"  # in the session: a sentence to say once


def runs_panel() -> None:
    """Draw the whole page below its title."""
    shown = project.held()
    file_panel(shown)
    if not shown.runs:
        st.info("No runs yet. Prune a network, or open a project file.")
        return
    show_tree(shown)
    _one(_picked())
    show_pinned(shown)


def _picked() -> Kept:
    """The run that is shown in full: picked here or in the table, else the youngest."""
    shown = {kept.id: kept for kept in project.held().runs}
    if st.session_state.get(PICKED) not in shown:
        st.session_state[PICKED] = list(shown)[-1]
    called = labels(project.held())
    st.session_state[_LABEL] = called[st.session_state[PICKED]]
    st.header("One run")
    st.selectbox("Run", list(called.values()), key=_LABEL, on_change=_pick, args=(list(shown),))
    return shown[st.session_state[PICKED]]


def _pick(ids: list[str]) -> None:
    number, _, _ = st.session_state[_LABEL].partition(" ")
    st.session_state[PICKED] = ids[int(number) - 1]


def _one(kept: Kept) -> None:
    """Its name, note and pin, the ways back to it, and its folder."""
    at = f"{kept.id}_{project.revision()}"
    left, right = st.columns([1, 2], gap="medium")
    with left:
        st.text_input(
            "Name",
            kept.name,
            LONGEST_NAME,
            f"run_name_{at}",
            on_change=_rename,
            args=(kept, f"run_name_{at}"),
        )
        st.toggle("Pinned", kept.pinned, f"run_pinned_{at}", on_change=_pin, args=(kept,))
    right.text_area(
        "Note", kept.note, 100, LONGEST_NOTE, f"run_note_{at}", on_change=_note, args=(kept, f"run_note_{at}")
    )
    if wrong := st.session_state.pop(_WRONG, ""):
        st.error(plain(wrong))
    with st.container(horizontal=True):
        prune_again(kept, *_as_it_was(kept), "runs", jobs.KINDS[jobs.LEAVING].page)
        run = show_again(kept)
        st.button("Remove from the project", icon=":material/delete:", on_click=remove, args=(kept.id,))
    show_left(kept)
    known = [entry.name for entry in calls.catalog()]
    if run and run.spec.base in known and run.spec.weights is not Weights.UPLOADED:
        take_panel(run)


def _as_it_was(kept: Kept) -> tuple[PruningRun | None, str]:
    """What is pruned again, or why it cannot be."""
    try:
        run = as_it_was(kept)
    except ExplorerError as error:
        return None, str(error)
    if run.spec.base not in [entry.name for entry in calls.catalog()]:
        return None, f"This server does not have the network {run.spec.base}."
    return run, ""


def _rename(kept: Kept, key: str) -> None:
    name = st.session_state[key].strip()
    if is_name(name):
        project.change(project.held().changed(kept.id, name=name), "the renaming")
    else:
        st.session_state[_WRONG] = f"A run cannot have this name; expected {NAMED}. It keeps its name."


def _note(kept: Kept, key: str) -> None:
    text = "".join(one for one in st.session_state[key].expandtabs() if one.isprintable() or one == "\n")
    project.change(project.held().changed(kept.id, note=text.strip()), "the note")


def _pin(kept: Kept) -> None:
    told = "the unpinning" if kept.pinned else "the pinning"
    project.change(project.held().changed(kept.id, pinned=not kept.pinned), told)
