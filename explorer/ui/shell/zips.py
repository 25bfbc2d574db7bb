"""Zips that this server made for downloads: the last ones, in a folder that goes when the server ends."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

import streamlit as st

from explorer.exports.whole import clear

MOST = 8  # of all sessions; each may be as large as a network


@st.cache_resource(show_spinner=False)
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Readable by the server's user alone."""
    return tempfile.TemporaryDirectory(prefix="pruning-explorer-")


def new_zip() -> str:
    """Where a run may write its zip; the oldest ones make room for it."""
    folder = Path(_folder().name)
    clear(folder)
    written = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime)
    for old in written[: max(0, len(written) - MOST + 1)]:
        old.unlink(missing_ok=True)
    return str(folder / f"{secrets.token_urlsafe(9)}.zip")
