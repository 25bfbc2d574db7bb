"""The process boundary: engines and jobs run what imports torch, the server does not.

One pool and one board serve all sessions of this process; they start on first use.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from time import time_ns

from explorer.process.engine import EngineSettings
from explorer.process.island_settings import sparse_settings
from explorer.process.jobs import JobBoard
from explorer.process.keeping import Keeping
from explorer.process.pool import EnginePool

__all__ = [
    "board",
    "pool",
    "reload",
    "sparse_pool",
    "sparse_settings",
    "trailing_pool",
    "upload_pool",
    "version",
]

NOTHING = "Nothing of the file is loaded; the app goes on."

MODEST = 5  # niceness: a third of a core where the server and a browser want two

_lock = Lock()


def pool() -> EnginePool:
    """The engines of this server."""
    with _lock:
        return _pool()


def board() -> JobBoard:
    """The jobs of this server."""
    with _lock:
        return _board()


def sparse_pool() -> EnginePool:
    """The process of this server that reads recipes; raises `IslandError` where SparseML is not set up."""
    with _lock:
        return _sparse_pool()


def trailing_pool() -> EnginePool:
    """An engine that measures while a slider moves, so that plans are answered meanwhile."""
    with _lock:
        return _trailing_pool()


def upload_pool() -> EnginePool:
    """The process of this server that reads uploads, one at a time."""
    with _lock:
        return _upload_pool()


@cache
def _sparse_pool() -> EnginePool:
    return EnginePool(size=1, settings=sparse_settings())


@cache
def _trailing_pool() -> EnginePool:
    return EnginePool(size=1, settings=EngineSettings(niceness=MODEST))


@cache
def _upload_pool() -> EnginePool:
    reading = EngineSettings(
        "explorer.engine.upload_answers", title="process that reads uploads", remedy=NOTHING
    )
    return EnginePool(size=1, settings=reading)


def reload() -> None:
    """Have all engines start anew, each when it has answered: a person's code is then read from disk again.

    Raises:
        EngineError: if one is busy for too long.
    """
    pool().restart()
    for further in (_sparse_pool, _trailing_pool):
        if further.cache_info().currsize:
            further().restart()
    global _version
    with _lock:
        _version += 1


def version() -> int:
    """Which reading of a person's code this is; no other server has the same."""
    return _version


_version = time_ns() // 1_000_000  # runs outlive servers: an earlier one's are of other code
_pool = cache(EnginePool)


@cache
def _board() -> JobBoard:
    return JobBoard(keeping=Keeping())
