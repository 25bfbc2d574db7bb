"""The script that prunes so without the explorer, following the widgets while it is open."""

from __future__ import annotations

import streamlit as st

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.pruning.run import PruningRun

_HEIGHT = 420  # pixels; a longer script scrolls


def show_code(run: PruningRun) -> None:
    """Draw it folded; the script is written while it is open only."""
    known = backend_of(run.backend)
    if not known.scripts:
        return
    box = st.expander("Show code", key=f"{known.prefix}code", icon=":material/code:", on_change="rerun")
    if not box.open:
        return
    with box:
        st.caption(
            f"This prunes the same in {known.library}'s own API. **Take it away** saves it as `prune.py` once "
            "a run of its own has made the same network; otherwise the script saved names each channel."
        )
        st.code(calls.code(*run.asked), height=_HEIGHT)
