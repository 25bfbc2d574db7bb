"""What tests ask of processes."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


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
