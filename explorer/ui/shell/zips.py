"""Zips that this server made for downloads: the last ones, in a folder that goes when the server ends."""

from __future__ import annotations

from explorer.exports.whole import clear
from explorer.process.scratch import new_file, scratch

MOST = 8  # of all sessions; each may be as large as a network


def new_zip() -> str:
    """Where a run may write its zip; the oldest ones make room for it."""
    folder = scratch("pruning-explorer-zips")
    clear(folder)
    return new_file(folder, ".zip", MOST)
