"""The command ``pruning-explorer``: serves the app from any folder, or carries a subcommand out."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from explorer import commands
from explorer.values import places, system, tables


def main(flags: Sequence[str] | None = None) -> None:
    """Serve the app until it is interrupted; then the process ends.

    Args:
        flags: what Streamlit is told, such as ``--server.port 8600``; the command line's by default. The settings
            beside `app.py` hold, since Streamlit reads them from the script's own folder; a flag overrides them.
    """
    if refusal := system.why_not_here():
        sys.exit(refusal)
    if (given := sys.argv[1:] if flags is None else flags) and given[0] in commands.NAMES:
        sys.exit(commands.run(given))
    from streamlit.web.cli import main as streamlit

    theirs, ours = split(sys.argv[1:] if flags is None else flags)
    streamlit(["run", str(places.APP / "app.py"), *theirs, "--", *ours], prog_name="pruning-explorer")


def split(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Flags for Streamlit, and those that the app reads itself; each of the latter has one value."""
    theirs, ours = list(flags), list[str]()
    while tables.FLAG in theirs:
        at = theirs.index(tables.FLAG)
        ours += theirs[at : at + 2]
        del theirs[at : at + 2]
    return theirs, ours
