"""Stands in for SparseML's functions where a test wants its process to be killed."""

from __future__ import annotations

import os
import signal

__all__ = ["recipe_cost"]


def recipe_cost(*_: object) -> None:
    """Be killed."""
    os.kill(os.getpid(), signal.SIGKILL)
