"""The command ``pruning-explorer``: serves the app from any folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from explorer.values import places, system


def main(flags: Sequence[str] | None = None) -> None:
    """Serve the app until it is interrupted; then the process ends.

    Args:
        flags: what Streamlit is told, such as ``--server.port 8600``; the command line's by default. The settings
            beside `app.py` hold, since Streamlit reads them from the script's own folder; a flag overrides them.
    """
    if refusal := system.why_not_here():
        sys.exit(refusal)
    from streamlit.web.cli import main as streamlit

    given = sys.argv[1:] if flags is None else flags
    streamlit(["run", str(places.APP / "app.py"), *given], prog_name="pruning-explorer")
