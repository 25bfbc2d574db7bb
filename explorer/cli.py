"""The command ``pruning-explorer``: serves the app from any folder, or carries a subcommand out."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from threading import Thread

from explorer import commands
from explorer.values import own, places, system
from explorer.values.errors import FlagError


def main(flags: Sequence[str] | None = None) -> None:
    """Serve the app until it is interrupted; then the process ends.

    Args:
        flags: networks of one's own (`values.own`) and further tables; what is left, such as ``--server.port 8600``,
            goes to Streamlit. The command line's by default. The settings beside `app.py` hold, since Streamlit reads
            them from the script's own folder; a flag overrides them.
    """
    if refusal := system.why_not_here():
        sys.exit(refusal)
    told = sys.argv[1:] if flags is None else flags
    if told and told[0] in commands.NAMES:
        sys.exit(commands.run(told))
    if not {"-h", "--help"}.isdisjoint(told):
        print(commands.usage(), end="")
        return
    if told and not told[0].startswith("-"):
        known = ", ".join(commands.NAMES)
        print(
            f"pruning-explorer: Unknown command {told[0]!r}. Known: {known}; without one, the app starts.",
            file=sys.stderr,
        )
        sys.exit(2)
    from streamlit.web.cli import main as streamlit

    try:
        own.parsed(told)
    except FlagError as error:
        sys.exit(str(error))
    theirs, ours = own.split(told)
    if folder := os.environ.get(own.STARTER):
        Thread(target=_end_with_starter, args=(folder,), daemon=True).start()
    streamlit(["run", str(places.APP / "app.py"), *theirs, "--", *ours], prog_name="pruning-explorer")


def _end_with_starter(folder: str) -> None:
    """Serve a notebook or a script for as long as it lives: its end closes our input."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os.kill(os.getpid(), signal.SIGTERM)
