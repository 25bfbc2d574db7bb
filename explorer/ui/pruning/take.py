"""Take a pruned network away: the run that makes its folder, and the download."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.exports.whole import clear
from explorer.process.scratch import new_file, scratch
from explorer.ui.pruning.run import PruningRun
from explorer.ui.pruning.save import known_beside, pick_folders_page
from explorer.ui.shell import jobs, runs
from explorer.values import Report
from explorer.values.bundle import Taken
from explorer.values.page import Page
from explorer.words.formats import file_size, plain
from explorer.words.glossary import explain

_ZIPS = 8  # kept, of all sessions; each may be as large as a network
_WAITS = "take_waits"  # in the session: path of the zip that is downloaded once it is there
_FETCH = """\
if (window.explorerTaken !== "%s") setTimeout(() => document.querySelector(".st-key-%s_download button").click(), 500);
window.explorerTaken = "%s";
"""  # presses the button once


def take_panel(wanted: PruningRun) -> None:
    """Offer to pack what is on screen, and what was fine-tuned last; show the run of this session."""
    known = backend_of(wanted.backend)
    st.header("Take it away", help=explain("folder to take away"))
    done = runs.finished(known.training, Report)
    trained = done[0] if done else None
    with st.container(horizontal=True):
        buttons = st.container(horizontal=True, width="content")
        with st.popover("Its report", help=explain("report")):
            page = pick_folders_page(wanted)
        with buttons:
            key = f"{known.prefix}take"
            jobs.start_button("Make the folder", key, partial(_start, wanted, page))
            if isinstance(trained, PruningRun):
                begin = partial(_start, trained, page)
                jobs.start_button("Make the folder, fine-tuned", f"{key}_trained", begin)
    st.caption(_told(known.taking))
    runs.show_run(known.taking, Taken, partial(_show, known.taking), "Make the folder")


def _told(name: str) -> str:
    """What a folder is, or what is in the one below; the widgets may move on without this line."""
    if (done := runs.reported(name)) is None:
        return "Weights, structure, scripts and what they were made with, in a folder that works without the explorer."
    return f"The folder below is of {plain(str(done))}. **Make the folder** takes the current settings."


def _new_zip() -> str:
    """Where a run may write its zip; the oldest ones make room for it, and all go when the server ends."""
    folder = scratch("pruning-explorer-zips")
    clear(folder)
    return new_file(folder, ".zip", _ZIPS)


def _start(wanted: PruningRun, page: Page) -> None:
    name, path = backend_of(wanted.backend).taking, _new_zip()
    asked = (*wanted.asked, wanted.settings, path, known_beside(wanted, page))
    if jobs.start(name, wanted, calls.take.start, *asked):
        st.session_state[_WAITS] = path


def _show(name: str, taken: Taken) -> None:
    """The download, what is in it, and what failed its own check."""
    path = Path(taken.path)
    if not path.is_file():
        st.info("This server keeps only the latest folders, and this one is gone. Make it again.")
        return
    st.download_button(
        f"Download {taken.name} ({file_size(taken.bytes)})",
        path.read_bytes,
        taken.name,
        "application/zip",
        key=f"{name}_download",
        on_click="ignore",
        type="primary",
    )
    if st.session_state.get(_WAITS) == taken.path:  # made here just now; a reload shows the button alone
        st.html(f"<script>{_FETCH % (path.stem, name, path.stem)}</script>", unsafe_allow_javascript=True)
    st.caption(", ".join(f"`{file}`" for file in taken.files))
    for failed in taken.failed:
        st.warning(f"**{plain(failed.name)} is not in it.** {plain(failed.reason)}")
    for note in taken.notes:
        st.caption(plain(note))
    if taken.onward:
        with st.expander("Commands for other runtimes", key=f"{name}_onward"):
            for way in taken.onward:
                st.markdown(f"**{way.tool}**" + (f": {plain(way.warning)}" if way.warning else ""))
                st.code(way.command, "bash", wrap_lines=True)
