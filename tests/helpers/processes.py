"""What tests ask of processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import psutil
import pytest


def gone(pid: int) -> bool:
    """Whether a process has ended with all its threads; one that waits to be collected by its parent has."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for a condition; whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


def workers() -> set[int]:
    """Engine processes that this process started and that run."""
    return {
        child.pid
        for child in psutil.Process().children()
        if not gone(child.pid) and "explorer.process.worker" in " ".join(child.cmdline())
    }


@contextmanager
def dask_cluster() -> Iterator[str]:
    """The address of a Dask cluster of two worker processes on this machine.

    Workers run the main module again, and Streamlit's AppTest leaves a page's script in its place.
    """
    from distributed import LocalCluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        with LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as dask:
            yield dask.scheduler_address
