"""The process boundary: engines and jobs run what imports torch, the server does not.

One pool and one board serve all sessions of this process; they start on first use.
"""

from __future__ import annotations

from functools import cache
from threading import Lock

from explorer.engine.jobs import JobBoard
from explorer.engine.pool import EnginePool

_lock = Lock()


def pool() -> EnginePool:
    """The engines of this server."""
    with _lock:
        return _pool()


def board() -> JobBoard:
    """The long runs of this server."""
    with _lock:
        return _board()


_pool = cache(EnginePool)
_board = cache(JobBoard)
