"""The panel of the Network page that takes weights from a file; nothing is loaded that does not fit whole."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from explorer.ui.shell import uploads
from explorer.values import NetworkSpec, Weights
from explorer.values.checkpoints import LISTED, Fit
from explorer.values.errors import ExplorerError
from explorer.words.formats import file_size, plain
from explorer.words.glossary import explain

_COUNT = "upload_count"  # how many files were taken in: each leaves an empty uploader behind
_FOUND = "upload_found"  # what was found of which file, for which network: (file, network, Fit or sentence)
_STRIP = "upload_strip"  # what is to be taken off the names


def upload_panel(spec: NetworkSpec) -> None:
    """Say which file the weights are of, and take another; a pruned network keeps those that it has."""
    if spec.origin:
        return
    used = uploads.of(spec.name) if spec.weights is Weights.UPLOADED else None
    if used:
        told = f"{used.tensors} tensors, {file_size(used.bytes)}"
        st.success(
            f"The weights are those of **{plain(used.file)}**: {told}, all of which fit.",
            icon=":material/check:",
        )
    with st.expander("Weights from a file", icon=":material/upload_file:"), st.container(key="upload_panel"):
        file = st.file_uploader(
            "Your weights for this network",
            key=f"upload_file_{st.session_state.get(_COUNT, 0)}",
            help=explain("uploaded weights"),
        )
        most = st.get_option("server.maxUploadSize")
        st.caption(
            f"A `.safetensors` file, or a state dict in `.pt` or `.pth`, of at most {most} MB; for a larger one start "
            "the app with `--model` and `--checkpoint`. Only tensors are read, never code."
        )
        if file:
            _show(file, spec, _found(file, spec))


def _found(file: UploadedFile, spec: NetworkSpec) -> Fit | str:
    """Read the file, once for each network; a new drawing of the page brings what was found."""
    strip = st.session_state.pop(_STRIP, "")
    known = st.session_state.get(_FOUND)
    if known and known[:2] == (file.file_id, spec.name) and not strip:
        found: Fit | str = known[2]
        return found
    try:
        with st.spinner(f"Reading {plain(file.name)} in a separate process …", show_time=True):
            found = uploads.take(file.name, file.getbuffer(), spec, strip)
    except ExplorerError as error:
        found = str(error)
    st.session_state[_FOUND] = file.file_id, spec.name, found
    return found


def _show(file: UploadedFile, spec: NetworkSpec, found: Fit | str) -> None:
    if isinstance(found, str):
        st.error(plain(found))
    elif found.misfits:
        _show_misfits(plain(file.name), spec, found)
    else:
        st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
        st.rerun()


def _show_misfits(file: str, spec: NetworkSpec, found: Fit) -> None:
    """Every name that does not fit, and the prefix that would help."""
    st.error(f"**{file}** does not fit {plain(spec.name)}, so nothing was loaded.")
    if found.prefix:
        st.markdown(f"With “{plain(found.prefix)}” stripped from its names, all {found.tensors} tensors fit.")
        st.button(
            f"Strip “{plain(found.prefix)}” and load",
            type="primary",
            on_click=st.session_state.__setitem__,
            args=(_STRIP, found.prefix),
        )
    for misfit in found.misfits:
        first = f", the first {LISTED} of them" if misfit.count > LISTED else ""
        st.markdown(f"**{misfit.count} {misfit.what}**{first}")
        st.dataframe(
            pd.DataFrame({"tensor": misfit.names}),
            hide_index=True,
            height="content" if misfit.count < 6 else 200,
        )
