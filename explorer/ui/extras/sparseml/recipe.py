"""The recipe beside the widgets: it follows them, can be edited, loaded from a file, and saved."""

from __future__ import annotations

import streamlit as st

from explorer.backends.fields import Problem
from explorer.engine import calls
from explorer.ui.extras.sparseml.state import FINAL, edited_problem, set_problem, settled, store
from explorer.ui.shell import state
from explorer.ui.shell.export_buttons import export_buttons
from explorer.values import NetworkSpec
from explorer.values.errors import ExplorerError
from explorer.words.formats import plain
from explorer.words.glossary import explain

LONGEST = 20_000  # characters of a recipe; one that names every layer of a large network has about 10,000
_TEXT = "sparse_text"
_SHOWN = "sparse_text_shown"  # the recipe of the widgets that the text last followed
_UPLOAD = "sparse_upload"
_HEIGHT = 350  # pixels


def show_recipe(recipe: str) -> None:
    """Let the text follow the widgets' recipe as soon as that changes, and not before: an edit stays until then."""
    if st.session_state.get(_SHOWN) == recipe and _TEXT in st.session_state:
        return
    st.session_state[_SHOWN] = st.session_state[_TEXT] = recipe
    set_problem(None)


def recipe_panel(spec: NetworkSpec, sound: bool, missing: str) -> None:
    """Draw the recipe.

    Args:
        spec: the network that it is for.
        sound: whether the widgets have a recipe; while they are refused, the text stays as it is.
        missing: why SparseML cannot read an edited recipe here; "" where it can.
    """
    st.text_area(
        "Recipe",
        key=_TEXT,
        height=_HEIGHT,
        max_chars=LONGEST,
        disabled=bool(missing),
        help=explain("recipe"),
    )
    with st.container(horizontal=True):
        st.button("Use this recipe", on_click=_use, args=[spec], disabled=bool(missing), key="sparse_use")
        shown = st.session_state.get(_SHOWN, "")
        export_buttons("recipe", shown, f"{spec.name}-recipe", disabled=not (sound and shown))
        with st.popover("Load …", disabled=bool(missing)):
            _upload(spec)
    st.caption(_note(sound, missing))
    problem = edited_problem()
    if problem and not problem.field:
        st.error(plain(problem.sentence))


def _note(sound: bool, missing: str) -> str:
    """One line on how the text stands to the widgets; it always takes the same room."""
    if missing:
        return "Reading an edited recipe needs SparseML; the widgets work without it."
    if problem := edited_problem():
        where = "at the widget" if problem.field else "below"
        return f":orange[**Recipe refused:** see the reason {where}.] The widgets are unchanged."
    if not sound:
        return ":orange[**Recipe not updated:**] invalid settings (see the message)."
    if st.session_state.get(_TEXT) != st.session_state.get(_SHOWN):
        return ":orange[**Edited.**] **Use this recipe** updates the widgets."
    return "The recipe follows the widgets; edit it and press **Use this recipe** to update them."


def _upload(spec: NetworkSpec) -> None:
    st.file_uploader(
        "Your recipe",
        ["yaml", "yml", "md", "txt"],
        key=_UPLOAD,
        max_upload_size=1,
        on_change=_take_file,
        args=[spec],
        help=f"At most {LONGEST:,} characters. It is read as data; nothing in it is executed.",
    )


def _take_file(spec: NetworkSpec) -> None:
    file = st.session_state[_UPLOAD]
    if file is None:
        return
    data = file.getvalue()
    if len(data) > LONGEST:
        _refuse(f"The file has {len(data):,} bytes; a recipe has at most {LONGEST:,}. Load another file.")
        return
    try:
        st.session_state[_TEXT] = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"The file is not text: byte {error.start} is not UTF-8. Load a YAML file.")
        return
    _use(spec)


def _use(spec: NetworkSpec) -> None:
    """Let the widgets show what the text says, or keep why they cannot."""
    text = st.session_state.get(_TEXT) or ""
    try:
        reading = calls.read_recipe(spec, text)
    except ExplorerError as error:
        _refuse(str(error))
        return
    if reading.options is None:
        set_problem(Problem(reading.field, reading.problem))
        return
    set_problem(None)
    store(settled(reading.options))
    st.session_state.pop(_SHOWN, None)  # what is in use is shown as the widgets say it
    state.forget(FINAL)


def _refuse(sentence: str) -> None:
    set_problem(Problem("", sentence))
