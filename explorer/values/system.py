"""Which systems the explorer runs on."""

from __future__ import annotations

import sys


def why_not_here() -> str:
    """One sentence on why the explorer cannot run on this system and what to do; empty where it can."""
    if sys.platform != "win32":
        return ""
    return (
        "The explorer runs on Linux and macOS, and this is Windows, which cannot limit and end processes as it needs; "
        "install WSL and start it there."
    )
