"""The command ``pruning-explorer``: serves the app from any folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

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
    from streamlit.web.cli import main as streamlit

    told = sys.argv[1:] if flags is None else flags
    try:
        own.parsed(told)
    except FlagError as error:
        sys.exit(str(error))
    theirs, ours = own.split(told)
    streamlit(["run", str(places.APP / "app.py"), *theirs, "--", *ours], prog_name="pruning-explorer")
